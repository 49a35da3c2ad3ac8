#include "gateway/edge/edge.h"

#include "config/policy.h"
#include "gateway/edge/request.h"
#include "gateway/worker.h"
#include "json/write.h"

/* Finds the route and the namespace; answers and returns false if there is none. */
static bool find_route(struct request *r)
{
	struct exchange *x = r->x;
	struct span segment;
	char *name = arena_alloc(x->arena, NAMESPACE_MAX);
	r->route = route_find(x->req->method, x->req->path, &segment);
	if (!r->route) {
		request_error(r, ERROR_NOT_FOUND, "no route for %.*s %.*s",
		    SPAN_FMT(http_method_name(x->req->method)),
		    SPAN_FMT(span_of(x->req->path.ptr, x->req->path.len < 200 ? x->req->path.len : 200)));
		return false;
	}
	size_t len;
	/* A name that is too long or badly escaped is for the store to refuse, in its own words. */
	if (segment.len && route_decode_segment(segment, name, NAMESPACE_MAX, &len) == 0)
		r->namespace = span_of(name, len);
	if (span_eq(r->namespace, SPAN(".")) || span_eq(r->namespace, SPAN(".."))) {
		request_error(
		    r, ERROR_BAD_REQUEST, "a namespace cannot be called \"%.*s\"", SPAN_FMT(r->namespace));
		return false;
	}
	return true;
}

static void answer_forbidden(struct request *r, enum scope required)
{
	struct span body =
	    arena_printf(r->x->arena, "{\"error\":\"insufficient API key scope\",\"required_scope\":\"%s\"}",
	        policy_scope_name(required));
	r->error = SPAN("insufficient API key scope");
	request_reply(r, 403, SPAN("application/json"), body);
}

/* Picks the store and asks its policy; answers and returns false if the client may not go on. */
static bool admit(struct request *r)
{
	struct worker_config *c = r->config;
	if (!c) {
		request_error(r, ERROR_UNAVAILABLE, "the gateway has no configuration yet");
		return false;
	}
	r->store = config_store_for(c->config, r->namespace);
	r->upstream = worker_upstream(c, r->store);
	struct span token = policy_bearer(http_value(r->x->req, SPAN("authorization")));
	struct policy_result verdict = policy_authorize(c->config, r->store, token, r->route->scope);
	r->key_name = verdict.key_name;
	if (verdict.verdict == POLICY_UNAUTHORIZED)
		request_error(r, ERROR_UNAUTHORIZED, "%s", verdict.reason);
	else if (verdict.verdict == POLICY_FORBIDDEN)
		answer_forbidden(r, verdict.required);
	return verdict.verdict == POLICY_ALLOW;
}

void edge_handle(struct exchange *x)
{
	struct request *r = arena_one(x->arena, struct request);
	x->own = r;
	r->x = x;
	r->worker = x->ctx;
	r->wall_ns = time_wall_ns();
	r->config = worker_config_ref(r->worker);
	r->trace = trace_continue(http_value(x->req, SPAN("traceparent")));
	if (!find_route(r))
		return;
	if (r->route->scope == SCOPE_NONE || admit(r))
		r->route->handle(r);
}

struct span edge_refusal(struct exchange *x, int status, const char *why)
{
	return error_body(x->arena, error_of_status(status), span_str(why));
}
