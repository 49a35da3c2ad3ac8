#include "gateway/query/query.h"

#include <inttypes.h>

#include "gateway/edge/request.h"
#include "gateway/query/query_plan.h"
#include "gateway/relay/relay.h"
#include "gateway/worker.h"
#include "net/gzip.h"

/* Attributes that are the gateway's own: answers leave them out unless they are asked for by name. */
static const struct span reserved = SPAN("\"_hevlayer_upserted_at\",\"_hevlayer_shard\",");

struct query {
	struct request *request;
	struct query_plan plan;
	struct watermark_cut cut;
	struct span left; /* of the body that is sent */
};

static int read_sent(void *ctx, struct span *ret)
{
	return exchange_read(ctx, ret);
}

static int inflate_all(struct exchange *x, size_t max, struct span *ret)
{
	struct buf *body = arena_one(x->arena, struct buf);
	struct gunzip *g = gunzip_new();
	struct span piece;
	int rc;
	*body = buf_new(max);
	arena_defer(x->arena, (void (*)(void *))buf_free, body);
	while ((rc = gunzip_read(g, read_sent, x, &piece)) == 0 && piece.len)
		buf_append(body, piece);
	gunzip_free(g);
	*ret = buf_span(body);
	return rc < 0 ? rc : buf_status(body);
}

/* The whole plain body; answers and returns false if there is none. */
static bool read_body(struct request *r, struct span *ret)
{
	struct exchange *x = r->x;
	size_t max = r->worker->gateway->settings.query_max;
	struct span coding = http_value(x->req, SPAN("content-encoding"));
	bool gzip = span_eq_nocase(coding, SPAN("gzip"));
	int rc = gzip ? inflate_all(x, max, ret) : exchange_read_all(x, max, ret);
	if (rc == -E_TOO_LARGE)
		request_error(r, ERROR_PAYLOAD_TOO_LARGE, "the query is longer than %zu bytes", max);
	else if (rc == -E_INVALID && gzip)
		request_error(r, ERROR_BAD_REQUEST, "the body is not sound gzip");
	else if (rc < 0)
		relay_bad_body(r, rc);
	return rc == 0;
}

static void answer_bad_json(struct request *r, int rc, const struct json_error *e)
{
	if (rc == -E_DUPLICATE)
		request_error(r, ERROR_BAD_REQUEST, "duplicate key \"%.*s\" in the request body at byte %zu",
		    SPAN_FMT(e->name), e->offset);
	else
		request_error(
		    r, ERROR_BAD_REQUEST, "the body is not JSON: %s at byte %zu", e->message, e->offset);
}

static int read_changed(void *ctx, struct span *ret)
{
	struct query *q = ctx;
	*ret = q->left;
	q->left = SPAN_NONE;
	return 0;
}

static bool again(void *ctx, const struct http_head *answer)
{
	struct query *q = ctx;
	return watermark_cut_again(&q->cut, answer->status);
}

static void put_headers(void *ctx, struct exchange *x)
{
	struct query *q = ctx;
	if (!q->cut.mark.at_ms)
		return;
	buf_lit(x->head, "x-layer-stable-as-of: ");
	buf_u64(x->head, q->cut.mark.at_ms);
	buf_lit(x->head, "\r\n");
}

static bool ask_store(struct query *q, bool inflated)
{
	struct request *r = q->request;
	q->left = query_plan_body(&q->plan, r->x->arena, q->cut.read, q->cut.mark.at_ms, reserved);
	r->query.upstream_calls++;
	struct relay_change change = {
	    .body =
	        {
	            .read = read_changed,
	            .ctx = q,
	            .length = q->left.len,
	            .present = true,
	        },
	    .inflated = inflated,
	    .ctx = q,
	    .again = again,
	    .put_headers = put_headers,
	};
	return relay_changed(r, &change).again;
}

void query_handle(struct request *r)
{
	struct query *q = arena_one(r->x->arena, struct query);
	struct json_error error;
	struct span body;
	q->request = r;
	if (!read_body(r, &body))
		return;
	int rc = query_plan_read(&q->plan, body, &error);
	if (rc < 0) {
		answer_bad_json(r, rc, &error);
		return;
	}
	r->query = q->plan.shape;
	struct watermark mark = {0};
	if (r->namespace.len)
		mark = consistency_read(r->worker->gateway->consistency, r->store->name, r->namespace);
	const struct config_index *index = config_index(r->config->config, r->namespace);
	q->cut = watermark_cut_at(
	    mark, query_plan_wish(&q->plan, index && index->policy.consistency == INDEX_EVENTUAL));
	bool inflated = http_find(r->x->req, SPAN("content-encoding"));
	while (ask_store(q, inflated))
		;
}
