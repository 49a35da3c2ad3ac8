/* A request inside of the gateway: the exchange with its client, and what the edge found out before a feature
 * gets it. */
#pragma once

#include "gateway/edge/errors.h"
#include "gateway/query/query.h"
#include "gateway/routes.h"
#include "net/server.h"
#include "obs/trace.h"

struct worker;
struct worker_config;
struct upstream;

#define NAMESPACE_MAX 128

struct request {
	struct exchange *x;
	struct worker *worker;
	struct worker_config *config; /* one configuration for the whole request */
	const struct route *route;    /* NULL: none fits */
	struct span namespace;        /* decoded; empty if the route has none */
	struct span key_name;
	const struct config_store *store;
	struct upstream *upstream;
	struct trace trace;
	struct query_shape query; /* of a query route */
	struct span error;        /* our own error's code, for the log */
	uint64_t wall_ns, upstream_ns;
	bool upstream_failed; /* the store did not answer, or with a 5xx */
};

/* Answers with an error of ours; the text follows the format. */
void request_error(struct request *r, enum error_id id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The headers that every answer carries: traceparent and Server-Timing. Between reply_begin and the end of
 * the head. */
void request_put_headers(struct request *r);
/* A whole JSON (or other) answer of our own. */
void request_reply(struct request *r, int status, struct span type, struct span body);
