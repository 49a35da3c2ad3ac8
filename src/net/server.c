#include "net/server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "base/vec.h"

#define ACCEPT_BATCH        64
#define ACCEPT_PAUSE_NS     (100 * NS_PER_MS) /* when the process is out of descriptors */
#define DRAIN_BODY_BYTES    (256 * 1024)      /* of an unread body, to keep the connection */
#define LINGER_NS           (2 * NS_PER_S)
#define DRAIN_FIRST_BYTE_NS (500 * NS_PER_MS)
#define REPLY_HEAD_MAX      (64 * 1024)
#define BACKLOG             4096
#define SPARE_ARENAS_MAX    256

enum conn_state {
	CONN_IDLE, /* server->idle: waits for the first byte of a request */
	CONN_BUSY, /* server->busy: its coroutine runs */
};

struct conn {
	struct conn *prev, *next;
	enum conn_state state;
	struct server *server;
	struct http_conn *http;
	struct coro *coro;
	struct timer idle_timer;
};

struct server {
	uv_poll_t accept_poll;
	struct timer accept_pause;
	struct loop *loop;
	const struct server_options *options;
	int fd; /* -1 once drained */
	bool accepting, draining, poll_closed;
	struct conn *idle, *busy;
	_Atomic unsigned count; /* read by other threads, too */
	struct coro *drainer;
	VEC(struct arena *) arenas;
	VEC(struct buf) heads;
};

static void serve(void *arg);
static void on_acceptable(uv_poll_t *handle, int status, int events);

/* --- listening --- */

static socklen_t parse_address(const char *host, uint16_t port, struct sockaddr_storage *addr)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
	memset(addr, 0, sizeof *addr);
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof *v4;
	}
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		return sizeof *v6;
	}
	return 0;
}

int server_bind(const char *host, uint16_t port, bool shared, uint16_t *ret_port)
{
	struct sockaddr_storage addr;
	socklen_t len = parse_address(host, port, &addr);
	int one = 1;
	if (len == 0)
		return -E_INVALID;
	int fd = socket(addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return result_from_errno(errno);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (shared)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&addr, len) < 0 || listen(fd, BACKLOG) < 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &len) < 0) {
		int rc = errno == EADDRINUSE ? -E_BUSY : result_from_errno(errno);
		close(fd);
		return rc;
	}
	*ret_port = ntohs(addr.ss_family == AF_INET ? ((struct sockaddr_in *)&addr)->sin_port
	                                            : ((struct sockaddr_in6 *)&addr)->sin6_port);
	return fd;
}

/* --- connections --- */

/* The one place where a connection changes its list. */
static void conn_set_state(struct conn *c, enum conn_state to)
{
	struct conn **from_list = c->state == CONN_IDLE ? &c->server->idle : &c->server->busy;
	struct conn **to_list = to == CONN_IDLE ? &c->server->idle : &c->server->busy;
	if (c->prev)
		c->prev->next = c->next;
	else if (*from_list == c)
		*from_list = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->state = to;
	c->prev = NULL;
	c->next = *to_list;
	if (c->next)
		c->next->prev = c;
	*to_list = c;
}

static void set_accepting(struct server *s, bool on)
{
	if (s->accepting == on || s->fd < 0)
		return;
	s->accepting = on;
	if (on)
		uv_poll_start(&s->accept_poll, UV_READABLE, on_acceptable);
	else
		uv_poll_stop(&s->accept_poll);
}

/* The one place where a connection ends. */
static void conn_close(struct conn *c)
{
	struct server *s = c->server;
	timer_stop(s->loop, &c->idle_timer);
	if (c->prev)
		c->prev->next = c->next;
	else if (c->state == CONN_IDLE)
		s->idle = c->next;
	else
		s->busy = c->next;
	if (c->next)
		c->next->prev = c->prev;
	http_conn_free(c->http);
	free(c);
	s->count--;
	if (s->count == 0 && s->drainer)
		coro_wake(s->drainer, 0);
	set_accepting(s, !s->draining && s->count < s->options->connections_max);
}

static void on_first_byte(void *ctx)
{
	struct conn *c = ctx;
	timer_rest(c->server->loop, &c->idle_timer);
	conn_set_state(c, CONN_BUSY);
	c->coro = coro_start(c->server->loop, serve, c);
}

static void on_idle_timeout(struct timer *t)
{
	conn_close((struct conn *)((char *)t - offsetof(struct conn, idle_timer)));
}

static void conn_rest(struct conn *c)
{
	struct server *s = c->server;
	conn_set_state(c, CONN_IDLE);
	timer_start(s->loop, &c->idle_timer, deadline_in(s->options->idle_timeout_ns));
	stream_watch(http_stream(c->http), on_first_byte, c);
}

static void accept_one(struct server *s, int fd)
{
	struct stream *stream;
	if (stream_new(s->loop, fd, &stream) < 0)
		return;
	struct conn *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->server = s;
	c->http = http_conn_new(stream, HTTP_SERVER, &s->options->limits);
	c->idle_timer.fn = on_idle_timeout;
	c->next = s->idle;
	if (c->next)
		c->next->prev = c;
	s->idle = c;
	s->count++;
	conn_rest(c);
}

static void on_accept_pause_over(struct timer *t)
{
	struct server *s = (struct server *)((char *)t - offsetof(struct server, accept_pause));
	set_accepting(s, !s->draining);
}

static void accept_some(struct server *s, int most)
{
	for (int i = 0; i < most && s->count < s->options->connections_max; i++) {
		int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			accept_one(s, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			set_accepting(s, false);
			timer_start(s->loop, &s->accept_pause, deadline_in(ACCEPT_PAUSE_NS));
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
	if (s->count >= s->options->connections_max)
		set_accepting(s, false);
}

static void on_acceptable(uv_poll_t *handle, int status, int events)
{
	accept_some(handle->data, ACCEPT_BATCH);
}

int server_new(struct loop *l, int fd, const struct server_options *options, struct server **ret)
{
	struct server *s = calloc(1, sizeof *s);
	int rc = s ? uv_poll_init(loop_uv(l), &s->accept_poll, fd) : UV_ENOMEM;
	if (rc < 0) {
		close(fd);
		free(s);
		return result_from_errno(-rc);
	}
	s->loop = l;
	s->fd = fd;
	s->options = options;
	s->accept_poll.data = s;
	s->accept_pause.fn = on_accept_pause_over;
	set_accepting(s, true);
	*ret = s;
	return 0;
}

unsigned server_connections(const struct server *s)
{
	return s->count;
}

static void on_accept_closed(uv_handle_t *handle)
{
	struct server *s = handle->data;
	s->poll_closed = true;
	if (s->drainer)
		coro_wake(s->drainer, 0);
}

int server_drain(struct server *s, uint64_t deadline_ns)
{
	int rc = 0;
	/* Who is in the backlog has been told by the kernel that it is connected: serve it once. */
	accept_some(s, BACKLOG);
	s->draining = true;
	set_accepting(s, false);
	timer_stop(s->loop, &s->accept_pause);
	uv_close((uv_handle_t *)&s->accept_poll, on_accept_closed);
	close(s->fd);
	s->fd = -1;
	s->drainer = coro_self();
	for (struct conn *c = s->idle, *next; c; c = next) {
		next = c->next;
		if (!stream_readable(http_stream(c->http)) || stream_peer_gone(http_stream(c->http)))
			conn_close(c);
		else /* it may have been accepted this moment */
			timer_start(s->loop, &c->idle_timer, deadline_in(DRAIN_FIRST_BYTE_NS));
	}
	while (s->count && rc == 0)
		rc = coro_wait(deadline_ns);
	if (s->count) {
		while (s->idle)
			conn_close(s->idle);
		for (struct conn *c = s->busy; c; c = c->next)
			coro_cancel(c->coro);
	}
	while (s->count || !s->poll_closed) {
		int again = coro_wait(deadline_in(NS_PER_S));
		if (again == -E_CANCELLED)
			break;
	}
	s->drainer = NULL;
	return rc;
}

static void on_unused_closed(uv_handle_t *handle)
{
	free(handle->data);
}

void server_free(struct server *s)
{
	if (!s)
		return;
	vec_each (&s->arenas, a)
		arena_free(*a);
	vec_free(&s->arenas);
	vec_each (&s->heads, b)
		buf_free(b);
	vec_free(&s->heads);
	if (s->fd < 0) {
		free(s);
	} else { /* never drained: it has not served */
		set_accepting(s, false);
		close(s->fd);
		uv_close((uv_handle_t *)&s->accept_poll, on_unused_closed);
	}
}

/* --- requests --- */

/* The client sent something, or left, while its request is being worked on. */
static void on_unexpected(void *ctx)
{
	struct conn *c = ctx;
	if (stream_peer_gone(http_stream(c->http)))
		coro_cancel(c->coro);
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
	default:
		return 0; /* the client is gone: nobody to tell */
	}
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

/* Answers what never became a request, and ends the connection. */
static void refuse(struct exchange *x, int rc)
{
	static const struct http_head nothing = {.method = METHOD_OTHER};
	int status = status_of_failure(rc);
	const char *why = rc == -E_HTTP ? http_error(x->conn) : result_text(rc);
	x->req = &nothing;
	x->keep_alive = false;
	x->failure = why;
	if (status == 0 || !http_any_byte(x->conn))
		return;
	if (reply_whole(x, status, SPAN("application/json"), x->options->refusal(x, status, why)) == 0)
		linger(x);
}

static bool drain_body(struct exchange *x)
{
	struct span piece;
	uint64_t left = DRAIN_BODY_BYTES;
	if (x->req->has_length && x->req->length - x->body_in > left)
		return false;
	while (!http_message_done(x->conn)) {
		bool whole =
		    x->req->has_length && x->body_in == x->req->length; /* its end takes no more bytes */
		if ((!whole && !http_body_ready(x->conn)) || exchange_read(x, &piece) < 0 || piece.len > left)
			return false;
		left -= piece.len;
	}
	return true;
}

static void run_handler(struct conn *c, struct exchange *x)
{
	x->keep_alive = x->req->keep_alive && !c->server->draining;
	stream_watch(http_stream(c->http), on_unexpected, c);
	x->options->handler(x);
	stream_watch(http_stream(c->http), NULL, NULL);
	assert(x->state != REPLY_NONE || coro_cancelled(c->coro));
	if (x->state != REPLY_DONE)
		x->keep_alive = false;
	else if (!drain_body(x)) {
		x->keep_alive = false;
		linger(x);
	}
}

static struct arena *take_arena(struct server *s)
{
	return s->arenas.len ? s->arenas.at[--s->arenas.len] : arena_new();
}

static void give_arena(struct server *s, struct arena *a)
{
	arena_reset(a);
	if (s->arenas.len < SPARE_ARENAS_MAX)
		vec_push(&s->arenas, a);
	else
		arena_free(a);
}

/* One request. Returns whether the connection can carry another. */
static bool serve_one(struct conn *c)
{
	struct server *s = c->server;
	struct buf head = s->heads.len ? s->heads.at[--s->heads.len] : buf_new(REPLY_HEAD_MAX);
	struct exchange x = {
	    .conn = c->http,
	    .loop = s->loop,
	    .options = s->options,
	    .ctx = s->options->ctx,
	    .began_ns = time_mono_ns(),
	    .arena = take_arena(s),
	    .head = &head,
	};
	int rc = http_read_head(c->http, METHOD_OTHER, x.began_ns + s->options->head_timeout_ns, &x.req);
	if (rc == 0)
		run_handler(c, &x);
	else
		refuse(&x, rc);
	if (s->options->finished && (rc == 0 || x.status))
		s->options->finished(&x);
	give_arena(s, x.arena);
	buf_clear(&head);
	vec_push(&s->heads, head);
	return x.keep_alive && !coro_cancelled(c->coro);
}

static void serve(void *arg)
{
	struct conn *c = arg;
	do {
		if (!serve_one(c)) {
			conn_close(c);
			return;
		}
	} while (http_next(c->http)); /* the next request has come already */
	conn_rest(c);
}

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
