#include "remote/turbopuffer/upstream.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/secret.h"
#include "base/vec.h"

#define OWN_HEADERS_MAX 16384
#define HEAD_MAX        (HTTP_HEAD_MAX + OWN_HEADERS_MAX)

struct upstream {
	unsigned refs;
	struct client *client;
	bool tls;
	uint16_t port;
	struct upstream_options options;
	struct buf prefix;      /* of the target */
	struct buf own_headers; /* Host and Authorization */
	VEC(struct buf) heads;  /* spare buffers */
	unsigned inflight;
};

static void put_own_headers(struct buf *b, const struct url *url, struct span credential)
{
	buf_lit(b, "host: ");
	url_put_authority(b, url);
	buf_lit(b, "\r\nauthorization: Bearer ");
	buf_append(b, credential);
	buf_lit(b, "\r\n");
}

struct upstream *upstream_new(
    struct loop *l, const struct url *url, struct span credential, const struct upstream_options *options)
{
	struct upstream *u = calloc(1, sizeof *u);
	if (!u)
		abort();
	u->refs = 1;
	u->tls = url->tls;
	u->port = url->port;
	u->client = client_new(l, url, &options->client);
	u->options = *options;
	u->prefix = buf_new(OWN_HEADERS_MAX);
	buf_append(&u->prefix, url->path);
	u->own_headers = buf_new(OWN_HEADERS_MAX);
	put_own_headers(&u->own_headers, url, credential);
	return u;
}

bool upstream_serves(const struct upstream *u, const struct url *url, struct span credential)
{
	struct buf headers = buf_new(OWN_HEADERS_MAX);
	put_own_headers(&headers, url, credential);
	bool same = u->tls == url->tls && u->port == url->port && span_eq(buf_span(&u->prefix), url->path) &&
	            span_eq(buf_span(&u->own_headers), buf_span(&headers));
	secret_wipe(headers.ptr, headers.cap);
	buf_free(&headers);
	return same;
}

struct upstream *upstream_ref(struct upstream *u)
{
	u->refs++;
	return u;
}

void upstream_unref(struct upstream *u)
{
	if (!u || --u->refs)
		return;
	client_free(u->client);
	vec_each (&u->heads, b) {
		secret_wipe(b->ptr, b->cap);
		buf_free(b);
	}
	vec_free(&u->heads);
	if (u->own_headers.ptr)
		secret_wipe(u->own_headers.ptr, u->own_headers.cap);
	buf_free(&u->own_headers);
	buf_free(&u->prefix);
	free(u);
}

unsigned upstream_inflight(const struct upstream *u)
{
	return u->inflight;
}

static void put_head(const struct upstream *u, const struct upstream_request *req, struct buf *b)
{
	buf_append(b, req->method);
	buf_byte(b, ' ');
	buf_append(b, buf_span(&u->prefix));
	buf_append(b, req->target);
	buf_lit(b, " HTTP/1.1\r\n");
	buf_append(b, buf_span(&u->own_headers));
	req->put_headers(req->ctx, b);
	if (req->body.chunked) {
		buf_lit(b, "transfer-encoding: chunked\r\n");
	} else if (req->body.present) {
		buf_lit(b, "content-length: ");
		buf_u64(b, req->body.length);
		buf_lit(b, "\r\n");
	}
	buf_lit(b, "\r\n");
}

/* How far the sending of a request got. */
enum sent {
	SENT_PART,
	SENT_ALL,
	SENT_ANSWERED, /* the store spoke before it had everything */
	SENT_BODY_FAILED,
};

struct sending {
	struct upstream *u;
	const struct upstream_request *req;
	struct stream *stream;
	struct buf *head; /* head_len bytes, and then maybe the first piece of the body */
	size_t head_len;
	struct span first; /* piece of the body, read before anything was sent */
	bool whole;        /* …and it is all of it */
	int rc;
};

static int send_piece(struct sending *s, bool with_head, struct span piece)
{
	char size[20];
	struct iovec v[4];
	int n = 0;
	bool framed = s->req->body.chunked && piece.len;
	if (with_head) {
		if (!framed && buf_join(s->head, piece))
			piece = SPAN_NONE;
		v[n++] = (struct iovec){s->head->ptr, s->head->len};
	}
	if (framed)
		v[n++] = (struct iovec){size, (size_t)snprintf(size, sizeof size, "%zx\r\n", piece.len)};
	if (piece.len)
		v[n++] = (struct iovec){(void *)(uintptr_t)piece.ptr, piece.len};
	if (framed)
		v[n++] = (struct iovec){(void *)(uintptr_t) "\r\n", 2};
	return stream_write_listening(s->stream, v, n, deadline_in(s->u->options.write_timeout_ns));
}

static enum sent send_result(struct sending *s, int rc)
{
	s->rc = rc;
	return rc == -E_AGAIN ? SENT_ANSWERED : SENT_PART;
}

/* Sends head and body. A body that lies ready goes out with the head in one write. */
static enum sent send_request(struct sending *s)
{
	const struct upstream_body *body = &s->req->body;
	struct span piece = s->first;
	bool with_head = true;
	uint64_t left = body->chunked ? UINT64_MAX : body->length;
	for (;;) {
		int rc = send_piece(s, with_head, piece);
		if (rc < 0)
			return send_result(s, rc);
		with_head = false;
		left -= piece.len;
		if (left == 0 || (body->chunked && piece.len == 0))
			break;
		/* Only a store that refuses the request speaks before it is complete. */
		if (stream_peer_spoke(s->stream))
			return SENT_ANSWERED;
		rc = body->read(body->ctx, &piece);
		if (rc < 0) {
			s->rc = rc;
			return SENT_BODY_FAILED;
		}
	}
	if (body->chunked) {
		struct iovec end = {(void *)(uintptr_t) "0\r\n\r\n", 5};
		int rc =
		    stream_write_listening(s->stream, &end, 1, deadline_in(s->u->options.write_timeout_ns));
		if (rc < 0)
			return send_result(s, rc);
	}
	return SENT_ALL;
}

/* One attempt over one connection. */
static void attempt(struct upstream *u, struct sending *s, bool fresh, struct upstream_answer *a)
{
	*a = (struct upstream_answer){.outcome = UPSTREAM_NOT_SENT};
	a->rc = client_take(u->client, fresh, deadline_in(u->options.answer_timeout_ns), &a->conn);
	if (a->rc < 0)
		return;
	s->stream = http_stream(a->conn->http);
	s->head->len = s->head_len;
	enum sent sent = send_request(s);
	a->body_read = sent == SENT_ALL;
	if (sent == SENT_BODY_FAILED) {
		a->outcome = UPSTREAM_BODY;
		a->rc = s->rc;
		return;
	}
	if (sent == SENT_PART && s->rc == -E_CANCELLED) {
		a->rc = s->rc;
		return;
	}
	/* Also after a failed write: what the store said before it closed may lie there. */
	uint64_t deadline = deadline_in(sent == SENT_PART ? NS_PER_S : u->options.answer_timeout_ns);
	a->rc = http_read_head(a->conn->http, s->req->kind, deadline, &a->head);
	if (a->rc == 0)
		a->outcome = UPSTREAM_ANSWERED;
	else if (a->rc == -E_HTTP || a->rc == -E_TOO_LARGE)
		a->outcome = UPSTREAM_MALFORMED;
	else if (sent == SENT_ALL)
		a->outcome = UPSTREAM_UNKNOWN;
}

static bool died_idle(const struct upstream_answer *a)
{
	return a->conn && a->conn->reused && !http_any_byte(a->conn->http) &&
	       (a->rc == -E_EOF || a->rc == -E_CLOSED || a->rc == -E_IO);
}

void upstream_call(struct upstream *u, const struct upstream_request *req, struct upstream_answer *ret)
{
	struct buf head = u->heads.len ? u->heads.at[--u->heads.len] : buf_new(HEAD_MAX);
	struct sending s = {.u = u, .req = req, .head = &head};
	uint64_t began = time_mono_ns();
	u->inflight++;
	put_head(u, req, &head);
	s.head_len = head.len;
	*ret = (struct upstream_answer){.outcome = UPSTREAM_NOT_SENT, .rc = buf_status(&head)};
	bool has_body = req->body.chunked || req->body.length;
	if (ret->rc == 0 && has_body) {
		ret->rc = req->body.read(req->body.ctx, &s.first);
		if (ret->rc < 0)
			ret->outcome = UPSTREAM_BODY;
	}
	s.whole = !has_body || (!req->body.chunked && s.first.len == req->body.length);
	if (ret->rc == 0)
		attempt(u, &s, false, ret);
	/* The peer closed an idle connection just as we used it. What was not sent whole did not apply; what
	 * was may be sent again only if it reads. */
	if (ret->outcome != UPSTREAM_ANSWERED && s.whole && died_idle(ret) &&
	    (ret->outcome == UPSTREAM_NOT_SENT || req->replayable)) {
		client_give(ret->conn, false);
		attempt(u, &s, true, ret);
	}
	ret->waited_ns = time_mono_ns() - began;
	if (ret->outcome != UPSTREAM_ANSWERED) {
		client_give(ret->conn, false);
		ret->conn = NULL;
		u->inflight--;
	}
	buf_clear(&head);
	vec_push(&u->heads, head);
	ret->upstream = u;
}

int upstream_read(struct upstream_answer *a, struct span *ret)
{
	return http_read_body(a->conn->http, ret);
}

void upstream_finish(struct upstream_answer *a)
{
	bool clean = a->body_read && http_message_done(a->conn->http) && a->head->keep_alive;
	client_give(a->conn, clean);
	a->conn = NULL;
	a->upstream->inflight--;
}
