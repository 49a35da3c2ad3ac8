#include "../test.h"

#include <stdlib.h>

#include "rt/coro.h"

static struct loop *loop;
static struct virtual_clock virtual_time;
static char trace[256];

static int setup(void **state)
{
	virtual_time = (struct virtual_clock){.mono_ns = 1000, .wall_ns = 5000};
	trace[0] = '\0';
	return loop_new_virtual(&virtual_time, &loop);
}

static int teardown(void **state)
{
	loop_free(loop);
	return 0;
}

static void note(const char *s)
{
	strncat(trace, s, sizeof trace - strlen(trace) - 1);
}

struct sleeper {
	const char *name;
	uint64_t ns;
	int rc;
};

static void sleep_and_note(void *arg)
{
	struct sleeper *s = arg;
	s->rc = coro_sleep_until(deadline_in(s->ns));
	note(s->name);
}

static void sleeps_end_in_order(void **state)
{
	struct sleeper sleepers[] = {{"c", 3 * NS_PER_S, -1}, {"a", NS_PER_S, -1}, {"b", 2 * NS_PER_S, -1}};
	for (size_t i = 0; i < COUNT(sleepers); i++)
		coro_start(loop, sleep_and_note, &sleepers[i]);
	loop_run(loop);
	assert_string_equal(trace, "abc");
	assert_int_equal(virtual_time.mono_ns, 1000 + 3 * NS_PER_S);
	assert_int_equal(virtual_time.wall_ns, 5000 + 3 * NS_PER_S);
	assert_int_equal(sleepers[0].rc, 0);
}

struct named_timer {
	struct timer timer;
	const char *name;
};

static void note_timer(struct timer *t)
{
	note(((struct named_timer *)t)->name);
}

/* Each row starts a timer at these seconds one after the other, 0 standing for a rest. */
static void timers_move(void **state)
{
	static const struct {
		const char *name;
		unsigned seconds[4];
		unsigned starts;
	} rows[] = {
	    {"a", {1}, 1},
	    {"b", {9, 2}, 2},    /* earlier than it was */
	    {"c", {1, 3}, 2},    /* later */
	    {"d", {1, 0, 4}, 3}, /* again after a rest */
	    {"e", {5, 0, 9, 5}, 4},
	    {"-", {2, 0}, 2}, /* never */
	    {"f", {1, 8, 7, 6}, 4},
	};
	struct named_timer timers[COUNT(rows)] = {0};
	for (size_t i = 0; i < COUNT(rows); i++) {
		timers[i] = (struct named_timer){.timer.fn = note_timer, .name = rows[i].name};
		for (unsigned k = 0; k < rows[i].starts; k++) {
			if (rows[i].seconds[k])
				timer_start(loop, &timers[i].timer, 1000 + rows[i].seconds[k] * NS_PER_S);
			else
				timer_rest(loop, &timers[i].timer);
		}
	}
	loop_run(loop);
	assert_string_equal(trace, "abcdef");
	assert_int_equal(virtual_time.mono_ns, 1000 + 6 * NS_PER_S);
}

/* What rests does not keep time going, and a stopped timer's memory may go. */
static void a_resting_timer_holds_nothing_up(void **state)
{
	struct named_timer *t = malloc(sizeof *t);
	assert_non_null(t);
	*t = (struct named_timer){.timer.fn = note_timer, .name = "x"};
	timer_start(loop, &t->timer, 1000 + NS_PER_S);
	timer_rest(loop, &t->timer);
	loop_run(loop);
	assert_int_equal(virtual_time.mono_ns, 1000);
	timer_start(loop, &t->timer, 1000 + NS_PER_S);
	timer_rest(loop, &t->timer);
	timer_stop(loop, &t->timer);
	free(t);
	loop_run(loop);
	assert_string_equal(trace, "");
}

struct waiter {
	struct coro *coro;
	uint64_t deadline_ns;
	int rc, again;
};

static void wait_twice(void *arg)
{
	struct waiter *w = arg;
	w->rc = coro_wait(w->deadline_ns);
	w->again = coro_wait(deadline_in(NS_PER_S));
}

static void wake_it(void *arg)
{
	struct waiter *w = arg;
	coro_wake(w->coro, 7);
	coro_wake(w->coro, 8); /* it is ready already: without effect */
}

static void cancel_it(void *arg)
{
	struct waiter *w = arg;
	coro_cancel(w->coro);
}

static void a_wait_ends_in_three_ways(void **state)
{
	struct waiter woken = {.deadline_ns = DEADLINE_NONE}, late = {.deadline_ns = 2000},
	              cancelled = {.deadline_ns = DEADLINE_NONE};
	woken.coro = coro_start(loop, wait_twice, &woken);
	late.coro = coro_start(loop, wait_twice, &late);
	cancelled.coro = coro_start(loop, wait_twice, &cancelled);
	coro_start(loop, wake_it, &woken);
	coro_start(loop, cancel_it, &cancelled);
	loop_run(loop);
	assert_int_equal(woken.rc, 7);
	assert_int_equal(woken.again, -E_TIMEOUT);
	assert_int_equal(late.rc, -E_TIMEOUT);
	assert_int_equal(cancelled.rc, -E_CANCELLED);
	assert_int_equal(cancelled.again, -E_CANCELLED);
}

struct fan {
	uint64_t deadline_ns;
	struct sleeper legs[3];
	int rc;
};

static void fan_out(void *arg)
{
	struct fan *f = arg;
	struct group g = {0};
	for (size_t i = 0; i < COUNT(f->legs); i++)
		group_start(&g, sleep_and_note, &f->legs[i]);
	f->rc = group_join(&g, f->deadline_ns);
	note("|");
}

static void a_join_waits_for_all(void **state)
{
	struct fan f = {.deadline_ns = DEADLINE_NONE, .legs = {{"1", 30, -1}, {"2", 10, -1}, {"3", 20, -1}}};
	coro_start(loop, fan_out, &f);
	loop_run(loop);
	assert_string_equal(trace, "231|");
	assert_int_equal(f.rc, 0);
}

static void a_late_join_cancels_the_rest(void **state)
{
	struct fan f = {.deadline_ns = 1015, .legs = {{"1", 30, -1}, {"2", 10, -1}, {"3", 20, -1}}};
	coro_start(loop, fan_out, &f);
	loop_run(loop);
	assert_int_equal(f.rc, -E_TIMEOUT);
	assert_int_equal(f.legs[0].rc, -E_CANCELLED);
	assert_int_equal(f.legs[1].rc, 0);
	assert_int_equal(f.legs[2].rc, -E_CANCELLED);
	assert_int_equal(trace[strlen(trace) - 1], '|');
	assert_int_equal(virtual_time.mono_ns, 1015);
}

static void yield_lets_others_run(void *arg)
{
	for (int i = 0; i < 3; i++) {
		note(arg);
		assert_int_equal(coro_yield(), 0);
	}
}

static void yields_take_turns(void **state)
{
	static char a[] = "a", b[] = "b";
	coro_start(loop, yield_lets_others_run, a);
	coro_start(loop, yield_lets_others_run, b);
	loop_run(loop);
	assert_string_equal(trace, "ababab");
}

static void start_many(void *arg)
{
	struct sleeper *s = arg;
	for (int i = 0; i < 3000; i++)
		coro_start(loop, sleep_and_note, &s[i]);
}

/* More than are kept spare, started from inside of one, each with a deadline of its own. */
static void thousands(void **state)
{
	struct sleeper *s = calloc(3000, sizeof *s);
	for (int i = 0; i < 3000; i++)
		s[i] = (struct sleeper){.name = "", .ns = (uint64_t)(i * 7919 % 3000), .rc = -1};
	coro_start(loop, start_many, s);
	loop_run(loop);
	for (int i = 0; i < 3000; i++)
		assert_int_equal(s[i].rc, 0);
	assert_int_equal(virtual_time.mono_ns, 1000 + 2999);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(sleeps_end_in_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(timers_move, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_resting_timer_holds_nothing_up, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_wait_ends_in_three_ways, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_join_waits_for_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_late_join_cancels_the_rest, setup, teardown),
	    cmocka_unit_test_setup_teardown(yields_take_turns, setup, teardown),
	    cmocka_unit_test_setup_teardown(thousands, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
