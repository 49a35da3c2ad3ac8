#include "../test.h"

#include "json/doc.h"

/* Only strings have text: the sizes of arrays and objects are no lengths. */
static void spans_of_what_is_no_string(void **state)
{
	static const struct {
		const char *text, *span;
	} cases[] = {
	    {"\"abc\"", "abc"},
	    {"\"\"", ""},
	    {"[1,2,3]", ""},
	    {"{\"a\":1,\"b\":2}", ""},
	    {"12", ""},
	    {"true", ""},
	    {"null", ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *a = arena_new();
		yyjson_val *root;
		assert_int_equal(json_parse(a, span_str(cases[i].text), &root, NULL), 0);
		assert_span(json_span(root), cases[i].span);
		arena_free(a);
	}
	assert_int_equal(json_span(NULL).len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spans_of_what_is_no_string),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
