/* What the service refuses for now: writes and strong queries over a backlog, queries of an index that is
 * being built, queries beyond the permits. */
#include <stdarg.h>
#include <stdio.h>

#include "base/time.h"
#include "store/cloud/cloud_inside.h"
#include "json/write.h"

void cloud_add_header(struct call *c, struct span name, struct span value)
{
	struct delivery *d = &c->reply->delivery;
	d->headers[d->headers_len++] = (struct store_header){name, value};
}

int cloud_refuse(struct call *c, const struct visit *v, int status, const char *fmt, ...)
{
	uint64_t ms = v->settings.retry_after_ms;
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (ms && (status == 429 || status == 503)) {
		cloud_add_header(c, SPAN("retry-after"),
		    arena_printf(c->req->arena, "%llu", (unsigned long long)((ms + 999) / 1000)));
		cloud_add_header(
		    c, SPAN("retry-after-ms"), arena_printf(c->req->arena, "%llu", (unsigned long long)ms));
	}
	return refuse(&c->refusal, status, "%s", text);
}

static int check_backlog(
    struct call *c, const struct visit *v, enum cloud_class class, const struct tail_state *state)
{
	uint64_t bytes = state->unindexed_bytes, write_max = v->settings.backpressure_bytes,
	         strong_max = v->settings.strong_backlog_bytes;
	if (class == CLOUD_WRITE && write_max && bytes > write_max && !v->unbounded)
		return cloud_refuse(c, v, 429,
		    "💔 write back-pressure: %llu bytes are waiting to be indexed, the limit is %llu",
		    (unsigned long long)bytes, (unsigned long long)write_max);
	if (class == CLOUD_QUERY && strong_max && bytes > strong_max && state->unbounded && !v->eventual)
		return cloud_refuse(c, v, 429,
		    "💔 strong queries are not possible while %llu bytes are waiting to be indexed, the "
		    "limit is %llu; use eventual consistency",
		    (unsigned long long)bytes, (unsigned long long)strong_max);
	return 0;
}

#define DEPTH_MAX 128

/* Whether the attribute is searched somewhere in a filter or ranking: ["attr", "Operator", …]. */
static bool searches(yyjson_val *v, const struct build *b, int depth)
{
	yyjson_val *first = yyjson_arr_get_first(v), *op = yyjson_arr_get(v, 1), *item;
	size_t i, n;
	if (!yyjson_is_arr(v) || depth > DEPTH_MAX)
		return false;
	if (yyjson_is_str(op) && span_eq(json_span(first), span_of(b->attr, b->attr_len)))
		return !yyjson_equals_str(op, "asc") && !yyjson_equals_str(op, "desc");
	yyjson_arr_foreach(v, i, n, item)
	{
		if (searches(item, b, depth + 1))
			return true;
	}
	return false;
}

static bool query_searches(yyjson_val *body, const struct build *b)
{
	yyjson_val *queries = yyjson_obj_get(body, "queries"), *leg;
	size_t i, n;
	yyjson_arr_foreach(queries, i, n, leg)
	{
		if (query_searches(leg, b))
			return true;
	}
	return searches(yyjson_obj_get(body, "filters"), b, 0) ||
	       searches(yyjson_obj_get(body, "rank_by"), b, 0);
}

/* The name of an attribute whose index the query needs and that is still being built, or empty. */
static struct span building(struct call *c, const struct visit *v, uint64_t created_ns)
{
	struct cloud *cloud = c->store->cloud;
	struct span found = SPAN_NONE;
	uint64_t now_ns = time_mono_ns();
	pthread_mutex_lock(&cloud->lock);
	vec_each (&cloud_known(cloud, c->ns)->builds, b) {
		bool over = now_ns - b->began_ns >= v->settings.index_build_ms * NS_PER_MS;
		if (!over && b->created_ns == created_ns && !found.len && query_searches(c->body, b))
			found = arena_copy(c->req->arena, span_of(b->attr, b->attr_len));
	}
	pthread_mutex_unlock(&cloud->lock);
	return found;
}

/* 1: answered. */
static int check_build(struct call *c, const struct visit *v, uint64_t created_ns)
{
	struct span attr = v->settings.index_build_ms ? building(c, v, created_ns) : SPAN_NONE;
	if (!attr.len)
		return 0;
	struct span text =
	    arena_printf(c->req->arena, "the index of attribute '%.*s' is still being built", SPAN_FMT(attr));
	struct span status =
	    cloud_word_drawn(v->settings.index_build_status, CLOUD_AT_index_build_status, v->draw[0]);
	if (span_eq(status, SPAN("409")))
		return cloud_refuse(c, v, 409, "💔 %.*s", SPAN_FMT(text));
	c->reply->status = 202;
	buf_lit(&c->reply->body, "{\"status\":\"ACCEPTED\",\"message\":");
	json_put_string(&c->reply->body, text);
	buf_byte(&c->reply->body, '}');
	return 1;
}

int cloud_check_namespace(struct call *c, const struct visit *v, enum cloud_class class)
{
	struct holder *h = c->ns.len ? catalog_take(&c->store->catalog, c->ns, false) : NULL;
	struct tail_state state = {0};
	uint64_t created_ns = 0;
	if (!h)
		return 0;
	pthread_rwlock_rdlock(&h->lock);
	if (h->tail)
		state = tail_state(h->tail, cloud_rules(&v->settings), time_mono_ns());
	created_ns = h->data ? h->data->created_ns : 0;
	pthread_rwlock_unlock(&h->lock);
	catalog_release(&c->store->catalog, h);
	int rc = check_backlog(c, v, class, &state);
	return rc == 0 && class == CLOUD_QUERY ? check_build(c, v, created_ns) : rc;
}

static bool given(yyjson_val *body, const char *field)
{
	yyjson_val *v = yyjson_obj_get(body, field);
	return v && !yyjson_is_null(v);
}

static unsigned permits_of_leg(yyjson_val *leg)
{
	if (given(leg, "aggregate_by"))
		return 4;
	return yyjson_equals_str(yyjson_arr_get(yyjson_obj_get(leg, "rank_by"), 1), "kNN") ? 2 : 1;
}

static unsigned permits_of(yyjson_val *body)
{
	yyjson_val *queries = yyjson_obj_get(body, "queries"), *leg;
	size_t i, n;
	unsigned sum = 0;
	if (!yyjson_is_arr(queries))
		return permits_of_leg(body);
	yyjson_arr_foreach(queries, i, n, leg)
	{
		sum += permits_of_leg(leg);
	}
	return sum;
}

static int take_permits(struct call *c, struct visit *v, uint64_t *ret_id)
{
	struct cloud *cloud = c->store->cloud;
	unsigned limit = (unsigned)v->settings.permits, weight = permits_of(c->body);
	pthread_mutex_lock(&cloud->lock);
	int rc = permits_take(&cloud_known(cloud, c->ns)->permits, limit, weight, c->started_ns, v->work_ns,
	    v->settings.permit_wait_ms * NS_PER_MS, ret_id, &v->wait_ns);
	pthread_mutex_unlock(&cloud->lock);
	if (rc < 0) { /* it waits in vain */
		v->wait_ns = v->settings.permit_wait_ms * NS_PER_MS;
		v->work_ns = 0;
		return cloud_refuse(c, v, 429,
		    "💔 too many concurrent queries: none of the %u permits became free for %llu ms", limit,
		    (unsigned long long)v->settings.permit_wait_ms);
	}
	return 0;
}

int cloud_handle_with_permits(struct call *c, struct visit *v, int (*handle)(struct call *c))
{
	struct cloud *cloud = c->store->cloud;
	uint64_t id;
	int rc = take_permits(c, v, &id);
	if (rc < 0)
		return rc;
	rc = handle(c);
	pthread_mutex_lock(&cloud->lock);
	permits_leave(&cloud_known(cloud, c->ns)->permits, id, time_mono_ns());
	pthread_mutex_unlock(&cloud->lock);
	return rc;
}
