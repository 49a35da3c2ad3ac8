/* Answering 202, and what follows from it. */
#include "base/time.h"
#include "store/cloud/cloud_inside.h"

static bool wants_operation(const struct call *c, const struct visit *v, enum cloud_class class)
{
	struct span word = class == CLOUD_RECALL     ? SPAN("recall")
	                   : cloud_is_copy(c, class) ? SPAN("copy")
	                   : class == CLOUD_WRITE    ? SPAN("write")
	                   : class == CLOUD_QUERY    ? SPAN("query")
	                                             : SPAN_NONE;
	uint64_t after_ms = v->settings.async_after_ms;
	return c->req->respond_async && after_ms && v->work_ns >= after_ms * NS_PER_MS && c->ns.len &&
	       cloud_word(v->settings.async_routes, CLOUD_AT_async_routes, word);
}

bool cloud_defer(struct call *c, const struct visit *v, enum cloud_class class)
{
	struct cloud *cloud = c->store->cloud;
	struct span token = SPAN_NONE;
	if (!wants_operation(c, v, class))
		return false;
	pthread_mutex_lock(&cloud->lock);
	struct operation *op = operations_add(
	    &cloud->operations, c->ns, c->req, v->draw, c->started_ns, c->started_ns + v->work_ns);
	if (op)
		token = arena_copy(c->req->arena, span_of(op->token, OPERATION_TOKEN_LEN));
	pthread_mutex_unlock(&cloud->lock);
	if (!op)
		return false;
	c->reply->status = 202;
	cloud_add_header(c, SPAN("preference-applied"), SPAN("respond-async"));
	cloud_add_header(c, SPAN("location"),
	    arena_printf(
	        c->req->arena, "/v1/namespaces/%.*s/operations/%.*s", SPAN_FMT(c->ns), SPAN_FMT(token)));
	buf_printf(&c->reply->body, "{\"token\":\"%.*s\"}", SPAN_FMT(token));
	return true;
}

void cloud_run_due(struct store *st)
{
	struct cloud *cloud = st->cloud;
	for (;;) {
		pthread_mutex_lock(&cloud->lock);
		struct operation *op = operations_take_due(&cloud->operations, time_mono_ns());
		pthread_mutex_unlock(&cloud->lock);
		if (!op)
			return;
		struct store_reply reply;
		store_answer(st, &op->req, true, &reply);
		pthread_mutex_lock(&cloud->lock);
		op->reply = reply;
		op->finished_ns = time_mono_ns();
		op->state = OPERATION_FINISHED;
		pthread_mutex_unlock(&cloud->lock);
	}
}

int operation_handle(struct call *c)
{
	struct cloud *cloud = c->store->cloud;
	struct span path = c->req->path, token = SPAN_NONE;
	while (path.len)
		token = span_cut(&path, '/');
	if (cloud) {
		pthread_mutex_lock(&cloud->lock);
		struct operation *op = operations_find(&cloud->operations, c->ns, token, time_mono_ns());
		if (op)
			operation_put(op, &c->reply->body);
		pthread_mutex_unlock(&cloud->lock);
		if (op)
			return 0;
	}
	return refuse(&c->refusal, 404, "operation not found");
}
