/* The cache of the listing, on virtual time. */
#include "../test.h"

#include <stdio.h>

#include "gateway/namespaces/listing_cache.h"
#include "rt/coro.h"

static struct loop *loop;
static struct virtual_clock virtual_time;
static struct listing_cache *cache;

static int setup(void **state)
{
	virtual_time = (struct virtual_clock){.mono_ns = 1000, .wall_ns = 5000};
	return loop_new_virtual(&virtual_time, &loop);
}

static int teardown(void **state)
{
	listing_cache_free(cache);
	cache = NULL;
	loop_free(loop);
	return 0;
}

/* A request for a page: comes at a time, and makes it, if it has to, in another time. */
struct asker {
	uint64_t at_ms, epoch;
	const char *key;
	uint64_t takes_ms;
	size_t bytes;
	enum listing_state makes;
	struct coro *coro;
	/* what it saw */
	bool made;
	int rc;
	size_t got;
	enum listing_state state;
};

static void ask(void *arg)
{
	struct asker *a = arg;
	struct listing_page *page;
	(void)!coro_sleep_until(a->at_ms * NS_PER_MS + 1000);
	a->rc = listing_cache_take(cache, span_str(a->key), a->epoch, &page);
	if (a->rc < 0)
		return;
	if (page->state == LISTING_MAKING) {
		a->made = true;
		int rc = coro_sleep_until(deadline_in(a->takes_ms * NS_PER_MS));
		memset(buf_reserve(&page->body, a->bytes), 'x', a->bytes);
		buf_commit(&page->body, a->bytes);
		page->state = rc < 0 ? LISTING_ABANDONED : a->makes;
		listing_cache_made(cache, page);
	}
	a->state = page->state;
	a->got = page->body.len;
	listing_page_unref(page);
}

static void run(struct asker *askers, size_t n, uint64_t ttl_ms)
{
	cache = listing_cache_new(ttl_ms);
	for (size_t i = 0; i < n; i++) {
		askers[i].bytes = askers[i].bytes ? askers[i].bytes : 10;
		askers[i].makes = askers[i].makes ? askers[i].makes : LISTING_MADE;
		askers[i].coro = coro_start(loop, ask, &askers[i]);
	}
	loop_run(loop);
}

static void check(const struct asker *askers, size_t n, const char *made)
{
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(askers[i].rc, 0);
		if (askers[i].made != (made[i] == 'm'))
			fail_msg("asker %zu: made %d", i, askers[i].made);
	}
}

static void lives_for_its_time(void **state)
{
	struct asker askers[] = {{0, 0, "a"}, {99, 0, "a"}, {100, 0, "a"}, {150, 0, "a"}, {150, 0, "b"}};
	run(askers, COUNT(askers), 100);
	check(askers, COUNT(askers), "m.m.m");
}

static void switched_off(void **state)
{
	struct asker askers[] = {{0, 0, "a", 5}, {1, 0, "a"}, {9, 0, "a"}};
	run(askers, COUNT(askers), 0);
	check(askers, COUNT(askers), "mmm");
}

static void one_maker_for_a_burst(void **state)
{
	struct asker askers[] = {{0, 0, "a", 50, 33}, {1, 0, "a"}, {2, 0, "a"}, {3, 0, "b"}, {60, 0, "a"}};
	run(askers, COUNT(askers), 100);
	check(askers, COUNT(askers), "m..m.");
	assert_int_equal(askers[1].got, 33);
	assert_int_equal(askers[4].got, 33);
}

static void failures_are_shared_but_not_kept(void **state)
{
	struct asker askers[] = {{0, 0, "a", 50, 7, LISTING_FAILED}, {1, 0, "a"}, {60, 0, "a"}};
	run(askers, COUNT(askers), 100);
	check(askers, COUNT(askers), "m.m");
	assert_int_equal(askers[1].state, LISTING_FAILED);
	assert_int_equal(askers[2].state, LISTING_MADE);
}

static void another_takes_over(void **state)
{
	struct asker askers[] = {{0, 0, "a", 50, 7, LISTING_ABANDONED}, {1, 0, "a", 5}, {2, 0, "a"}};
	run(askers, COUNT(askers), 100);
	assert_true(askers[0].made);
	assert_int_equal(askers[1].made + askers[2].made, 1);
	assert_int_equal(askers[1].state, LISTING_MADE);
	assert_int_equal(askers[2].state, LISTING_MADE);
}

/* A page from before a deletion is not given to who comes after it, made or not. */
static void epochs(void **state)
{
	struct asker askers[] = {{0, 0, "a"}, {10, 1, "a", 30}, {20, 2, "a", 30}, {25, 2, "a"}, {60, 2, "a"}};
	run(askers, COUNT(askers), 100);
	check(askers, COUNT(askers), "mmm..");
}

static void bounds(void **state)
{
	static struct asker askers[302];
	static char keys[300][8];
	for (size_t i = 0; i < 300; i++) {
		snprintf(keys[i], sizeof keys[i], "k%zu", i);
		askers[i] = (struct asker){.at_ms = i, .key = keys[i]};
	}
	askers[300] = (struct asker){.at_ms = 400, .key = "k0"};   /* pushed out */
	askers[301] = (struct asker){.at_ms = 400, .key = "k299"}; /* not */
	run(askers, COUNT(askers), 10000);
	assert_true(askers[300].made);
	assert_false(askers[301].made);
}

static void bytes(void **state)
{
	enum { MIB = 1 << 20 };
	struct asker askers[] = {
	    {0, 0, "a", 0, 8 * MIB},
	    {1, 0, "b", 0, 8 * MIB},
	    {2, 0, "c", 0, 8 * MIB},
	    {3, 0, "d", 0, 8 * MIB},
	    {4, 0, "a"},
	    {5, 0, "e", 0, 8 * MIB}, /* a goes */
	    {6, 0, "e"},
	    {7, 0, "a", 0, 9 * MIB}, /* too large to keep */
	    {8, 0, "a", 0, 9 * MIB},
	};
	run(askers, COUNT(askers), 10000);
	check(askers, COUNT(askers), "mmmm.m.mm");
}

/* At most sixteen are made at once; the others wait their turn, and not for ever. */
static void makers(void **state)
{
	static struct asker askers[40];
	static char keys[40][8];
	for (size_t i = 0; i < 40; i++) {
		snprintf(keys[i], sizeof keys[i], "k%zu", i);
		askers[i] = (struct asker){.key = keys[i], .takes_ms = i < 16 ? 100 : 59000};
	}
	run(askers, 40, 0);
	size_t made = 0;
	for (size_t i = 0; i < 40; i++)
		made += askers[i].made;
	assert_int_equal(made, 40);
	assert_int_equal(virtual_time.mono_ns / NS_PER_MS, 100 + 59000 + 59000);
}

static void nobody_waits_for_ever(void **state)
{
	struct asker askers[] = {{0, 0, "a", 70000}, {0, 0, "a"}};
	run(askers, COUNT(askers), 100);
	assert_int_equal(askers[0].rc, 0);
	assert_int_equal(askers[1].rc, -E_TIMEOUT);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(lives_for_its_time),
	    T(switched_off),
	    T(one_maker_for_a_burst),
	    T(failures_are_shared_but_not_kept),
	    T(another_takes_over),
	    T(epochs),
	    T(bounds),
	    T(bytes),
	    T(makers),
	    T(nobody_waits_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
