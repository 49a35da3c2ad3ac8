/* Every route there is: the router, the scopes, api/openapi.yaml's test and docs/routes.md come from this.
 * A pattern's {ns} is the namespace; {token} is any one segment. HEAD is served wherever GET is.
 *
 * PREFER: `prefer: respond-async` goes upstream. QUERY, WRITE, HEAD, LIST: which histograms time it. */
#pragma once

/*  id,              method, pattern,                                     scope, handler,  flags, meaning */
#define ROUTES_TABLE(X)                                                                                      \
	X(LIST_NAMESPACES, GET, "/v1/namespaces", READ, relay, TIMED_LIST,                                   \
	    "Namespaces of the default store.")                                                              \
	X(WRITE, POST, "/v2/namespaces/{ns}", WRITE, write, TIMED_WRITE | PREFER,                            \
	    "Write, copy or branch a namespace.")                                                            \
	X(WRITE_ASYNC, POST, "/v2/namespaces/{ns}/async", WRITE, relay, 0,                                   \
	    "Start a copy and answer before it is done.")                                                    \
	X(DELETE_NAMESPACE, DELETE, "/v2/namespaces/{ns}", ADMIN, relay, 0, "Delete a namespace.")           \
	X(QUERY, POST, "/v2/namespaces/{ns}/query", READ, query, TIMED_QUERY,                                \
	    "Query, multi-query or aggregate.")                                                              \
	X(EXPLAIN_QUERY, POST, "/v2/namespaces/{ns}/explain_query", READ, relay, 0, "Explain a query.")      \
	X(METADATA, GET, "/v2/namespaces/{ns}/metadata", READ, relay, TIMED_HEAD, "Metadata.")               \
	X(METADATA_V1, GET, "/v1/namespaces/{ns}/metadata", READ, relay, TIMED_HEAD,                         \
	    "Metadata in its older shape.")                                                                  \
	X(UPDATE_METADATA, PATCH, "/v1/namespaces/{ns}/metadata", WRITE, relay, 0,                           \
	    "Pin, or make read-only.")                                                                       \
	X(SCHEMA, GET, "/v1/namespaces/{ns}/schema", READ, schema, TIMED_HEAD, "Schema.")                    \
	X(UPDATE_SCHEMA, POST, "/v1/namespaces/{ns}/schema", WRITE, schema, 0, "Change the schema.")         \
	X(HINT_CACHE_WARM, GET, "/v1/namespaces/{ns}/hint_cache_warm", READ, relay, 0,                       \
	    "Ask the store to warm its cache.")                                                              \
	X(RECALL, POST, "/v1/namespaces/{ns}/_debug/recall", READ, relay, PREFER, "Measure recall.")         \
	X(OPERATION, GET, "/v1/namespaces/{ns}/operations/{token}", READ, relay, 0,                          \
	    "State of an operation that the store answers later.")                                           \
	X(HEALTH, GET, "/health", NONE, health, 0,                                                           \
	    "200 as long as the process serves; the state of its parts.")                                    \
	X(READY, GET, "/ready", NONE, ready, 0, "200 once configured, 503 before and while draining.")       \
	X(METRICS, GET, "/metrics", NONE, metrics, 0, "Prometheus text.")                                    \
	X(OPENAPI_JSON, GET, "/openapi.json", NONE, openapi_json, 0, "This API as OpenAPI.")                 \
	X(OPENAPI_YAML, GET, "/openapi.yaml", NONE, openapi_yaml, 0, "The same as YAML.")
