/* Every setting, each an environment variable. docs/settings.md comes from this table. */
#pragma once

/*  field, type, variable, default, least, most, meaning */
#define SETTINGS_TABLE(X)                                                                                    \
	X(host, TEXT, "LAYER_HOST", "0.0.0.0", 0, 0, "Address to listen on, numeric.")                       \
	X(port, NUMBER, "PORT", 8080, 0, 65535, "Port to listen on; 0 takes a free one.")                    \
	X(config_dir, TEXT, "LAYER_CONFIG_DIR", "", 0, 0,                                                    \
	    "Directory of manifests, watched; without it one store comes from `TURBOPUFFER_API_KEY` and "    \
	    "`TURBOPUFFER_API_URL`.")                                                                        \
	X(loops, NUMBER, "LAYER_LOOPS", 0, 0, 256, "Event loops; 0: one per core.")                          \
	X(connections_max, NUMBER, "LAYER_CONNECTIONS_MAX", 20000, 1, 1000000,                               \
	    "Client connections per loop. Beyond, one that rests makes room; if all are busy the new one "   \
	    "gets a 503.")                                                                                   \
	X(head_max, NUMBER, "LAYER_HEAD_MAX_BYTES", 16384, 1024, 32768, "Longest request or answer head.")   \
	X(body_max, NUMBER, "LAYER_BODY_MAX_BYTES", 536870912, 1, 1099511627776, "Longest request body.")    \
	X(query_max, NUMBER, "LAYER_QUERY_MAX_BYTES", 67108864, 1024, 536870912, "Longest query.")           \
	X(write_whole_max, NUMBER, "LAYER_WRITE_WHOLE_MAX_BYTES", 8388608, 65536, 1073741824,                \
	    "Writes up to this long are read whole and sent with their length; longer ones are stamped "     \
	    "while they pass.")                                                                              \
	X(write_memory_max, NUMBER, "LAYER_WRITE_MEMORY_BYTES", 268435456, 0, 1099511627776,                 \
	    "What writes that are read whole may hold together; when it is used up, further ones pass as "   \
	    "longer ones do.")                                                                               \
	X(head_timeout_ms, NUMBER, "LAYER_HEAD_TIMEOUT_MS", 15000, 1, 3600000,                               \
	    "From the first byte of a request to the end of its head.")                                      \
	X(body_timeout_ms, NUMBER, "LAYER_BODY_TIMEOUT_MS", 30000, 1, 3600000,                               \
	    "Longest silence inside of a body.")                                                             \
	X(body_min_rate, NUMBER, "LAYER_BODY_MIN_BYTES_PER_S", 1024, 1, 1099511627776,                       \
	    "Slowest body, once the body timeout has passed.")                                               \
	X(idle_timeout_ms, NUMBER, "LAYER_IDLE_TIMEOUT_MS", 75000, 1, 3600000,                               \
	    "How long a client connection may rest between requests.")                                       \
	X(write_timeout_ms, NUMBER, "LAYER_WRITE_TIMEOUT_MS", 60000, 1, 3600000,                             \
	    "How long a peer may take nothing of what is sent to it.")                                       \
	X(upstream_timeout_ms, NUMBER, "LAYER_UPSTREAM_TIMEOUT_MS", 120000, 1, 3600000,                      \
	    "From the last byte of a request to the head of the store's answer; and the longest silence "    \
	    "inside of its body.")                                                                           \
	X(upstream_connect_timeout_ms, NUMBER, "LAYER_UPSTREAM_CONNECT_TIMEOUT_MS", 10000, 1, 3600000,       \
	    "Name, connection and TLS to the store.")                                                        \
	X(upstream_idle_timeout_ms, NUMBER, "LAYER_UPSTREAM_IDLE_TIMEOUT_MS", 45000, 1, 3600000,             \
	    "How long a connection to a store is kept for the next request.")                                \
	X(upstream_connections_max, NUMBER, "LAYER_UPSTREAM_CONNECTIONS_MAX", 1024, 1, 100000,               \
	    "Connections per loop and store.")                                                               \
	X(poll_ms, NUMBER, "CONSISTENCY_POLL_INTERVAL_MS", 1000, 0, 3600000,                                 \
	    "How often the index state of a namespace is asked for while it is cold, updating or written; "  \
	    "0: never, so that no namespace has a watermark.")                                               \
	X(poll_stable_ms, NUMBER, "CONSISTENCY_STABLE_POLL_INTERVAL_MS", 60000, 1, 86400000,                 \
	    "The same once it was seen stable.")                                                             \
	X(poll_margin_ms, NUMBER, "CONSISTENCY_SAFETY_MARGIN_MS", 500, 0, 3600000,                           \
	    "How far a watermark stays behind the poll that shows it. With several gateways more than the "  \
	    "slowest usual write and the difference of their clocks.")                                       \
	X(tls_ca_file, TEXT, "LAYER_TLS_CA_FILE", "", 0, 0,                                                  \
	    "Certificate authorities (PEM) for https stores instead of the system's.")                       \
	X(drain_delay_ms, NUMBER, "LAYER_DRAIN_DELAY_MS", 0, 0, 3600000,                                     \
	    "How long after SIGTERM everybody is still served, while `/ready` is 503 and every answer says " \
	    "`Connection: close`, before listening ends.")                                                   \
	X(drain_timeout_ms, NUMBER, "LAYER_DRAIN_TIMEOUT_MS", 60000, 1, 3600000,                             \
	    "How long requests under way may take after SIGTERM.")                                           \
	X(drain_marker, TEXT, "LAYER_DRAIN_MARKER_PATH", "/tmp/layer-draining", 0, 0,                        \
	    "While this file exists, `/ready` is 503.")                                                      \
	X(access_log, FLAG, "LAYER_ACCESS_LOG", 1, 0, 1, "One JSON line per request on standard output.")    \
	X(log_level, TEXT, "LAYER_LOG_LEVEL", "info", 0, 0, "debug, info, warn or error; on standard error.")
