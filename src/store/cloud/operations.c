#include "store/cloud/operations.h"

#include <stdio.h>
#include <stdlib.h>

#include "json/write.h"

static void free_one(struct operation *op)
{
	buf_free(&op->reply.body);
	arena_free(op->arena); /* it stands in there itself */
}

static void forget_old(struct operations *o, uint64_t now_ns)
{
	size_t n = 0;
	vec_each (&o->all, op) {
		bool old =
		    (*op)->state == OPERATION_FINISHED && now_ns - (*op)->finished_ns > OPERATION_KEPT_NS;
		if (old)
			free_one(*op);
		else
			o->all.at[n++] = *op;
	}
	o->all.len = n;
}

struct operation *operations_add(struct operations *o, struct span ns, const struct store_request *req,
    const uint64_t token[2], uint64_t now_ns, uint64_t due_ns)
{
	forget_old(o, now_ns);
	if (o->all.len >= OPERATIONS_MAX || req->body.len > OPERATION_BODY_MAX)
		return NULL;
	struct arena *a = arena_new();
	struct operation *op = arena_one(a, struct operation);
	*op = (struct operation){.arena = a, .ns = arena_copy(a, ns), .due_ns = due_ns};
	op->req = (struct store_request){.method = arena_copy(a, req->method),
	    .path = arena_copy(a, req->path),
	    .query = arena_copy(a, req->query),
	    .body = arena_copy(a, req->body),
	    .arena = a};
	struct span text =
	    arena_printf(a, "%016llx%016llx", (unsigned long long)token[0], (unsigned long long)token[1]);
	memcpy(op->token, text.ptr, OPERATION_TOKEN_LEN);
	vec_push(&o->all, op);
	return op;
}

struct operation *operations_take_due(struct operations *o, uint64_t now_ns)
{
	struct operation *first = NULL;
	vec_each (&o->all, op) {
		bool due = (*op)->state == OPERATION_WAITING && (*op)->due_ns <= now_ns;
		if (due && (!first || (*op)->due_ns < first->due_ns))
			first = *op;
	}
	if (first)
		first->state = OPERATION_RUNNING;
	return first;
}

struct operation *operations_find(struct operations *o, struct span ns, struct span token, uint64_t now_ns)
{
	forget_old(o, now_ns);
	struct operation *found = NULL;
	vec_each (&o->all, op) {
		if (span_eq(span_of((*op)->token, OPERATION_TOKEN_LEN), token) && span_eq((*op)->ns, ns))
			found = *op;
	}
	return found;
}

/* A body that is not JSON (a bad URL's) becomes a string. */
static void put_body(const struct store_reply *reply, struct buf *out)
{
	if (span_starts(span_str(reply->content_type), SPAN("application/json")))
		buf_append(out, buf_span(&reply->body));
	else
		json_put_string(out, buf_span(&reply->body));
}

void operation_put(const struct operation *op, struct buf *out)
{
	if (op->state != OPERATION_FINISHED) {
		buf_lit(out, "{\"status\":\"running\"}");
		return;
	}
	buf_lit(out, "{\"status\":\"finished\",\"result\":{");
	if (op->reply.status < 400) {
		buf_lit(out, "\"success\":");
		put_body(&op->reply, out);
	} else {
		buf_printf(out, "\"error\":{\"status_code\":%d,\"detail\":", op->reply.status);
		put_body(&op->reply, out);
		buf_byte(out, '}');
	}
	buf_lit(out, "}}");
}

void operations_free(struct operations *o)
{
	vec_each (&o->all, op) {
		free_one(*op);
	}
	vec_free(&o->all);
}
