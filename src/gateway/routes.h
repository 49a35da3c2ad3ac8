/* From method and path to a row of the routes table. */
#pragma once

#include "base/span.h"
#include "config/config.h"
#include "net/http.h"

enum route_id {
#define X(id, method, pattern, scope, handler, flags, meaning) ROUTE_##id,
#include "gateway/routes_table.h"
	ROUTES_TABLE(X)
#undef X
	    ROUTES_COUNT,
};

enum route_flags {
	PREFER = 1,
	TIMED_QUERY = 2,
	TIMED_WRITE = 4,
	TIMED_HEAD = 8,
	TIMED_LIST = 16,
};

struct request;

struct route {
	enum route_id id;
	enum http_method method;
	struct span pattern;
	enum scope scope;
	void (*handle)(struct request *r);
	unsigned flags;
};

/* The route of a request and, where its pattern has one, the namespace as it stands in the path (still
 * percent-encoded). NULL: there is none. */
const struct route *route_find(enum http_method method, struct span path, struct span *ret_namespace);

/* The name that a path segment stands for: percent-decoded into `out`, which has room for max bytes.
 * -E_INVALID for a broken escape or a longer name. */
MUST_USE int route_decode_segment(struct span segment, char *out, size_t max, size_t *ret_len);
