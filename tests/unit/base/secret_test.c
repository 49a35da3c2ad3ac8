#include "../test.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/secret.h"

static void test_eq(void **state)
{
	static const struct {
		const char *secret, *given;
		bool same;
	} cases[] = {
	    {"key", "key", true},
	    {"key", "kez", false},
	    {"key", "Key", false},
	    {"key", "ke", false},
	    {"key", "keyk", false},
	    {"key", "keykey", false},
	    {"key", "", false},
	    {"", "", false},
	    {"", "k", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(
		    secret_eq(span_str(cases[i].secret), span_str(cases[i].given)), cases[i].same);
}

/* getenv() goes on, the memory that the kernel shows does not; other variables stay where they are. */
static void test_hide_variables(void **state)
{
	static char one[] = "LAYER_TEST_ONE=secret", two[] = "LAYER_TEST_TWO=", other[] = "LAYER_OTHER=shown";
	char *vars[] = {one, other, two, NULL}, **before = environ;
	environ = vars;
	secret_hide_variables("LAYER_TEST_");
	assert_string_equal(getenv("LAYER_TEST_ONE"), "secret");
	assert_string_equal(getenv("LAYER_TEST_TWO"), "");
	assert_string_equal(getenv("LAYER_OTHER"), "shown");
	assert_memory_equal(one, "LAYER_TEST_ONE=\0\0\0\0\0\0", sizeof one);
	assert_string_equal(other, "LAYER_OTHER=shown");
	free(vars[0]);
	free(vars[2]);
	environ = before;
}

static void test_hide_argument(void **state)
{
	char argument[] = "secret", *pointer = argument;
	secret_hide_argument(&pointer);
	assert_string_equal(pointer, "secret");
	assert_memory_equal(argument, "\0\0\0\0\0\0", sizeof argument);
	free(pointer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_eq),
	    cmocka_unit_test(test_hide_variables),
	    cmocka_unit_test(test_hide_argument),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
