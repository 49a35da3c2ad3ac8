#include "../test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "rt/blocking.h"

static struct loop *loop;
static struct blocking_pool *pool;
static atomic_int jobs_run;
static int left;

static void job(void *arg)
{
	int *value = arg;
	(*value)++; /* the caller's stack: TSan sees an access that is not ordered */
	atomic_fetch_add(&jobs_run, 1);
}

static void run_jobs(void *arg)
{
	int value = 0;
	for (int i = 0; i < 50; i++)
		assert_int_equal(blocking_run(pool, job, &value), 0);
	assert_int_equal(value, 50);
	if (--left == 0)
		loop_stop(loop);
}

static void jobs_of_many_coroutines(void **state)
{
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(blocking_pool_new(4, 100, &pool), 0);
	for (left = 0; left < 20; left++)
		coro_start(loop, run_jobs, NULL);
	loop_run(loop);
	assert_int_equal(atomic_load(&jobs_run), 1000);
	blocking_pool_free(pool);
	loop_free(loop);
}

static void slow_job(void *arg)
{
	usleep(20000);
	*(int *)arg = 1;
}

static void cancelled_while_blocked(void *arg)
{
	int done = 0;
	assert_int_equal(blocking_run(pool, slow_job, &done), 0);
	assert_int_equal(done, 1);
	assert_true(coro_cancelled(coro_self()));
	assert_int_equal(coro_wait(DEADLINE_NONE), -E_CANCELLED);
	loop_stop(loop);
}

static void cancel_all(void *arg)
{
	loop_cancel_all(loop);
}

/* The job writes to the coroutine's stack, so a cancel must not end the wait. */
static void a_cancel_waits_for_the_job(void **state)
{
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(blocking_pool_new(1, 10, &pool), 0);
	coro_start(loop, cancelled_while_blocked, NULL);
	coro_start(loop, cancel_all, NULL);
	loop_run(loop);
	blocking_pool_free(pool);
	loop_free(loop);
}

static void full_pool(void *arg)
{
	int done = 0;
	int rc = blocking_run(pool, slow_job, &done);
	*(int *)arg = rc;
	if (--left == 0)
		loop_stop(loop);
}

static void a_full_queue_refuses(void **state)
{
	int rc[8], full = 0;
	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(blocking_pool_new(1, 2, &pool), 0);
	for (left = 0; left < 8; left++)
		coro_start(loop, full_pool, &rc[left]);
	loop_run(loop);
	for (int i = 0; i < 8; i++)
		full += rc[i] == -E_FULL;
	assert_in_range(full, 5, 6); /* one under way at the most, two wait */
	blocking_pool_free(pool);
	loop_free(loop);
}

struct parcel {
	struct mail mail;
	pthread_t from;
};

static int received;

static void on_parcel(struct mail *m)
{
	if (++received == 400)
		loop_stop(loop);
}

static void *post_many(void *arg)
{
	struct parcel *parcels = arg;
	for (int i = 0; i < 100; i++) {
		parcels[i].mail.fn = on_parcel;
		loop_post(loop, &parcels[i].mail);
	}
	return NULL;
}

static void mail_from_other_threads(void **state)
{
	static struct parcel parcels[4][100];
	pthread_t threads[4];
	assert_int_equal(loop_new(&loop), 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, post_many, parcels[i]);
	loop_run(loop);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(received, 400);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(jobs_of_many_coroutines),
	    cmocka_unit_test(a_cancel_waits_for_the_job),
	    cmocka_unit_test(a_full_queue_refuses),
	    cmocka_unit_test(mail_from_other_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
