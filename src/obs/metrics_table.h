/* Every metric there is. The exposition, the checks of label counts and docs/metrics.md come from this table.
 *
 * A metric in SECONDS is recorded in nanoseconds, one in UNITS as it is; a histogram's buckets go by that.
 * Labels hold names with a known small set of values, or values that are capped (metrics.h): never a vector,
 * a document id or a filter value. `status` is one of ok, tpuf_error, layer_error and timeout. */
#pragma once

/*  id, kind, unit, name, labels, help */
#define METRICS_TABLE(X)                                                                                     \
	X(QUERY_DURATION, HISTOGRAM, SECONDS, "layer_query_duration_seconds",                                \
	    "pipeline_id,namespace,status", "From a query's last byte in to its answer's last byte out.")    \
	X(QUERY_TPUF, HISTOGRAM, SECONDS, "layer_query_tpuf_seconds", "pipeline_id,namespace,status",        \
	    "The part of a query that was spent waiting for the vector store.")                              \
	X(QUERY_OVERHEAD, HISTOGRAM, SECONDS, "layer_query_overhead_seconds",                                \
	    "pipeline_id,namespace,status", "The part of a query that was spent in the gateway itself.")     \
	X(QUERY_SHAPE, COUNTER, UNITS, "layer_query_shape_total",                                            \
	    "pipeline_id,namespace,has_filter,has_rank_by,status",                                           \
	    "Queries by whether they filter and whether they rank (true or false).")                         \
	X(HEAD_DURATION, HISTOGRAM, SECONDS, "layer_head_duration_seconds", "pipeline_id,namespace,status",  \
	    "Reads of a namespace's metadata or schema, as a client sees them.")                             \
	X(LIST_DURATION, HISTOGRAM, SECONDS, "layer_list_duration_seconds", "pipeline_id,namespace,status",  \
	    "Listings of namespaces, as a client sees them; namespace is empty.")                            \
	X(MULTI_QUERY, COUNTER, UNITS, "hevlayer_multi_query_total", "namespace,store_kind,status",          \
	    "Queries with a list of queries.")                                                               \
	X(MULTI_QUERY_LEGS, HISTOGRAM, UNITS, "hevlayer_multi_query_legs", "namespace,store_kind",           \
	    "Queries inside one multi-query.")                                                               \
	X(MULTI_QUERY_UPSTREAM_CALLS, HISTOGRAM, UNITS, "hevlayer_multi_query_upstream_calls",               \
	    "namespace,store_kind", "Calls to the vector store that one multi-query cost.")                  \
	X(UPSERT_DURATION, HISTOGRAM, SECONDS, "layer_upsert_duration_seconds",                              \
	    "pipeline_id,namespace,status", "From a write's last byte in to its answer's last byte out.")    \
	X(UPSERT_TPUF, HISTOGRAM, SECONDS, "layer_upsert_tpuf_seconds", "pipeline_id,namespace,status",      \
	    "The part of a write that was spent waiting for the vector store.")                              \
	X(UPSERT_OVERHEAD, HISTOGRAM, SECONDS, "layer_upsert_overhead_seconds",                              \
	    "pipeline_id,namespace,status", "The part of a write that was spent in the gateway itself.")     \
	X(WATERMARK_AGE, GAUGE, SECONDS, "hevlayer_watermark_age_seconds", "namespace",                      \
	    "At the last poll of a namespace: how far its watermark lay back. It grows while writes never "  \
	    "pause.")                                                                                        \
	X(POLLS, COUNTER, UNITS, "hevlayer_consistency_polls_total", "result",                               \
	    "Polls of index states; result is stable, updating, missing or error.")                          \
	X(POLL_DELAY, HISTOGRAM, SECONDS, "hevlayer_consistency_poll_delay_seconds", "",                     \
	    "How long a poll was due before it began: what the watcher is behind its pace.")                 \
	X(NAMESPACES_WATCHED, GAUGE, UNITS, "hevlayer_consistency_namespaces", "",                           \
	    "Namespaces whose index state is watched.")                                                      \
	X(TPUF_INFLIGHT, GAUGE, UNITS, "layer_tpuf_inflight", "",                                            \
	    "Requests sent to the vector store that are not answered yet.")                                  \
	X(HTTP_REQUESTS, COUNTER, UNITS, "layer_http_requests_total", "route,code",                          \
	    "Requests answered, by the route's pattern and the status code.")                                \
	X(HTTP_CONNECTIONS, GAUGE, UNITS, "layer_http_connections", "", "Open client connections.")          \
	X(HTTP_CONNECTIONS_LIMITED, COUNTER, UNITS, "layer_http_connections_limited_total", "action",        \
	    "What happened at the limit of client connections: one that rested made room for a newcomer "    \
	    "(made_room), or all were busy and the newcomer got a 503 (turned_away).")                       \
	X(LOG_LINES_DROPPED, COUNTER, UNITS, "layer_log_lines_dropped_total", "",                            \
	    "Access-log lines lost because standard output did not take them in time.")                      \
	X(CONFIG_RELOADS, COUNTER, UNITS, "layer_config_reloads_total", "result",                            \
	    "Attempts to load the configuration; result is ok or error.")                                    \
	X(CONFIG_VALID, GAUGE, UNITS, "layer_config_valid", "",                                              \
	    "1 if the configuration on disk is the one in force, 0 if it has an error.")                     \
	X(LOOP_BLOCKED, COUNTER, UNITS, "layer_loop_blocked_total", "",                                      \
	    "Times that an event loop failed to turn within the watchdog's limit.")                          \
	X(BUILD_INFO, GAUGE, UNITS, "layer_build_info", "version", "Always 1; the version is the label.")    \
	X(PROCESS_CPU, COUNTER, SECONDS, "process_cpu_seconds_total", "", "User and system processor time.") \
	X(PROCESS_RESIDENT, GAUGE, UNITS, "process_resident_memory_bytes", "", "Resident memory.")           \
	X(PROCESS_VIRTUAL, GAUGE, UNITS, "process_virtual_memory_bytes", "", "Virtual memory.")              \
	X(PROCESS_OPEN_FDS, GAUGE, UNITS, "process_open_fds", "", "Open file descriptors.")                  \
	X(PROCESS_MAX_FDS, GAUGE, UNITS, "process_max_fds", "", "The most file descriptors allowed.")        \
	X(PROCESS_START, GAUGE, SECONDS, "process_start_time_seconds", "",                                   \
	    "When the process started, in seconds since the Unix epoch.")

/*  Upper bounds of a histogram's buckets, ascending; one more, +Inf, stands after them. */
#define METRICS_BOUNDS_SECONDS /* in nanoseconds: 10 µs to 60 s */                                          \
	10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 25000000,          \
	    50000000, 100000000, 250000000, 500000000, 1000000000, 2500000000, 5000000000, 10000000000,      \
	    30000000000, 60000000000
#define METRICS_BOUNDS_UNITS 1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128

/*  Most values a label may take in this process, whatever the metric; further ones count as "other". */
#define METRICS_LABEL_CAPS(X)                                                                                \
	X("namespace", 5000)                                                                                 \
	X("pipeline_id", 50)
#define METRICS_LABEL_CAP_DEFAULT 100
