/* A stream and its peer on one loop, over a pair of sockets whose buffers are small. */
#include "../test.h"

#include <stdlib.h>
#include <unistd.h>

#include "net/stream.h"

#define MUCH (1 << 20) /* far more than the sockets hold */

static struct loop *loop;
static struct stream *here, *there;
static char *much;

static int setup(void **state)
{
	int pair[2], small = 8192;
	alarm(60); /* a failed assertion leaves its coroutine by longjmp: the loop may not end after it */
	much = malloc(MUCH);
	for (size_t i = 0; i < MUCH; i++)
		much[i] = (char)(i % 251);
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	for (int i = 0; i < 2; i++)
		setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	assert_int_equal(stream_new(loop, pair[0], &here), 0);
	assert_int_equal(stream_new(loop, pair[1], &there), 0);
	return 0;
}

static int teardown(void **state)
{
	stream_close(here);
	stream_close(there);
	loop_free(loop);
	free(much);
	return 0;
}

static void run(void (*fn)(void *))
{
	coro_start(loop, fn, NULL);
	loop_run(loop);
}

/* Lets the loop turn until all that can happen without time passing has happened. */
static void settle(void)
{
	for (int i = 0; i < 50; i++)
		assert_int_equal(coro_yield(), 0);
}

static int say(struct stream *s, struct span text)
{
	struct iovec v = {(void *)(uintptr_t)text.ptr, text.len};
	return stream_write(s, &v, 1, deadline_in(5 * NS_PER_S));
}

static struct span hear(struct stream *s)
{
	static char text[64];
	ssize_t n = stream_read(s, text, sizeof text, deadline_in(5 * NS_PER_S));
	assert_true(n >= 0);
	return span_of(text, (size_t)n);
}

/* What a coroutine beside the test writes, and how that ended. */
struct writing {
	struct group group;
	struct coro *coro;
	bool listening, ended;
	uint64_t deadline_ns;
	int rc;
};

/* All of `much`, in pieces of uneven sizes, one of them empty. */
static void write_much(void *arg)
{
	struct writing *w = arg;
	struct iovec pieces[] = {{much, 1}, {much + 1, 0}, {much + 1, 70000}, {much + 70001, MUCH - 70001}};
	w->coro = coro_self();
	w->rc = w->listening ? stream_write_listening(here, pieces, 4, w->deadline_ns)
	                     : stream_write(here, pieces, 4, w->deadline_ns);
	w->ended = true;
}

/* Starts it and lets it come as far as the sockets allow. */
static void start_writing(struct writing *w, bool listening, uint64_t ns)
{
	*w = (struct writing){.listening = listening, .deadline_ns = deadline_in(ns)};
	group_start(&w->group, write_much, w);
	settle();
	assert_false(w->ended);
	assert_in_range(stream_bytes_out(here), 1, MUCH - 1);
}

static int end_of(struct writing *w)
{
	assert_int_equal(group_join(&w->group, deadline_in(10 * NS_PER_S)), 0);
	assert_true(w->ended);
	return w->rc;
}

static void read_much(void)
{
	static char got[10000];
	for (size_t at = 0; at < MUCH;) {
		ssize_t n = stream_read(there, got, sizeof got, deadline_in(5 * NS_PER_S));
		assert_true(n > 0 && at + (size_t)n <= MUCH);
		assert_memory_equal(got, much + at, (size_t)n);
		at += (size_t)n;
	}
}

static void slow_reader(void *arg)
{
	struct writing w;
	start_writing(&w, false, 10 * NS_PER_S);
	read_much();
	assert_int_equal(end_of(&w), 0);
	assert_int_equal(stream_bytes_out(here), MUCH);
	assert_int_equal(stream_bytes_in(there), MUCH);
	loop_stop(loop);
}

static void write_deadline(void *arg)
{
	struct writing w;
	start_writing(&w, false, 500 * NS_PER_MS);
	assert_int_equal(end_of(&w), -E_TIMEOUT);
	loop_stop(loop);
}

static void write_cancelled(void *arg)
{
	struct writing w;
	start_writing(&w, false, 10 * NS_PER_S);
	coro_cancel(w.coro);
	assert_int_equal(end_of(&w), -E_CANCELLED);
	loop_stop(loop);
}

static void peer_leaves_writer(void *arg)
{
	struct writing w;
	start_writing(&w, false, 10 * NS_PER_S);
	stream_close(there);
	there = NULL;
	assert_int_equal(end_of(&w), -E_CLOSED);
	loop_stop(loop);
}

static void early_answer(void *arg)
{
	struct writing w;
	start_writing(&w, true, 10 * NS_PER_S);
	assert_int_equal(say(there, SPAN("early")), 0);
	assert_int_equal(end_of(&w), -E_AGAIN);
	assert_span(hear(here), "early");
	loop_stop(loop);
}

/* A writer that does not listen goes on, and the word is still there afterwards. */
static void unheard_answer(void *arg)
{
	struct writing w;
	start_writing(&w, false, 10 * NS_PER_S);
	assert_int_equal(say(there, SPAN("early")), 0);
	settle();
	assert_false(w.ended);
	read_much();
	assert_int_equal(end_of(&w), 0);
	assert_span(hear(here), "early");
	loop_stop(loop);
}

static void listening_to_silence(void *arg)
{
	struct writing w;
	start_writing(&w, true, 10 * NS_PER_S);
	read_much();
	assert_int_equal(end_of(&w), 0);
	loop_stop(loop);
}

/* As long as the peer takes everything, what it said can wait. */
static void listening_without_need(void *arg)
{
	struct iovec v = {much, 100};
	assert_int_equal(say(there, SPAN("word")), 0);
	settle();
	assert_true(stream_peer_spoke(here));
	assert_int_equal(stream_write_listening(here, &v, 1, deadline_in(NS_PER_S)), 0);
	assert_span(hear(here), "word");
	assert_false(stream_peer_spoke(here));
	loop_stop(loop);
}

static void reads(void *arg)
{
	char c;
	assert_int_equal(stream_read(here, &c, 1, deadline_in(5 * NS_PER_MS)), -E_TIMEOUT);
	assert_int_equal(stream_await(here, deadline_in(5 * NS_PER_MS)), -E_TIMEOUT);
	assert_false(stream_readable(here));
	assert_int_equal(say(there, SPAN("ab")), 0);
	assert_int_equal(stream_await(here, deadline_in(NS_PER_S)), 0);
	assert_int_equal(stream_read(here, &c, 1, deadline_in(NS_PER_S)), 1);
	assert_true(stream_readable(here)); /* it took less than there was */
	assert_int_equal(stream_read(here, &c, 1, deadline_in(NS_PER_S)), 1);
	assert_int_equal(c, 'b');
	assert_false(stream_peer_gone(here));
	stream_shut(there);
	assert_int_equal(stream_read(here, &c, 1, deadline_in(NS_PER_S)), 0);
	assert_true(stream_peer_gone(here));
	assert_int_equal(say(here, SPAN("still")), 0); /* it only said that it will not send */
	assert_span(hear(there), "still");
	coro_cancel(coro_self());
	assert_int_equal(stream_read(there, &c, 1, deadline_in(NS_PER_S)), -E_CANCELLED);
	loop_stop(loop);
}

static unsigned calls;

static void on_watch(void *ctx)
{
	assert_null(coro_self());
	assert_ptr_equal(ctx, here);
	calls++;
}

/* Once per stream_watch(); what was said stays to be read. */
static void watch_once(void *arg)
{
	calls = 0;
	stream_watch(here, on_watch, here);
	settle();
	assert_int_equal(calls, 0);
	assert_int_equal(say(there, SPAN("one")), 0);
	settle();
	assert_int_equal(calls, 1);
	assert_int_equal(say(there, SPAN("two")), 0);
	settle();
	assert_int_equal(calls, 1);
	assert_span(hear(here), "onetwo");
	stream_watch(here, on_watch, here);
	assert_int_equal(say(there, SPAN("three")), 0);
	settle();
	assert_int_equal(calls, 2);
	assert_span(hear(here), "three");
	loop_stop(loop);
}

static void watch_dropped(void *arg)
{
	calls = 0;
	stream_watch(here, on_watch, here);
	stream_watch(here, NULL, NULL);
	assert_int_equal(say(there, SPAN("x")), 0);
	settle();
	assert_int_equal(calls, 0);
	assert_span(hear(here), "x");
	loop_stop(loop);
}

static void watch_end(void *arg)
{
	calls = 0;
	stream_watch(here, on_watch, here);
	stream_close(there);
	there = NULL;
	settle();
	assert_int_equal(calls, 1);
	assert_true(stream_peer_gone(here));
	loop_stop(loop);
}

static void say_later(void *arg)
{
	settle();
	assert_int_equal(say(there, SPAN("later")), 0);
}

/* A coroutine that waits comes before the watch. */
static void watch_beside_reader(void *arg)
{
	struct group g = {0};
	calls = 0;
	stream_watch(here, on_watch, here);
	group_start(&g, say_later, NULL);
	assert_span(hear(here), "later");
	assert_int_equal(group_join(&g, deadline_in(NS_PER_S)), 0);
	assert_int_equal(calls, 0);
	loop_stop(loop);
}

#define STREAM_TEST(name)                                                                                    \
	static void name##_test(void **state)                                                                \
	{                                                                                                    \
		run(name);                                                                                   \
	}
#define TESTS(X)                                                                                             \
	X(slow_reader)                                                                                       \
	X(write_deadline)                                                                                    \
	X(write_cancelled)                                                                                   \
	X(peer_leaves_writer)                                                                                \
	X(early_answer)                                                                                      \
	X(unheard_answer)                                                                                    \
	X(listening_to_silence)                                                                              \
	X(listening_without_need)                                                                            \
	X(reads)                                                                                             \
	X(watch_once)                                                                                        \
	X(watch_dropped)                                                                                     \
	X(watch_end)                                                                                         \
	X(watch_beside_reader)

TESTS(STREAM_TEST)

int main(void)
{
#define X(name) cmocka_unit_test_setup_teardown(name##_test, setup, teardown),
	const struct CMUnitTest tests[] = {TESTS(X)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
