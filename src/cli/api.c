#include "cli/api.h"

#include <stdlib.h>

#include "base/arena.h"
#include "net/client.h"
#include "net/tls.h"

#define HEAD_BYTES_MAX 8192

struct api {
	struct loop *loop;
	struct tls_client *tls;
	struct client *client;
	struct span key;
	struct url base;
	struct arena *arena;
};

struct exchange {
	struct api *api;
	const char *method;
	struct span path, body;
	uint64_t deadline_ns;
	struct buf *answer;
	int status, rc;
};

int api_new(struct span base_url, struct span key, struct api **ret)
{
	struct client_options options = {
	    .limits = {.head_max = HTTP_HEAD_MAX,
	        .body_max = UINT64_MAX,
	        .piece_ns = 60 * NS_PER_S,
	        .grace_ns = 60 * NS_PER_S,
	        .min_rate = 1024},
	    .connect_timeout_ns = 10 * NS_PER_S,
	    .idle_timeout_ns = 30 * NS_PER_S,
	    .connections_max = 1,
	};
	struct arena *a = arena_new();
	struct api *api = arena_one(a, struct api);
	api->arena = a;
	api->key = arena_copy(a, key);
	int rc = url_parse(arena_copy(a, base_url), &api->base, NULL);
	if (rc == 0 && api->base.tls)
		rc = tls_client_new(NULL, &api->tls);
	if (rc == 0)
		rc = loop_new(&api->loop);
	if (rc < 0) {
		api_free(api);
		return rc;
	}
	options.tls = api->tls;
	api->client = client_new(api->loop, &api->base, &options);
	*ret = api;
	return 0;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	client_free(api->client);
	loop_free(api->loop);
	tls_client_free(api->tls);
	arena_free(api->arena);
}

static void put_head(struct buf *out, const struct exchange *x)
{
	const struct url *base = &x->api->base;
	buf_printf(out, "%s %.*s%.*s HTTP/1.1\r\nHost: ", x->method, SPAN_FMT(base->path), SPAN_FMT(x->path));
	url_put_authority(out, base);
	buf_printf(out, "\r\nUser-Agent: layer/" LAYER_VERSION "\r\nAccept: application/json\r\n");
	if (x->api->key.len)
		buf_printf(out, "Authorization: Bearer %.*s\r\n", SPAN_FMT(x->api->key));
	if (x->body.len)
		buf_printf(out, "Content-Type: application/json\r\nContent-Length: %zu\r\n", x->body.len);
	buf_lit(out, "\r\n");
}

static int send_request(struct stream *s, const struct exchange *x)
{
	struct buf head = buf_new(HEAD_BYTES_MAX);
	put_head(&head, x);
	struct iovec pieces[] = {
	    {head.ptr, head.len},
	    {(void *)(uintptr_t)x->body.ptr, x->body.len},
	};
	int rc = buf_status(&head);
	if (rc == 0)
		rc = stream_write(s, pieces, x->body.len ? 2 : 1, x->deadline_ns);
	buf_free(&head);
	return rc;
}

static int read_answer(struct http_conn *c, struct exchange *x, bool *ret_keep)
{
	const struct http_head *head;
	int rc = http_read_head(c, METHOD_POST, x->deadline_ns, &head);
	if (rc < 0)
		return rc;
	x->status = head->status;
	*ret_keep = head->keep_alive;
	for (struct span piece = SPAN("."); rc == 0 && piece.len;) {
		rc = http_read_body(c, &piece);
		if (rc == 0)
			buf_append(x->answer, piece);
	}
	http_next(c);
	return rc < 0 ? rc : buf_status(x->answer);
}

/* A kept connection may have been closed by the peer meanwhile; then a fresh one is tried, once. */
static void exchange_run(void *arg)
{
	struct exchange *x = arg;
	for (bool fresh = false, again = true; again; fresh = true) {
		struct client_conn *conn;
		bool keep = false;
		buf_clear(x->answer);
		x->rc = client_take(x->api->client, fresh, x->deadline_ns, &conn);
		if (x->rc < 0)
			break;
		x->rc = send_request(http_stream(conn->http), x);
		if (x->rc == 0)
			x->rc = read_answer(conn->http, x, &keep);
		again = x->rc < 0 && x->rc != -E_TIMEOUT && conn->reused && !http_any_byte(conn->http);
		client_give(conn, x->rc == 0 && keep);
	}
	loop_stop(x->api->loop);
}

int api_call(struct api *api, const char *method, struct span path, struct span body, uint64_t timeout_ns,
    int *ret_status, struct buf *answer)
{
	struct exchange x = {.api = api,
	    .method = method,
	    .path = path,
	    .body = body,
	    .deadline_ns = deadline_in(timeout_ns),
	    .answer = answer};
	if (!coro_start(api->loop, exchange_run, &x))
		return -E_NOMEM;
	loop_run(api->loop);
	if (x.rc == 0)
		*ret_status = x.status;
	return x.rc;
}
