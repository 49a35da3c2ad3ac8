#include "../test.h"

#include "base/arena.h"

static char order[8];

static void note(void *arg)
{
	strncat(order, arg, 1);
}

static void deferred_run_in_reverse(void **state)
{
	static char a[] = "a", b[] = "b";
	struct arena *arena = arena_new();
	arena_defer(arena, note, a);
	arena_defer(arena, note, b);
	arena_reset(arena);
	assert_string_equal(order, "ba");
	arena_free(arena);
	assert_string_equal(order, "ba");
}

static void pieces_do_not_overlap(void **state)
{
	struct arena *arena = arena_new();
	char *pieces[200];
	for (size_t i = 0; i < COUNT(pieces); i++) {
		pieces[i] = arena_alloc(arena, i * 7 + 1);
		memset(pieces[i], (int)i, i * 7 + 1);
	}
	for (size_t i = 0; i < COUNT(pieces); i++) {
		for (size_t k = 0; k < i * 7 + 1; k++)
			assert_int_equal((unsigned char)pieces[i][k], i);
	}
	assert_span(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(deferred_run_in_reverse),
	    cmocka_unit_test(pieces_do_not_overlap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
