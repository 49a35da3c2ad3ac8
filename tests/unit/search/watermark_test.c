#include "../test.h"

#include "search/watermark.h"

#define NONE UINT64_MAX

static void packs(void **state)
{
	for (int s = WATERMARK_UNKNOWN; s <= WATERMARK_STABLE; s++) {
		for (int filterable = 0; filterable < 2; filterable++) {
			struct watermark w = {
			    (enum watermark_state)s, filterable, (1ULL << 48) - 1 - (unsigned)s};
			struct watermark back = watermark_unpack(watermark_pack(w));
			assert_int_equal(back.state, w.state);
			assert_int_equal(back.filterable, w.filterable);
			assert_int_equal(back.at_ms, w.at_ms);
		}
	}
}

/* before, poll (began, oldest write under way, seen), margin, watermark after */
static const struct {
	uint64_t before;
	uint64_t began, oldest;
	enum watermark_state seen;
	uint64_t margin, after;
} polls[] = {
    {0, 10000, NONE, WATERMARK_STABLE, 500, 9500},
    {0, 10000, NONE, WATERMARK_STABLE, 0, 10000},
    {0, 300, NONE, WATERMARK_STABLE, 500, 0},
    /* what is not stable moves nothing */
    {7000, 10000, NONE, WATERMARK_UPDATING, 500, 7000},
    {7000, 10000, NONE, WATERMARK_UNKNOWN, 500, 7000},
    /* never back */
    {9800, 10000, NONE, WATERMARK_STABLE, 500, 9800},
    /* below every write that was under way, whatever the margin */
    {0, 10000, 9300, WATERMARK_STABLE, 500, 9299},
    {0, 10000, 10000, WATERMARK_STABLE, 0, 9999},
    {0, 10000, 9600, WATERMARK_STABLE, 500, 9500},
    {9400, 10000, 9300, WATERMARK_STABLE, 500, 9400},
};

static void moves(void **state)
{
	for (size_t i = 0; i < COUNT(polls); i++) {
		struct watermark before = {WATERMARK_STABLE, true, polls[i].before};
		struct watermark_poll poll = {polls[i].began, polls[i].oldest, polls[i].seen, false};
		struct watermark after = watermark_after(before, &poll, polls[i].margin);
		assert_int_equal(after.state, polls[i].seen);
		if (after.at_ms != polls[i].after)
			fail_msg("poll %zu: %llu", i, (unsigned long long)after.at_ms);
		/* a failed poll has seen no schema */
		assert_int_equal(after.filterable, polls[i].seen == WATERMARK_UNKNOWN);
	}
}

static void paces(void **state)
{
	const struct watermark_cadence c = {1000, 60000};
	assert_int_equal(watermark_pause_ms((struct watermark){WATERMARK_STABLE, true, 500}, 500, &c), 60000);
	assert_int_equal(watermark_pause_ms((struct watermark){WATERMARK_STABLE, true, 500}, 0, &c), 60000);
	/* a write that the watermark has not passed */
	assert_int_equal(watermark_pause_ms((struct watermark){WATERMARK_STABLE, true, 500}, 501, &c), 1000);
	assert_int_equal(watermark_pause_ms((struct watermark){WATERMARK_UPDATING, true, 500}, 0, &c), 1000);
	assert_int_equal(watermark_pause_ms((struct watermark){WATERMARK_UNKNOWN, true, 500}, 0, &c), 1000);
}

/* The page's decision, row by row: state, filterable, watermark, wish; read, and whether a 429 is tried again
 */
static const struct {
	struct watermark w;
	enum watermark_wish wish;
	enum watermark_read read;
	bool retries;
} decisions[] = {
    {{WATERMARK_UPDATING, true, 5}, WATERMARK_WISH_STABLE, WATERMARK_READ_FILTERED, false},
    {{WATERMARK_STABLE, true, 5}, WATERMARK_WISH_STABLE, WATERMARK_READ_PLAIN, true},
    {{WATERMARK_UNKNOWN, true, 5}, WATERMARK_WISH_STABLE, WATERMARK_READ_PLAIN, true},
    /* no watermark, or a stamp that cannot be filtered by */
    {{WATERMARK_UPDATING, true, 0}, WATERMARK_WISH_STABLE, WATERMARK_READ_PLAIN, false},
    {{WATERMARK_UPDATING, false, 5}, WATERMARK_WISH_STABLE, WATERMARK_READ_PLAIN, false},
    {{WATERMARK_STABLE, false, 5}, WATERMARK_WISH_STABLE, WATERMARK_READ_PLAIN, false},
    {{WATERMARK_STABLE, true, 0}, WATERMARK_WISH_STABLE, WATERMARK_READ_PLAIN, false},
    {{WATERMARK_UPDATING, true, 5}, WATERMARK_WISH_EVENTUAL, WATERMARK_READ_PLAIN, false},
    {{WATERMARK_UPDATING, true, 5}, WATERMARK_WISH_STRONG, WATERMARK_READ_STRONG, false},
    {{WATERMARK_STABLE, true, 5}, WATERMARK_WISH_STRONG, WATERMARK_READ_STRONG, false},
};

static void decides(void **state)
{
	for (size_t i = 0; i < COUNT(decisions); i++) {
		enum watermark_read read = watermark_decide(decisions[i].w, decisions[i].wish);
		if (read != decisions[i].read)
			fail_msg("decision %zu: %d", i, read);
		struct watermark_cut cut = watermark_cut_at(decisions[i].w, decisions[i].wish);
		assert_int_equal(cut.read, read);
		if (watermark_cut_again(&cut, 429) != decisions[i].retries)
			fail_msg("decision %zu: retries", i);
		if (decisions[i].retries)
			assert_int_equal(cut.read, WATERMARK_READ_FILTERED);
		assert_false(watermark_cut_again(&cut, 429)); /* once */
	}
}

/* A store that does not take the predicate gets the query without it, and that is the end of it. */
static void falls_back(void **state)
{
	struct watermark_cut cut =
	    watermark_cut_at((struct watermark){WATERMARK_UPDATING, true, 5}, WATERMARK_WISH_STABLE);
	assert_false(watermark_cut_again(&cut, 200));
	assert_false(watermark_cut_again(&cut, 500));
	assert_true(watermark_cut_again(&cut, 400));
	assert_int_equal(cut.read, WATERMARK_READ_PLAIN);
	assert_false(watermark_cut_again(&cut, 400));
	assert_false(watermark_cut_again(&cut, 429));
	/* the same after a retry */
	cut = watermark_cut_at((struct watermark){WATERMARK_STABLE, true, 5}, WATERMARK_WISH_STABLE);
	assert_false(watermark_cut_again(&cut, 400));
	assert_true(watermark_cut_again(&cut, 429));
	assert_true(watermark_cut_again(&cut, 400));
	assert_int_equal(cut.read, WATERMARK_READ_PLAIN);
	assert_false(watermark_cut_again(&cut, 429));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packs),
	    cmocka_unit_test(moves),
	    cmocka_unit_test(paces),
	    cmocka_unit_test(decides),
	    cmocka_unit_test(falls_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
