#include "store/server.h"

#include <stdlib.h>

#include "base/secret.h"
#include "net/gzip.h"
#include "net/server.h"
#include "rt/blocking.h"
#include "json/write.h"

#define BODY_MAX        ((size_t)512 << 20) /* as sent, and inflated */
#define GZIP_MIN_BYTES  1024                /* the service leaves small answers as they are */
#define QUEUE_DEPTH     4096
#define CONNECTIONS_MAX 4096

struct store_server {
	struct store *st;
	struct blocking_pool *pool;
	struct server *server;
	struct span api_key;
	struct server_options options;
};

/* One request, as the pool sees it. */
struct job {
	struct store *st;
	struct store_request req;
	bool inflate, deflate;
	struct store_reply reply;
	struct buf inflated, deflated;
	bool is_deflated;
};

static bool inflate_body(struct job *j)
{
	if (!j->inflate)
		return true;
	j->inflated = buf_new(BODY_MAX);
	int rc = gzip_inflate(j->req.body, &j->inflated);
	j->req.body = buf_span(&j->inflated);
	if (rc == -E_TOO_LARGE)
		store_reply_error(&j->reply, 413, SPAN("the body is larger than 512 MB once it is inflated"));
	else if (rc < 0)
		store_reply_error(&j->reply, 400, SPAN("the body is not valid gzip"));
	return rc == 0;
}

static void deflate_reply(struct job *j)
{
	struct span body = buf_span(&j->reply.body);
	if (!j->deflate || body.len <= GZIP_MIN_BYTES)
		return;
	j->deflated = buf_new(body.len);
	j->is_deflated = gzip_deflate(body, &j->deflated) == 0;
}

static void run_job(void *arg)
{
	struct job *j = arg;
	if (inflate_body(j))
		store_handle(j->st, &j->req, &j->reply);
	deflate_reply(j);
}

#define SLOW_TICK_NS (20 * NS_PER_MS)

/* The body at so many bytes per second. */
static int write_slowly(struct exchange *x, struct span body, uint64_t bytes_per_s)
{
	uint64_t begin_ns = time_mono_ns(), sent = 0;
	int rc = 0;
	while (rc == 0 && body.len) {
		uint64_t due = (time_mono_ns() - begin_ns) * bytes_per_s / NS_PER_S + 1;
		size_t n = due > sent ? (size_t)(due - sent) : 0;
		struct span piece = span_of(body.ptr, n < body.len ? n : body.len);
		rc = reply_write(x, piece);
		body = span_skip(body, piece.len);
		sent += piece.len;
		if (rc == 0 && body.len)
			rc = coro_sleep_until(deadline_in(SLOW_TICK_NS));
	}
	return rc;
}

static void send_body(struct exchange *x, struct span body, const struct delivery *d)
{
	if (d->cut == CUT_BODY)
		body.len = body.len * d->cut_permille / 1000;
	int rc = d->bytes_per_s ? write_slowly(x, body, d->bytes_per_s) : reply_write(x, body);
	if (rc < 0 || d->cut)
		reply_abort(x, "simulated");
	else
		(void)!reply_end(x);
}

static void send_reply(struct exchange *x, struct job *j)
{
	struct span body = buf_span(j->is_deflated ? &j->deflated : &j->reply.body);
	const struct delivery *d = &j->reply.delivery;
	if ((d->ready_ns && coro_sleep_until(d->ready_ns) < 0) || d->cut == CUT_HEAD) {
		reply_abort(x, "simulated");
		return;
	}
	reply_begin(x, j->reply.status);
	reply_header(x, SPAN("content-type"), span_str(j->reply.content_type));
	if (j->is_deflated)
		reply_header(x, SPAN("content-encoding"), SPAN("gzip"));
	if (j->reply.status == 401)
		reply_header(x, SPAN("www-authenticate"), SPAN("Bearer"));
	for (size_t i = 0; i < d->headers_len; i++)
		reply_header(x, d->headers[i].name, d->headers[i].value);
	reply_length(x, body.len);
	send_body(x, body, d);
}

static bool let_in(const struct store_server *s, const struct http_head *req)
{
	struct span value = http_value(req, SPAN("authorization"));
	if (!s->api_key.len)
		return true;
	if (value.len < 7 || !span_eq_nocase(span_of(value.ptr, 7), SPAN("bearer ")))
		return false;
	return secret_eq(s->api_key, span_trim(span_skip(value, 7)));
}

/* Whether the client takes gzip: it is listed, and not with q=0. */
static bool takes_gzip(const struct http_head *req)
{
	struct span list = http_value(req, SPAN("accept-encoding"));
	while (list.len) {
		struct span item = span_cut(&list, ','), name = span_trim(span_cut(&item, ';'));
		struct span q = span_trim(item);
		if (span_eq_nocase(name, SPAN("gzip")))
			return !span_eq(q, SPAN("q=0")) && !span_starts(q, SPAN("q=0.0"));
	}
	return false;
}

/* Whether an answer that comes later is welcome (RFC 7240). */
static bool takes_operation(const struct http_head *req)
{
	struct span list = http_value(req, SPAN("prefer"));
	while (list.len) {
		if (span_eq_nocase(span_trim(span_cut(&list, ',')), SPAN("respond-async")))
			return true;
	}
	return false;
}

/* Everything that can be refused without the store; otherwise j is ready to run. */
static bool prepare(struct store_server *s, struct exchange *x, struct job *j)
{
	struct span encoding = http_value(x->req, SPAN("content-encoding"));
	j->inflate = span_eq_nocase(encoding, SPAN("gzip"));
	if (!let_in(s, x->req)) {
		store_reply_error(&j->reply, 401, SPAN("missing or invalid API key"));
		return false;
	}
	if (encoding.len && !j->inflate && !span_eq_nocase(encoding, SPAN("identity"))) {
		store_reply_error(&j->reply, 415, SPAN("the only content-encoding that is accepted is gzip"));
		return false;
	}
	int rc = exchange_read_all(x, BODY_MAX, &j->req.body);
	if (rc == -E_TOO_LARGE)
		store_reply_error(&j->reply, 413, SPAN("the body is larger than 512 MB"));
	else if (rc < 0)
		reply_abort(x, "body");
	return rc == 0;
}

static void handle(struct exchange *x)
{
	struct store_server *s = x->ctx;
	struct job j = {.st = s->st,
	    .req = {.method = http_method_name(x->req->method),
	        .path = x->req->path,
	        .query = x->req->query,
	        .arena = x->arena,
	        .respond_async = takes_operation(x->req)},
	    .deflate = takes_gzip(x->req)};
	if (span_eq(j.req.path, SPAN("/health")) && x->req->method == METHOD_GET) {
		reply_whole(x, 200, SPAN("application/json"), SPAN("{\"status\":\"ok\"}"));
		return;
	}
	if (prepare(s, x, &j) && blocking_run(s->pool, run_job, &j) < 0)
		store_reply_error(&j.reply, 503, SPAN("too many requests are waiting"));
	if (j.reply.status)
		send_reply(x, &j);
	buf_free(&j.reply.body);
	buf_free(&j.inflated);
	buf_free(&j.deflated);
}

/* A request that never became one: malformed, too slow, too large. */
static struct span refusal(struct exchange *x, int status, const char *why)
{
	struct buf body = buf_new(4096);
	buf_lit(&body, "{\"status\":\"error\",\"error\":");
	json_put_string(&body, span_str(why));
	buf_lit(&body, "}");
	struct span copy = arena_copy(x->arena, buf_span(&body));
	buf_free(&body);
	return copy;
}

int store_server_new(struct loop *l, struct store *st, const struct store_server_options *opts,
    struct store_server **ret_server, uint16_t *ret_port)
{
	struct store_server *s = calloc(1, sizeof *s);
	if (!s)
		return -E_NOMEM;
	*s = (struct store_server){.st = st,
	    .api_key = opts->api_key,
	    .options = {.limits = {.head_max = HTTP_HEAD_MAX,
	                    .body_max = BODY_MAX,
	                    .piece_ns = 30 * NS_PER_S,
	                    .grace_ns = 30 * NS_PER_S,
	                    .min_rate = 1024},
	        .head_timeout_ns = 30 * NS_PER_S,
	        .idle_timeout_ns = 120 * NS_PER_S,
	        .write_timeout_ns = 60 * NS_PER_S,
	        .connections_max = CONNECTIONS_MAX,
	        .handler = handle,
	        .refusal = refusal,
	        .ctx = s}};
	int rc = blocking_pool_new(opts->threads, QUEUE_DEPTH, &s->pool);
	int fd = rc < 0 ? rc : server_bind(opts->host, opts->port, false, ret_port);
	rc = fd < 0 ? fd : server_new(l, fd, &s->options, &s->server);
	if (rc < 0)
		store_server_free(s);
	else
		*ret_server = s;
	return rc;
}

void store_server_drain(struct store_server *s, uint64_t deadline_ns)
{
	(void)!server_drain(s->server, 0, deadline_ns);
}

void store_server_free(struct store_server *s)
{
	if (!s)
		return;
	server_free(s->server);
	blocking_pool_free(s->pool);
	free(s);
}
