#include "net/server.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "base/vec.h"
#include "net/server_inside.h"

#define ACCEPT_BATCH     64
#define ACCEPT_PAUSE_NS  (100 * NS_PER_MS) /* when there is no descriptor, and nobody to make room */
#define DRAIN_IDLE_NS    NS_PER_S          /* for one more request, whose answer says that it is the last */
#define HEAD_PATIENCE_NS NS_PER_S          /* before a connection that owes a head makes room for others */
#define EXCESS_MAX       64 /* connections past the limit: most find room before they ask for something */
#define REPLY_HEAD_MAX   (64 * 1024)
#define UNSENT_MAX       (128 * 1024) /* that the kernel holds of an answer which its client does not take */
#define SPARES_MAX       256          /* arenas and reply heads */

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
	bool in_head;      /* has sent a part of a head */
	uint64_t since_ns; /* in that state */
	uint64_t began_ns; /* the request */
	struct server *server;
	struct http_conn *http;
	struct coro *coro;  /* NULL while it waits for bytes of a head */
	struct timer timer; /* for them: idle, or inside of a head */
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

/* --- connections --- */

static void conn_link(struct conn *c, enum conn_state state)
{
	struct conn_list *l = &c->server->lists[state];
	c->state = state;
	c->since_ns = loop_now_ns();
	c->prev = l->last;
	c->next = NULL;
	if (l->last)
		l->last->next = c;
	else
		l->first = c;
	l->last = c;
}

static void conn_unlink(struct conn *c)
{
	struct conn_list *l = &c->server->lists[c->state];
	if (l->first == c)
		l->first = c->next;
	else
		c->prev->next = c->next;
	if (l->last == c)
		l->last = c->prev;
	else
		c->next->prev = c->prev;
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
	timer_stop(s->loop, &c->timer);
	conn_unlink(c);
	http_conn_free(c->http);
	free(c);
	s->count--;
	if (s->count == 0 && s->drainer)
		coro_wake(s->drainer, 0);
	set_accepting(s, s->listening && s->count < accepted_max(s));
}

static void on_bytes_of_head(void *ctx)
{
	struct conn *c = ctx;
	timer_rest(c->server->loop, &c->timer);
	stream_watch(http_stream(c->http), NULL, NULL);
	c->coro = coro_start(c->server->loop, serve, c);
	if (!c->coro) /* no room for a stack */
		conn_close(c);
}

static void begin_request(struct conn *c)
{
	conn_set_state(c, CONN_OWING);
	c->in_head = true;
	c->began_ns = time_mono_ns();
}

static void on_first_byte(void *ctx)
{
	begin_request(ctx);
	on_bytes_of_head(ctx);
}

/* Closes it unless a request has just come: one that crosses the close on its way is lost to its client. */
static bool conn_close_idle(struct conn *c)
{
	if (!c->in_head && stream_has_bytes(http_stream(c->http))) {
		on_first_byte(c);
		return false;
	}
	conn_close(c);
	return true;
}

static void on_timeout(struct timer *t)
{
	struct conn *c = (struct conn *)((char *)t - offsetof(struct conn, timer));
	if (c->in_head) { /* to be told so */
		on_bytes_of_head(c);
		return;
	}
	stream_give_up(http_stream(c->http));
	conn_close_idle(c);
}

/* Waits for the rest of a head, without a coroutine: those who never send it cost next to nothing. */
static void conn_park(struct conn *c)
{
	struct server *s = c->server;
	c->coro = NULL;
	timer_start(s->loop, &c->timer, c->began_ns + s->options->head_timeout_ns);
	stream_watch(http_stream(c->http), on_bytes_of_head, c);
}

/* Waits for the first byte of a request. */
static void conn_await(struct conn *c)
{
	struct server *s = c->server;
	c->coro = NULL;
	c->in_head = false;
	timer_start(s->loop, &c->timer,
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
	struct conn *owing = s->lists[CONN_OWING].first, *idle = s->lists[CONN_IDLE].first;
	bool made = true;
	/* The analyzer does not see that whoever was closed before has left the lists. */
	if (owing &&
	    owing->since_ns + HEAD_PATIENCE_NS < loop_now_ns()) { // NOLINT(clang-analyzer-unix.Malloc)
		if (owing->coro) {
			conn_set_state(owing, CONN_BUSY); /* until its coroutine has ended */
			coro_cancel(owing->coro);
		} else {
			made = conn_close_idle(owing);
		}
	} else {
		made = idle && conn_close_idle(idle); // NOLINT(clang-analyzer-unix.Malloc)
	}
	s->made_room += made;
	return made;
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
	c->timer.fn = on_timeout;
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
			if (c->coro || c->in_head)
				continue;
			if (stream_peer_gone(http_stream(c->http)))
				conn_close(c);
			else if (c->timer.deadline_ns > deadline_in(DRAIN_IDLE_NS))
				timer_start(s->loop, &c->timer, deadline_in(DRAIN_IDLE_NS));
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

static void run_handler(struct conn *c, struct exchange *x)
{
	x->keep_alive = x->req->keep_alive;
	stream_watch(http_stream(c->http), on_unexpected, c);
	x->options->handler(x);
	stream_watch(http_stream(c->http), NULL, NULL);
	assert(x->state != REPLY_NONE || coro_cancelled(c->coro));
	if (x->state != REPLY_DONE)
		x->keep_alive = false;
	else
		exchange_finish_body(x);
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

/* One request, whose head has been read (rc is 0) or not. Returns whether the connection can carry another.
 */
static bool serve_one(struct conn *c, int rc, const struct http_head *req)
{
	struct server *s = c->server;
	struct buf head = s->heads.len ? s->heads.at[--s->heads.len] : buf_new(REPLY_HEAD_MAX);
	struct exchange x = {
	    .conn = c->http,
	    .loop = s->loop,
	    .options = s->options,
	    .ctx = s->options->ctx,
	    .began_ns = c->began_ns,
	    .arena = take_arena(s),
	    .head = &head,
	    .closing = &s->closing,
	    .req = req,
	};
	if (rc == 0 && still_in_excess(c))
		rc = -E_FULL;
	conn_set_state(c, CONN_BUSY);
	c->in_head = false;
	if (rc == 0)
		run_handler(c, &x);
	else
		exchange_refuse(&x, rc);
	if (s->options->finished && (rc == 0 || x.status))
		s->options->finished(&x);
	give_arena(s, x.arena);
	give_head(s, &head);
	return x.keep_alive && !coro_cancelled(c->coro);
}

static void serve(void *arg)
{
	struct conn *c = arg;
	for (;;) {
		const struct http_head *req = NULL;
		uint64_t deadline_ns = c->began_ns + c->server->options->head_timeout_ns;
		int rc = http_try_head(c->http, deadline_ns, &req);
		if (rc == -E_AGAIN && time_mono_ns() < deadline_ns) {
			conn_park(c);
			return;
		}
		if (!serve_one(c, rc == -E_AGAIN ? -E_TIMEOUT : rc, req)) {
			conn_close(c);
			return;
		}
		if (!http_next(c->http)) {
			conn_rest(c);
			return;
		}
		begin_request(c); /* the next request has begun to come */
	}
}
