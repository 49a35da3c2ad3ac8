#include "../test.h"

#include <stdio.h>

#include "base/map.h"

/* Puts and deletes at random, beside a plain array that says what must be there. */
static void behaves_as_an_array(void **state)
{
	enum { KEYS = 500 };
	static char keys[KEYS][8];
	static int values[KEYS];
	bool present[KEYS] = {false};
	size_t count = 0;
	struct map m = {0};
	uint32_t seed = 1;
	for (int i = 0; i < KEYS; i++)
		snprintf(keys[i], sizeof keys[i], "k%d", i);
	for (int step = 0; step < 50000; step++) {
		seed = seed * 1664525 + 1013904223;
		int k = (int)((seed >> 8) % KEYS);
		void *want = present[k] ? &values[k] : NULL;
		assert_ptr_equal(map_get(&m, span_str(keys[k])), want);
		if (seed & 128)
			assert_ptr_equal(map_put(&m, span_str(keys[k]), &values[k]), want);
		else
			assert_ptr_equal(map_del(&m, span_str(keys[k])), want);
		count += (seed & 128 ? 1 : 0) - (size_t)present[k];
		present[k] = seed & 128;
		assert_int_equal(m.len, count);
	}
	size_t seen = 0;
	map_each (&m, e)
		seen += (size_t)present[(int *)e->value - values];
	assert_int_equal(seen, count);
	map_free(&m);
	assert_null(map_get(&m, SPAN("k1")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(behaves_as_an_array)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
