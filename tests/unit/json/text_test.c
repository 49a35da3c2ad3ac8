#include "../test.h"

#include "json/text.h"

/* raw, what it means */
static const struct {
	const char *raw;
	struct span plain;
} strings[] = {
    {"\"\"", SPAN("")},
    {"\"_id\"", SPAN("_id")},
    {"\"\\u005fid\"", SPAN("_id")},
    {"\"_\\u0069\\u0064\"", SPAN("_id")},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", SPAN("\"\\/\b\f\n\r\t")},
    {"\"a\\u0000b\"", SPAN("a\0b")},
    {"\"\\u007F\\u0080\\u07ff\\u0800\\uFFFF\"", SPAN("\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF")},
    {"\"\\uD83D\\uDE00!\"", SPAN("\xF0\x9F\x98\x80!")},
    {"\"\\ud800\\udc00\\udbff\\udfff\"", SPAN("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF")},
    {"\"caf\xC3\xA9 \\u00e9\"", SPAN("caf\xC3\xA9 \xC3\xA9")},
};

static void unescape(void **state)
{
	struct arena *a = arena_new();
	for (size_t i = 0; i < COUNT(strings); i++) {
		struct span got = json_unescape(a, span_str(strings[i].raw));
		assert_int_equal(got.len, strings[i].plain.len);
		assert_true(span_eq(got, strings[i].plain));
	}
	arena_free(a);
}

static void equality(void **state)
{
	for (size_t i = 0; i < COUNT(strings); i++) {
		for (size_t k = 0; k < COUNT(strings); k++) {
			bool same = span_eq(strings[i].plain, strings[k].plain);
			assert_int_equal(json_string_eq(span_str(strings[i].raw), strings[k].plain), same);
		}
		struct span shorter = span_skip(strings[i].plain, 1);
		if (shorter.len)
			assert_false(json_string_eq(span_str(strings[i].raw), shorter));
	}
	/* A backslash in the plain name is a character like others. */
	assert_false(json_string_eq(SPAN("\"a\\nb\""), SPAN("a\\nb")));
	assert_true(json_string_eq(SPAN("\"a\\\\nb\""), SPAN("a\\nb")));
}

static void prefixes(void **state)
{
	static const struct {
		const char *raw, *prefix;
		bool starts;
	} cases[] = {
	    {"\"_hevlayer_x\"", "_hevlayer_", true},
	    {"\"\\u005fhev\\u006cayer_x\"", "_hevlayer_", true},
	    {"\"_hevlayer\"", "_hevlayer_", false},
	    {"\"_hevlayer\\u005f\"", "_hevlayer_", true},
	    {"\"hevlayer_\"", "_hevlayer_", false},
	    {"\"\"", "", true},
	    {"\"\"", "a", false},
	    {"\"\\u00e9\"", "\xC3", false}, /* whole characters only */
	    {"\"\\u00e9\"", "\xC3\xA9", true},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(
		    json_string_starts(span_str(cases[i].raw), span_str(cases[i].prefix)), cases[i].starts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(unescape),
	    cmocka_unit_test(equality),
	    cmocka_unit_test(prefixes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
