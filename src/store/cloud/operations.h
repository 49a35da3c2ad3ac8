/* Requests that were answered 202 and are carried out later (wire §1.6). Whoever comes to the store after one
 * has become due carries it out first: once, and before anything that could tell the difference. */
#pragma once

#include "base/vec.h"
#include "store/store.h"

#define OPERATION_TOKEN_LEN 32
#define OPERATIONS_MAX      1000
#define OPERATION_BODY_MAX  ((size_t)1 << 20)
#define OPERATION_KEPT_NS   (600 * 1000000000ULL) /* an outcome, for whoever polls */

struct operation {
	char token[OPERATION_TOKEN_LEN];
	struct arena *arena;
	struct span ns;
	struct store_request req; /* in the arena */
	enum { OPERATION_WAITING, OPERATION_RUNNING, OPERATION_FINISHED } state;
	uint64_t due_ns, finished_ns;
	struct store_reply reply; /* of a finished one */
};

/* Without a lock of its own. */
struct operations {
	VEC(struct operation *) all;
};

/* Adds one that is due then; copies the request. NULL: there are too many, or its body is too large. */
struct operation *operations_add(struct operations *o, struct span ns, const struct store_request *req,
    const uint64_t token[2], uint64_t now_ns, uint64_t due_ns);
/* The next one that waits and is due, now running; NULL: none. */
struct operation *operations_take_due(struct operations *o, uint64_t now_ns);
/* The one with this token in this namespace, or NULL. */
struct operation *operations_find(struct operations *o, struct span ns, struct span token, uint64_t now_ns);
/* {"status":…} as a poll answers. */
void operation_put(const struct operation *op, struct buf *out);
void operations_free(struct operations *o);
