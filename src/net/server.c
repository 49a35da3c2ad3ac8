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

#define ACCEPT_BATCH     64
#define ACCEPT_PAUSE_NS  (100 * NS_PER_MS) /* when there is no descriptor, and nobody to make room */
#define DRAIN_BODY_BYTES (256 * 1024)      /* of an unread body, to keep the connection */
#define LINGER_NS        (2 * NS_PER_S)
#define DRAIN_IDLE_NS    NS_PER_S /* for one more request, whose answer says that it is the last */
#define HEAD_PATIENCE_NS NS_PER_S /* before a connection that owes a head makes room for others */
#define EXCESS_MAX       64 /* connections past the limit: most find room before they ask for something */
#define REPLY_HEAD_MAX   (64 * 1024)
#define UNSENT_MAX       (128 * 1024) /* that the kernel holds of an answer which its client does not take */
#define BACKLOG          4096
#define SPARES_MAX       256 /* arenas and reply heads */

enum conn_state {
	CONN_OWING, /* new, or inside of a head: has not brought the request that it came for */
	CONN_IDLE,  /* between requests */
	CONN_BUSY,  /* its request is being worked on */
	CONN_STATES
};

struct conn {
	struct conn *prev, *next; /* in server->lists[state] */
	enum conn_state state;
	bool in_excess;    /* came past the limit: is answered with 503 if that still holds */
	uint64_t since_ns; /* in that state */
	struct server *server;
	struct http_conn *http;
	struct coro *coro; /* NULL while it waits for a first byte */
	struct timer idle_timer;
};

struct conn_list {
	struct conn *first, *last; /* the first has been in it for longest */
};

struct server {
	uv_poll_t accept_poll;
	struct timer accept_pause;
	struct loop *loop;
	const struct server_options *options;
	int fd; /* -1 once drained */
	bool accepting, listening, closing, poll_closed;
	struct conn_list lists[CONN_STATES];
	_Atomic unsigned count; /* read by other threads, too */
	_Atomic uint64_t made_room, turned_away;
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

static void conn_link(struct conn *c, enum conn_state state)
{
	struct conn_list *l = &c->server->lists[state];
	c->state = state;
	c->since_ns = loop_now_ns();
	c->prev = l->last;
	c->next = NULL;
	*(l->last ? &l->last->next : &l->first) = c;
	l->last = c;
}

static void conn_unlink(struct conn *c)
{
	struct conn_list *l = &c->server->lists[c->state];
	*(c->prev ? &c->prev->next : &l->first) = c->next;
	*(c->next ? &c->next->prev : &l->last) = c->prev;
}

static void conn_set_state(struct conn *c, enum conn_state to)
{
	conn_unlink(c);
	conn_link(c, to);
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

static unsigned accepted_max(const struct server *s)
{
	return s->options->connections_max + EXCESS_MAX;
}

/* The one place where a connection ends. */
static void conn_close(struct conn *c)
{
	struct server *s = c->server;
	timer_stop(s->loop, &c->idle_timer);
	conn_unlink(c);
	http_conn_free(c->http);
	free(c);
	s->count--;
	if (s->count == 0 && s->drainer)
		coro_wake(s->drainer, 0);
	set_accepting(s, s->listening && s->count < accepted_max(s));
}

static void on_first_byte(void *ctx)
{
	struct conn *c = ctx;
	timer_rest(c->server->loop, &c->idle_timer);
	conn_set_state(c, CONN_OWING);
	stream_watch(http_stream(c->http), NULL, NULL);
	c->coro = coro_start(c->server->loop, serve, c);
	if (!c->coro) /* no room for a stack */
		conn_close(c);
}

/* Closes it unless a request has just come: one that crosses the close on its way is lost to its client. */
static bool conn_close_idle(struct conn *c)
{
	if (stream_has_bytes(http_stream(c->http))) {
		on_first_byte(c);
		return false;
	}
	conn_close(c);
	return true;
}

static void on_idle_timeout(struct timer *t)
{
	struct conn *c = (struct conn *)((char *)t - offsetof(struct conn, idle_timer));
	stream_give_up(http_stream(c->http));
	conn_close_idle(c);
}

/* Waits for the first byte of a request. */
static void conn_await(struct conn *c)
{
	struct server *s = c->server;
	c->coro = NULL;
	timer_start(s->loop, &c->idle_timer,
	    deadline_in(s->closing && s->options->idle_timeout_ns > DRAIN_IDLE_NS
	                    ? DRAIN_IDLE_NS
	                    : s->options->idle_timeout_ns));
	stream_watch(http_stream(c->http), on_first_byte, c);
}

static void conn_rest(struct conn *c)
{
	conn_set_state(c, CONN_IDLE);
	conn_await(c);
}

/* Somebody goes for the sake of a newcomer: who owes a request for longer than anybody does in good faith,
 * else who has been idle for longest. False if all are busy. */
static bool make_room(struct server *s)
{
	struct conn *owing = s->lists[CONN_OWING].first, *idle;
	if (owing && owing->since_ns + HEAD_PATIENCE_NS < loop_now_ns()) {
		s->made_room++;
		if (owing->coro) {
			conn_set_state(owing, CONN_BUSY); /* until its coroutine has ended */
			coro_cancel(owing->coro);
		} else {
			conn_close_idle(owing);
		}
		return true;
	}
	while ((idle = s->lists[CONN_IDLE].first)) {
		if (conn_close_idle(idle)) {
			s->made_room++;
			return true;
		}
	}
	return false;
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
	c->in_excess = s->count >= s->options->connections_max && !make_room(s);
	s->count++;
	conn_link(c, CONN_OWING);
	conn_await(c);
}

static void on_accept_pause_over(struct timer *t)
{
	struct server *s = (struct server *)((char *)t - offsetof(struct server, accept_pause));
	set_accepting(s, s->listening);
}

static void pause_accepting(struct server *s)
{
	set_accepting(s, false);
	timer_start(s->loop, &s->accept_pause, deadline_in(ACCEPT_PAUSE_NS));
}

static void accept_some(struct server *s, int most)
{
	for (int i = 0; i < most; i++) {
		if (s->count >= accepted_max(s) && !make_room(s)) {
			pause_accepting(s);
			return;
		}
		int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			accept_one(s, fd);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			pause_accepting(s);
			make_room(s); /* whoever goes lets accepting go on */
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
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
	int unsent_max = UNSENT_MAX; /* connections take it over from their listening socket */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_max, sizeof unsent_max);
	s->listening = true;
	set_accepting(s, true);
	*ret = s;
	return 0;
}

struct server_counts server_counts(const struct server *s)
{
	return (struct server_counts){
	    .connections = s->count, .made_room = s->made_room, .turned_away = s->turned_away};
}

static void on_accept_closed(uv_handle_t *handle)
{
	struct server *s = handle->data;
	s->poll_closed = true;
	if (s->drainer)
		coro_wake(s->drainer, 0);
}

/* Who is in the backlog has been told by the kernel that it is connected: it is served once. (A process that
 * listens on the same socket finds nothing missing.) */
static void stop_listening(struct server *s)
{
	accept_some(s, BACKLOG);
	s->listening = false;
	set_accepting(s, false);
	timer_stop(s->loop, &s->accept_pause);
	uv_close((uv_handle_t *)&s->accept_poll, on_accept_closed);
	close(s->fd);
	s->fd = -1;
}

/* Who waits for a request may send one more, now that its answer says to close. */
static void hurry_idle(struct server *s)
{
	for (enum conn_state state = CONN_OWING; state <= CONN_IDLE; state++) {
		for (struct conn *c = s->lists[state].first, *next; c; c = next) {
			next = c->next;
			if (c->coro)
				continue;
			if (stream_peer_gone(http_stream(c->http)))
				conn_close(c);
			else if (c->idle_timer.deadline_ns > deadline_in(DRAIN_IDLE_NS))
				timer_start(s->loop, &c->idle_timer, deadline_in(DRAIN_IDLE_NS));
		}
	}
}

static void cancel_all(struct server *s)
{
	for (enum conn_state state = CONN_OWING; state < CONN_STATES; state++) {
		for (struct conn *c = s->lists[state].first, *next; c; c = next) {
			next = c->next;
			if (c->coro)
				coro_cancel(c->coro);
			else
				conn_close(c);
		}
	}
}

int server_drain(struct server *s, uint64_t delay_ns, uint64_t deadline_ns)
{
	int rc = 0;
	s->closing = true;
	if (delay_ns)
		(void)!coro_sleep_until(deadline_in(delay_ns));
	s->drainer = coro_self();
	stop_listening(s);
	hurry_idle(s);
	while (s->count && rc == 0)
		rc = coro_wait(deadline_ns);
	cancel_all(s);
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
	case -E_FULL:
		return 503;
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
	x->keep_alive = x->req->keep_alive;
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
	if (s->arenas.len < SPARES_MAX)
		vec_push(&s->arenas, a);
	else
		arena_free(a);
}

static void give_head(struct server *s, struct buf *head)
{
	buf_clear(head);
	if (s->heads.len < SPARES_MAX)
		vec_push(&s->heads, *head);
	else
		buf_free(head);
}

static bool still_in_excess(struct conn *c)
{
	struct server *s = c->server;
	c->in_excess = c->in_excess && s->count > s->options->connections_max;
	s->turned_away += c->in_excess;
	return c->in_excess;
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
	    .closing = &s->closing,
	};
	int rc = http_read_head(c->http, METHOD_OTHER, x.began_ns + s->options->head_timeout_ns, &x.req);
	if (rc == 0 && still_in_excess(c))
		rc = -E_FULL;
	conn_set_state(c, CONN_BUSY);
	if (rc == 0)
		run_handler(c, &x);
	else
		refuse(&x, rc);
	if (s->options->finished && (rc == 0 || x.status))
		s->options->finished(&x);
	give_arena(s, x.arena);
	give_head(s, &head);
	return x.keep_alive && !coro_cancelled(c->coro);
}

static void serve(void *arg)
{
	struct conn *c = arg;
	while (serve_one(c)) {
		if (!http_next(c->http)) {
			conn_rest(c);
			return;
		}
		conn_set_state(c, CONN_OWING); /* the next request has begun to come */
	}
	conn_close(c);
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
