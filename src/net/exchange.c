/* The reading half of net/server.h: bodies, and what is left of them. */
#include "net/server_inside.h"

#define DRAIN_BODY_BYTES (256 * 1024) /* of an unread body, to keep the connection */
#define LINGER_NS        (2 * NS_PER_S)

int exchange_read(struct exchange *x, struct span *ret)
{
	if (x->req->expects_continue && !x->continued && !http_body_ready(x->conn)) {
		struct iovec go_on = {(void *)(uintptr_t) "HTTP/1.1 100 Continue\r\n\r\n", 25};
		x->continued = true;
		int rc =
		    stream_write(http_stream(x->conn), &go_on, 1, deadline_in(x->options->write_timeout_ns));
		if (rc < 0)
			return rc;
	}
	int rc = http_read_body(x->conn, ret);
	if (rc == 0)
		x->body_in += ret->len;
	return rc;
}

int exchange_read_all(struct exchange *x, size_t max, struct span *ret)
{
	struct span piece;
	int rc = exchange_read(x, &piece);
	if (rc < 0)
		return rc;
	if (piece.len > max || (x->req->has_length && x->req->length > max))
		return -E_TOO_LARGE;
	if (x->req->has_length && piece.len == x->req->length) {
		*ret = piece;
		return 0;
	}
	struct buf *body = arena_one(x->arena, struct buf);
	*body = buf_new(max);
	arena_defer(x->arena, (void (*)(void *))buf_free, body);
	while (piece.len) {
		buf_append(body, piece);
		rc = buf_status(body);
		if (rc == 0)
			rc = exchange_read(x, &piece);
		if (rc < 0)
			return rc;
	}
	*ret = buf_span(body);
	return 0;
}

/* Reads on a little after an answer to a request that was not read whole: a close with unread bytes would
 * reset the connection and could take the answer with it. */
static void linger(struct exchange *x)
{
	char bytes[4096];
	struct stream *s = http_stream(x->conn);
	uint64_t until = deadline_in(LINGER_NS);
	size_t total = 0;
	stream_shut(s);
	while (total < DRAIN_BODY_BYTES * 4) {
		ssize_t n = stream_read(s, bytes, sizeof bytes, until);
		if (n <= 0)
			break;
		total += (size_t)n;
	}
}

static bool drain_body(struct exchange *x)
{
	struct span piece;
	uint64_t left = DRAIN_BODY_BYTES;
	if (x->req->has_length && x->req->length - x->body_in > left)
		return false;
	while (!http_message_done(x->conn)) {
		if (http_try_body(x->conn, &piece) < 0 || piece.len > left)
			return false;
		x->body_in += piece.len;
		left -= piece.len;
	}
	return true;
}

void exchange_finish_body(struct exchange *x)
{
	if (drain_body(x))
		return;
	x->keep_alive = false;
	linger(x);
}

static int status_of_failure(int rc)
{
	switch (rc) {
	case -E_HTTP:
		return 400;
	case -E_TOO_LARGE:
		return 431;
	case -E_TIMEOUT:
		return 408;
	case -E_FULL:
		return 503;
	default:
		return 0; /* the client is gone: nobody to tell */
	}
}

void exchange_refuse(struct exchange *x, int rc)
{
	static const struct http_head nothing = {.method = METHOD_OTHER};
	int status = http_any_byte(x->conn) ? status_of_failure(rc) : 0;
	const char *why = rc == -E_HTTP   ? http_error(x->conn)
	                  : rc == -E_FULL ? "too many connections, and all of them are busy"
	                                  : result_text(rc);
	x->req = &nothing;
	x->keep_alive = false;
	x->failure = why;
	if (status == 0)
		return;
	struct span body = x->options->refusal(x, status, why);
	reply_begin(x, status);
	reply_header(x, SPAN("content-type"), SPAN("application/json"));
	if (rc == -E_FULL)
		reply_header(x, SPAN("retry-after"), SPAN("1"));
	reply_length(x, body.len);
	if (reply_write(x, body) == 0 && reply_end(x) == 0)
		linger(x);
}
