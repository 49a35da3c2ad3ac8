#include "gateway/relay/relay.h"

#include "gateway/edge/request.h"
#include "gateway/relay/relay_headers.h"
#include "gateway/worker.h"
#include "net/gzip.h"

#define REWRITTEN_MAX ((size_t)64 << 20)

struct relaying {
	struct request *request;
	const struct relay_change *change;
};

static int read_client_body(void *ctx, struct span *ret)
{
	return exchange_read(ctx, ret);
}

struct upstream_body relay_body(struct request *r)
{
	struct exchange *x = r->x;
	return (struct upstream_body){
	    .read = read_client_body,
	    .ctx = x,
	    .chunked = x->req->chunked,
	    .length = x->req->length,
	    .present = x->req->has_length,
	};
}

static void put_trace(const struct request *r, struct buf *out)
{
	struct trace child = trace_child(&r->trace);
	char text[TRACE_PARENT_LEN];
	trace_format(&child, text);
	buf_lit(out, "traceparent: ");
	buf_append(out, span_of(text, sizeof text));
	buf_lit(out, "\r\n");
}

static void put_headers(void *ctx, struct buf *out)
{
	struct relaying *g = ctx;
	struct request *r = g->request;
	relay_put_request_headers(r->x->req, r->route->flags & PREFER, g->change->inflated, out);
	put_trace(r, out);
}

void relay_bad_body(struct request *r, int rc)
{
	r->x->keep_alive = false; /* where the next request begins is not known */
	switch (rc) {
	case -E_TOO_LARGE:
		request_error(r, ERROR_PAYLOAD_TOO_LARGE, "the body is longer than %llu bytes",
		    (unsigned long long)r->worker->gateway->settings.body_max);
		break;
	case -E_TIMEOUT:
		request_error(r, ERROR_REQUEST_TIMEOUT, "the body did not arrive in time");
		break;
	case -E_HTTP:
		request_error(r, ERROR_BAD_REQUEST, "malformed body: %s", http_error(r->x->conn));
		break;
	default:
		reply_abort(r->x, "client closed the connection");
	}
}

static void answer_failure(
    struct request *r, const struct relay_change *change, const struct upstream_answer *a)
{
	r->upstream_failed = a->outcome != UPSTREAM_BODY && a->rc != -E_CANCELLED;
	if (a->rc == -E_CANCELLED)
		reply_abort(r->x, "client closed the connection");
	else if (a->outcome == UPSTREAM_BODY && change->refused && change->refused(change->ctx, a->rc))
		return;
	else if (a->outcome == UPSTREAM_BODY)
		relay_bad_body(r, a->rc);
	else if (a->outcome == UPSTREAM_UNKNOWN)
		request_error(r, ERROR_UPSTREAM_TIMEOUT,
		    "outcome unknown: the request was sent and the store did not answer (%s)",
		    result_text(a->rc));
	else if (a->outcome == UPSTREAM_MALFORMED)
		request_error(r, ERROR_UPSTREAM_ERROR, "the store's answer is not sound HTTP");
	else
		request_error(r, ERROR_UPSTREAM_ERROR, "the store cannot be reached: %s", result_text(a->rc));
}

/* The head as far as it is the same for every body. */
static void put_answer_head(
    struct request *r, const struct relay_change *change, const struct http_head *head, bool inflated)
{
	struct exchange *x = r->x;
	reply_begin(x, head->status);
	for (unsigned i = 0; i < head->header_count; i++) {
		struct http_header h = head->headers[i];
		if (!relay_keeps_answer_header(head, h.name) ||
		    (inflated && span_eq_nocase(h.name, SPAN("content-encoding"))))
			continue;
		if (head->status == 202 && span_eq_nocase(h.name, SPAN("location")))
			h.value = relay_local_location(x->arena, h.value);
		reply_header(x, h.name, h.value);
	}
	request_put_headers(r);
	if (change->put_headers)
		change->put_headers(change->ctx, x);
}

/* The status is out: only a broken connection can still tell. */
static void answer_cut_off(struct request *r, int rc)
{
	r->upstream_failed = rc != -E_CANCELLED;
	reply_abort(
	    r->x, rc == -E_CANCELLED ? "client closed the connection" : "the store's answer was cut off");
}

/* Sends the answer on as it comes. */
static void relay_answer(struct request *r, const struct relay_change *change, struct upstream_answer *a)
{
	struct exchange *x = r->x;
	const struct http_head *head = a->head;
	struct span piece;
	put_answer_head(r, change, head, false);
	if (head->status == 204 || head->status == 304)
		reply_length(x, 0);
	else if (head->chunked || !head->has_length)
		reply_chunked(x);
	else
		reply_length(x, head->length);
	for (;;) {
		int rc = upstream_read(a, &piece);
		if (rc < 0) {
			answer_cut_off(r, rc);
			return;
		}
		if (piece.len == 0)
			break;
		if (reply_write(x, piece) < 0)
			return;
	}
	(void)!reply_end(x);
}

static int read_answer(void *ctx, struct span *ret)
{
	return upstream_read(ctx, ret);
}

/* The whole plain body of an answer. */
static int read_whole(struct upstream_answer *a, bool gzip, struct buf *body)
{
	struct gunzip *g = gzip ? gunzip_new() : NULL;
	struct span piece;
	int rc;
	while ((rc = g ? gunzip_read(g, read_answer, a, &piece) : upstream_read(a, &piece)) == 0 && piece.len)
		buf_append(body, piece);
	gunzip_free(g);
	return rc < 0 ? rc : buf_status(body);
}

/* Reads the answer to its end, lets it be rewritten, and sends it in the coding that it came in. */
static void relay_rewritten(struct request *r, const struct relay_change *change, struct upstream_answer *a)
{
	struct exchange *x = r->x;
	bool gzip = span_eq_nocase(http_value(a->head, SPAN("content-encoding")), SPAN("gzip"));
	struct buf body = buf_new(REWRITTEN_MAX), packed = buf_new(REWRITTEN_MAX);
	int rc = read_whole(a, gzip, &body);
	if (rc < 0) {
		r->upstream_failed = rc != -E_CANCELLED;
		if (rc == -E_CANCELLED)
			reply_abort(x, "client closed the connection");
		else
			request_error(r, ERROR_UPSTREAM_ERROR, "the store's answer cannot be read: %s",
			    result_text(rc));
	} else {
		struct span out = change->rewrite(change->ctx, x->arena, buf_span(&body));
		bool pack = gzip && gzip_deflate(out, &packed) == 0;
		put_answer_head(r, change, a->head, !pack);
		out = pack ? buf_span(&packed) : out;
		reply_length(x, out.len);
		if (reply_write(x, out) == 0)
			(void)!reply_end(x);
	}
	buf_free(&body);
	buf_free(&packed);
}

struct relay_result relay_changed(struct request *r, const struct relay_change *change)
{
	struct exchange *x = r->x;
	struct relaying relaying = {r, change};
	struct upstream_request req = {
	    .method = http_method_name(r->route->method), /* HEAD asks as GET: not every store serves it */
	    .kind = r->route->method,
	    .target = x->req->target,
	    .put_headers = put_headers,
	    .ctx = &relaying,
	    .body = change->body,
	    .replayable = r->route->scope == SCOPE_READ,
	};
	struct upstream_answer answer;
	metric_add(r->worker->inflight, 1);
	upstream_call(r->upstream, &req, &answer);
	metric_add(r->worker->inflight, -1);
	r->upstream_ns += answer.waited_ns;
	struct relay_result result = {.outcome = answer.outcome};
	if (answer.outcome != UPSTREAM_ANSWERED) {
		answer_failure(r, change, &answer);
		return result;
	}
	result.status = answer.head->status;
	result.again = change->again && change->again(change->ctx, answer.head);
	if (!result.again) {
		r->upstream_failed = result.status >= 500;
		if (!answer.body_read)
			x->keep_alive = false; /* the rest of the request is of no use to anybody */
		if (change->rewrite && result.status == 200)
			relay_rewritten(r, change, &answer);
		else
			relay_answer(r, change, &answer);
	}
	upstream_finish(&answer);
	return result;
}

void relay_handle(struct request *r)
{
	(void)relay_changed(r, &(struct relay_change){.body = relay_body(r)});
}
