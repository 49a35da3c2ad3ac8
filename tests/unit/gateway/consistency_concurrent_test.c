#include "../test.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "gateway/consistency/consistency.h"

#define S   SPAN("store")
#define NS  SPAN("products")
#define SEC NS_PER_S

static struct virtual_clock now;
static unsigned wakes;

static void on_wake(void *ctx)
{
	wakes++;
}

static struct consistency *fresh(size_t capacity)
{
	const struct consistency_options options = {
	    .cadence = {1000, 60000},
	    .margin_ms = 500,
	    .capacity = capacity,
	    .lapse_ms = 900000,
	    .hold_ms = 60000,
	    .wake = on_wake,
	};
	now = (struct virtual_clock){1000 * SEC, 1700000000 * SEC};
	time_use_virtual(&now);
	wakes = 0;
	return consistency_new(&options);
}

static void pass(uint64_t ns)
{
	now.mono_ns += ns;
	now.wall_ns += ns;
}

static void end(struct consistency *c)
{
	consistency_free(c);
	time_use_virtual(NULL);
}

/* Polls what is due; false if nothing is. */
static bool poll_seen(struct consistency *c, enum watermark_state seen)
{
	struct consistency_task task;
	uint64_t when;
	if (!consistency_due(c, &task, &when))
		return false;
	task.poll.seen = seen;
	task.poll.filterable = true;
	consistency_polled(c, &task, false);
	return true;
}

static uint64_t next_due(struct consistency *c)
{
	struct consistency_task task;
	uint64_t when;
	assert_false(consistency_due(c, &task, &when));
	return when - now.mono_ns;
}

static void first_poll_is_at_once(void **state)
{
	struct consistency *c = fresh(10);
	assert_int_equal(consistency_read(c, S, NS).state, WATERMARK_UNKNOWN);
	assert_int_equal(wakes, 1);
	assert_true(poll_seen(c, WATERMARK_STABLE));
	struct watermark w = consistency_read(c, S, NS);
	assert_int_equal(w.state, WATERMARK_STABLE);
	assert_int_equal(w.at_ms, 1700000000ULL * 1000 - 500);
	assert_true(w.filterable);
	/* the stable pace, up to a tenth less */
	assert_in_range(next_due(c), 54 * SEC, 60 * SEC);
	pass(60 * SEC);
	assert_true(poll_seen(c, WATERMARK_UPDATING));
	assert_in_range(next_due(c), SEC * 9 / 10, SEC);
	assert_int_equal(consistency_peek(c, S, SPAN("another")).at_ms, 0);
	assert_int_equal(consistency_count(c), 1);
	end(c);
}

/* A write under way holds the watermark below its stamp, whenever it ends. */
static void writes_hold(void **state)
{
	struct consistency *c = fresh(10);
	uint64_t stamp = consistency_write_begin(c, S, NS);
	pass(5 * SEC);
	assert_true(poll_seen(c, WATERMARK_STABLE));
	assert_int_equal(consistency_peek(c, S, NS).at_ms, stamp - 1);
	consistency_write_end(c, S, NS, stamp, true);
	pass(SEC);
	assert_true(poll_seen(c, WATERMARK_STABLE));
	assert_true(consistency_peek(c, S, NS).at_ms > stamp);
	/* one of unknown fate: a minute from its begin */
	stamp = consistency_write_begin(c, S, NS);
	consistency_write_end(c, S, NS, stamp, false);
	for (int i = 0; i < 59; i++) {
		pass(SEC);
		assert_true(poll_seen(c, WATERMARK_STABLE));
		assert_int_equal(consistency_peek(c, S, NS).at_ms, stamp - 1);
	}
	pass(SEC);
	assert_true(poll_seen(c, WATERMARK_STABLE));
	assert_true(consistency_peek(c, S, NS).at_ms > stamp);
	end(c);
}

/* A write that ends makes a namespace of the stable pace due at once, and one that came during a poll keeps
 * the fast pace. */
static void writes_rearm(void **state)
{
	struct consistency *c = fresh(10);
	struct consistency_task task;
	uint64_t when;
	consistency_read(c, S, NS);
	assert_true(poll_seen(c, WATERMARK_STABLE));
	unsigned before = wakes;
	uint64_t stamp = consistency_write_begin(c, S, NS);
	consistency_write_end(c, S, NS, stamp, true);
	assert_int_equal(wakes, before + 1);
	/* the stamp is within the margin: the fast pace until the watermark has passed it */
	assert_true(poll_seen(c, WATERMARK_STABLE));
	assert_in_range(next_due(c), 0, SEC);
	pass(SEC);
	assert_true(consistency_due(c, &task, &when));
	stamp = consistency_write_begin(c, S, NS);
	consistency_write_end(c, S, NS, stamp, true);
	task.poll.seen = WATERMARK_STABLE;
	consistency_polled(c, &task, false);
	assert_in_range(next_due(c), 0, SEC);
	pass(SEC);
	assert_true(poll_seen(c, WATERMARK_STABLE));
	assert_true(consistency_peek(c, S, NS).at_ms >= stamp);
	assert_in_range(next_due(c), 54 * SEC, 60 * SEC);
	/* no burst: a namespace of the fast pace is not polled for every write */
	stamp = consistency_write_begin(c, S, NS);
	consistency_write_end(c, S, NS, stamp, true);
	assert_true(poll_seen(c, WATERMARK_UPDATING));
	stamp = consistency_write_begin(c, S, NS);
	consistency_write_end(c, S, NS, stamp, true);
	assert_true(next_due(c) > 0);
	end(c);
}

static void clock_never_runs_back(void **state)
{
	struct consistency *c = fresh(10);
	uint64_t first = consistency_write_begin(c, S, NS);
	now.wall_ns -= 3600 * SEC;
	assert_int_equal(consistency_write_begin(c, S, NS), first);
	assert_int_equal(consistency_clock_ms(c), first);
	now.wall_ns += 3601 * SEC;
	assert_int_equal(consistency_write_begin(c, S, NS), first + 1000);
	end(c);
}

/* Set back, it goes on at half its pace until the other clock has caught up. */
static void clock_goes_on(void **state)
{
	struct consistency *c = fresh(10);
	uint64_t first = consistency_clock_ms(c);
	now.wall_ns -= 10 * SEC;
	pass(4 * SEC);
	assert_int_equal(consistency_clock_ms(c), first + 2000);
	pass(15 * SEC);
	assert_int_equal(consistency_clock_ms(c), first + 9500);
	pass(2 * SEC);
	assert_int_equal(consistency_clock_ms(c), first + 11000);
	end(c);
}

/* A write that begins after a poll has a later stamp, even in the same millisecond. */
static void stamps_follow_polls(void **state)
{
	struct consistency *c = fresh(10);
	struct consistency_task task;
	uint64_t when;
	consistency_register(c, S, NS);
	uint64_t before = consistency_write_begin(c, S, NS);
	assert_true(consistency_due(c, &task, &when));
	uint64_t after = consistency_write_begin(c, S, NS);
	assert_int_equal(task.poll.began_ms, before);
	assert_int_equal(task.poll.oldest_write_ms, before);
	assert_int_equal(after, before + 1);
	assert_int_equal(consistency_write_begin(c, S, SPAN("another")), before);
	consistency_polled(c, &task, false);
	end(c);
}

/* Neither a 404 nor want of room makes a namespace forgotten while a write to it is under way. */
static void writes_are_not_forgotten(void **state)
{
	struct consistency *c = fresh(2);
	struct consistency_task task;
	uint64_t when, stamp = consistency_write_begin(c, S, NS);
	assert_true(consistency_due(c, &task, &when));
	consistency_polled(c, &task, true);
	assert_int_equal(consistency_count(c), 1);
	pass(SEC);
	consistency_read(c, S, SPAN("b"));
	pass(SEC);
	consistency_read(c, S, SPAN("c"));
	assert_int_equal(consistency_count(c), 2);
	while (poll_seen(c, WATERMARK_STABLE))
		;
	assert_int_equal(consistency_peek(c, S, NS).at_ms, stamp - 1);
	consistency_write_end(c, S, NS, stamp, true);
	pass(SEC);
	assert_true(consistency_due(c, &task, &when));
	consistency_polled(c, &task, true);
	assert_int_equal(consistency_count(c), 1);
	end(c);
}

static void registrations_end(void **state)
{
	struct consistency *c = fresh(3);
	struct consistency_task task;
	uint64_t when;
	/* by query: a quarter of an hour without one */
	consistency_read(c, S, NS);
	assert_true(poll_seen(c, WATERMARK_STABLE));
	pass(901 * SEC);
	assert_false(poll_seen(c, WATERMARK_STABLE));
	assert_int_equal(consistency_count(c), 0);
	/* by a write or an Index: not */
	consistency_register(c, S, NS);
	assert_true(poll_seen(c, WATERMARK_STABLE));
	pass(901 * SEC);
	assert_true(poll_seen(c, WATERMARK_STABLE));
	/* the store does not know it */
	pass(61 * SEC);
	assert_true(consistency_due(c, &task, &when));
	consistency_polled(c, &task, true);
	assert_int_equal(consistency_count(c), 0);
	/* …but a write came meanwhile */
	consistency_register(c, S, NS);
	assert_true(consistency_due(c, &task, &when));
	consistency_write_begin(c, S, NS);
	consistency_polled(c, &task, true);
	assert_int_equal(consistency_count(c), 1);
	/* the least recently used goes, also while it is polled */
	pass(1);
	consistency_read(c, S, SPAN("b"));
	pass(1);
	consistency_read(c, S, SPAN("c"));
	pass(SEC);
	assert_true(consistency_due(c, &task, &when));
	consistency_read(c, S, NS);
	pass(1);
	consistency_read(c, S, SPAN("b"));
	consistency_read(c, S, SPAN("d"));
	assert_int_equal(consistency_count(c), 3);
	consistency_read(c, S, SPAN("c"));
	task.poll.seen = WATERMARK_STABLE;
	consistency_polled(c, &task, false);
	assert_int_equal(consistency_count(c), 3);
	/* the same name in another store is another namespace */
	consistency_read(c, SPAN("other"), SPAN("c"));
	consistency_forget_store(c, S);
	assert_int_equal(consistency_count(c), 1);
	consistency_forget(c, SPAN("other"), SPAN("c"));
	assert_int_equal(consistency_count(c), 0);
	end(c);
}

/* What is due longest comes first. */
static void in_order(void **state)
{
	struct consistency *c = fresh(10000);
	char name[32];
	unsigned polled = 0;
	for (unsigned i = 0; i < 2000; i++) {
		consistency_register(c, S, span_of(name, (size_t)snprintf(name, sizeof name, "n%u", i)));
		pass(i % 7 * 1000);
	}
	struct consistency_task task;
	uint64_t when, late = UINT64_MAX;
	for (; consistency_due(c, &task, &when); polled++) {
		assert_true(task.late_ns <= late);
		late = task.late_ns;
		task.poll.seen = WATERMARK_STABLE;
		consistency_polled(c, &task, false);
	}
	assert_int_equal(polled, 2000);
	end(c);
}

/* Threads */

struct work {
	struct consistency *c;
	unsigned seed;
	uint64_t last[8];
};

static void *query_and_write(void *arg)
{
	struct work *w = arg;
	char name[8];
	for (unsigned i = 0; i < 20000; i++) {
		unsigned n = (unsigned)rand_r(&w->seed) % 8;
		struct span ns = span_of(name, (size_t)snprintf(name, sizeof name, "n%u", n));
		struct watermark mark = consistency_read(w->c, S, ns);
		if (mark.at_ms < w->last[n])
			abort(); /* back */
		w->last[n] = mark.at_ms;
		if (i % 3 == 0)
			consistency_write_end(w->c, S, ns, consistency_write_begin(w->c, S, ns), i % 5 == 0);
	}
	return NULL;
}

static void *poll_all(void *arg)
{
	struct work *w = arg;
	struct consistency_task task;
	uint64_t when;
	for (unsigned i = 0; i < 20000; i++) {
		if (!consistency_due(w->c, &task, &when))
			continue;
		task.poll.seen = (enum watermark_state)(rand_r(&w->seed) % 3);
		consistency_polled(w->c, &task, false);
	}
	return NULL;
}

static void threads(void **state)
{
	const struct consistency_options options = {
	    .cadence = {0, 0}, .capacity = 100, .lapse_ms = 900000, .hold_ms = 1};
	struct consistency *c = consistency_new(&options);
	pthread_t t[4];
	struct work work[4];
	for (unsigned i = 0; i < 4; i++) {
		work[i] = (struct work){.c = c, .seed = i + 1};
		pthread_create(&t[i], NULL, i ? query_and_write : poll_all, &work[i]);
	}
	for (unsigned i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(consistency_count(c), 8);
	consistency_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_poll_is_at_once),
	    cmocka_unit_test(writes_hold),
	    cmocka_unit_test(writes_rearm),
	    cmocka_unit_test(clock_never_runs_back),
	    cmocka_unit_test(clock_goes_on),
	    cmocka_unit_test(stamps_follow_polls),
	    cmocka_unit_test(writes_are_not_forgotten),
	    cmocka_unit_test(registrations_end),
	    cmocka_unit_test(in_order),
	    cmocka_unit_test(threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
