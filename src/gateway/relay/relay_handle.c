#include "gateway/relay/relay.h"

#include "gateway/edge/request.h"
#include "gateway/relay/relay_headers.h"
#include "gateway/worker.h"

static int read_client_body(void *ctx, struct span *ret)
{
	struct request *r = ctx;
	int rc = exchange_read(r->x, ret);
	if (rc == 0 && r->route->flags & TIMED_QUERY && !http_find(r->x->req, SPAN("content-encoding")))
		query_look_at(&r->query, *ret, r->x->req->has_length ? r->x->req->length : UINT64_MAX);
	return rc;
}

static struct upstream_body body_of(struct exchange *x)
{
	return (struct upstream_body){
	    .read = read_client_body,
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
	struct request *r = ctx;
	relay_put_request_headers(r->x->req, r->route->flags & PREFER, out);
	put_trace(r, out);
}

/* The client's side failed while its body was read. */
static void answer_bad_body(struct request *r, int rc)
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

static void answer_failure(struct request *r, const struct upstream_answer *a)
{
	r->upstream_failed = a->outcome != UPSTREAM_BODY && a->rc != -E_CANCELLED;
	if (a->rc == -E_CANCELLED)
		reply_abort(r->x, "client closed the connection");
	else if (a->outcome == UPSTREAM_BODY)
		answer_bad_body(r, a->rc);
	else if (a->outcome == UPSTREAM_UNKNOWN)
		request_error(r, ERROR_UPSTREAM_TIMEOUT,
		    "outcome unknown: the request was sent and the store did not answer (%s)",
		    result_text(a->rc));
	else if (a->outcome == UPSTREAM_MALFORMED)
		request_error(r, ERROR_UPSTREAM_ERROR, "the store's answer is not sound HTTP");
	else
		request_error(r, ERROR_UPSTREAM_ERROR, "the store cannot be reached: %s", result_text(a->rc));
}

static void put_answer_head(struct request *r, const struct http_head *head)
{
	struct exchange *x = r->x;
	reply_begin(x, head->status);
	for (unsigned i = 0; i < head->header_count; i++) {
		struct http_header h = head->headers[i];
		if (!relay_keeps_answer_header(head, h.name))
			continue;
		if (head->status == 202 && span_eq_nocase(h.name, SPAN("location")))
			h.value = relay_local_location(x->arena, h.value);
		reply_header(x, h.name, h.value);
	}
	request_put_headers(r);
	if (head->status == 204 || head->status == 304)
		reply_length(x, 0);
	else if (head->chunked || !head->has_length)
		reply_chunked(x);
	else
		reply_length(x, head->length);
}

/* Sends the answer on as it comes. */
static void relay_answer(struct request *r, struct upstream_answer *a)
{
	struct exchange *x = r->x;
	struct span piece;
	put_answer_head(r, a->head);
	for (;;) {
		int rc = upstream_read(a, &piece);
		if (rc < 0) { /* the status is out: only a broken connection can still tell */
			r->upstream_failed = rc != -E_CANCELLED;
			reply_abort(x, rc == -E_CANCELLED ? "client closed the connection"
			                                  : "the store's answer was cut off");
			return;
		}
		if (piece.len == 0)
			break;
		if (reply_write(x, piece) < 0)
			return;
	}
	(void)!reply_end(x);
}

void relay_handle(struct request *r)
{
	struct exchange *x = r->x;
	struct upstream_request req = {
	    .method = http_method_name(r->route->method), /* HEAD asks as GET: not every store serves it */
	    .kind = r->route->method,
	    .target = x->req->target,
	    .put_headers = put_headers,
	    .ctx = r,
	    .body = body_of(x),
	    .replayable = r->route->scope == SCOPE_READ,
	};
	struct upstream_answer answer;
	metric_add(r->worker->inflight, 1);
	upstream_call(r->upstream, &req, &answer);
	metric_add(r->worker->inflight, -1);
	r->upstream_ns = answer.waited_ns;
	if (answer.outcome != UPSTREAM_ANSWERED) {
		answer_failure(r, &answer);
		return;
	}
	r->upstream_failed = answer.head->status >= 500;
	if (!answer.body_read)
		x->keep_alive = false; /* the rest of the request is of no use to anybody */
	relay_answer(r, &answer);
	upstream_finish(&answer);
}
