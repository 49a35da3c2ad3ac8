#include "../test.h"

#include <stdlib.h>

#include "store/query/rrf.h"

static int by_slot(const void *ctx, uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int hit_cmp(const void *x, const void *y)
{
	const struct hit *a = x, *b = y;
	return a->key < b->key ? -1 : a->key > b->key ? 1 : by_slot(NULL, a->slot, b->slot);
}

static void keeps_the_best_in_order(void **state)
{
	srand(1);
	for (size_t n = 0; n < 60; n++) {
		for (size_t k = 0; k <= n + 1; k++) {
			struct arena *a = arena_new();
			struct hit all[60];
			struct topk t = topk_new(a, k, n, by_slot, NULL);
			for (uint32_t i = 0; i < n; i++) {
				all[i] = (struct hit){(float)(rand() % 8), i};
				topk_offer(&t, all[i].key, i);
			}
			topk_sort(&t);
			qsort(all, n, sizeof *all, hit_cmp);
			assert_int_equal(t.len, k < n ? k : n);
			for (size_t i = 0; i < t.len; i++)
				assert_int_equal(t.at[i].slot, all[i].slot);
			arena_free(a);
		}
	}
}

/* Weights 2 and 1, constant 10: the leader of the first list only has 2/11. */
static void fuses_by_reciprocal_rank(void **state)
{
	static const struct hit one[] = {{0, 7}, {0, 3}, {0, 4}}, two[] = {{0, 9}, {0, 4}};
	static const struct rrf_list lists[] = {{one, 3, 2}, {two, 2, 1}};
	static const struct hit want[] = {{-(float)(2.0 / 13 + 1.0 / 12), 4}, {-0.18181819F, 7},
	    {-(float)(2.0 / 12), 3}, {-(float)(1.0 / 11), 9}};
	struct arena *a = arena_new();
	struct topk t = rrf_fuse(a, lists, 2, 10, 10, by_slot, NULL);
	assert_int_equal(t.len, 4);
	for (size_t i = 0; i < t.len; i++) {
		assert_int_equal(t.at[i].slot, want[i].slot);
		assert_true(t.at[i].key == want[i].key);
	}
	assert_int_equal(rrf_fuse(a, lists, 2, 10, 2, by_slot, NULL).len, 2);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_the_best_in_order),
	    cmocka_unit_test(fuses_by_reciprocal_rank),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
