#include "../test.h"

#include "store/filter/glob.h"

static const struct {
	const char *pattern;
	bool ignore_case;
	const char *yes[4], *no[4];
} cases[] = {
    {"", false, {""}, {"a"}},
    {"abc", false, {"abc"}, {"ab", "abcd", "ABC"}},
    {"aBc", true, {"abc", "ABC"}, {"abd"}},
    {"a?c", false,
        {"abc",
            "a\xC3\xA9"
            "c",
            "a/c"},
        {"ac", "abbc"}},
    {"*", false, {"", "abc", "a/b"}, {0}},
    {"a*c", false, {"ac", "abc", "acc", "a/b/c"}, {"ab", "bac"}},
    {"**", false, {"", "a/b"}, {0}},
    {"**/x", false, {"x", "a/x", "a/b/x", "/x"}, {"ax", "x/a"}},
    {"a/**", false, {"a/", "a/b", "a/b/c"}, {"a", "b/a"}},
    {"a/**/z", false, {"a/z", "a/b/z", "a/b/c/z"}, {"az", "a/bz"}},
    {"a**z", false, {"az", "a/b/z"}, {"a"}},
    {"[a-cx]", false, {"a", "b", "c", "x"}, {"d", "", "ab", "-"}},
    {"[!a-c]", false, {"d", "-"}, {"a", "b", ""}},
    {"[^a]", false, {"b"}, {"a"}},
    {"[]a]", false, {"]", "a"}, {"b"}},
    {"[a-]", false, {"a", "-"}, {"b"}},
    {"[-a]", false, {"a", "-"}, {"b"}},
    {"[B-D]", true, {"b", "C"}, {"a"}},
    {"[\xC3\x80-\xC3\x96]\xD0\x96", true, {"\xC3\xA9\xD0\xB6", "\xC3\x89\xD0\x96"}, {"e\xD0\xB6"}},
    {"[!A-C]", true, {"d"}, {"b", "B"}},
    {"[\xC3\xA0-\xC3\xBF]", false, {"\xC3\xA9"}, {"e"}},
    {"{a,bc}d", false, {"ad", "bcd"}, {"d", "abcd"}},
    {"{a,{b,c}x}", false, {"a", "bx", "cx"}, {"b", "ax"}},
    {"x{,y}", false, {"xy"}, {"x"}},
    {"x{}", false, {"x"}, {"x{}"}},
    {"{*.c,*.h}", false, {"a.c", "a.h"}, {"a.o"}},
    {"{**/a,b}", false, {"a", "x/a", "b"}, {"x/b"}},
    {"a,b", false, {"a,b"}, {"a"}},
    {"\\*\\{", false, {"*{"}, {"a{"}},
};

static const struct {
	const char *pattern, *why;
} malformed[] = {
    {"[a", "unclosed character class; missing ']'"},
    {"[", "unclosed character class; missing ']'"},
    {"[]", "unclosed character class; missing ']'"},
    {"[z-a]", "invalid range"},
    {"{a", "unclosed alternate group; missing '}'"},
    {"{a,", "unclosed alternate group; missing '}'"},
    {"a}", "unopened alternate group; missing '{'"},
    {"a\\", "dangling '\\'"},
};

static void matches(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena *a = arena_new();
		struct glob *g;
		const char *why;
		assert_int_equal(
		    glob_compile(a, span_str(cases[i].pattern), cases[i].ignore_case, &g, &why), 0);
		for (size_t k = 0; k < 4 && cases[i].yes[k]; k++) {
			if (!glob_match(g, span_str(cases[i].yes[k])))
				fail_msg("%s does not match \"%s\"", cases[i].pattern, cases[i].yes[k]);
		}
		for (size_t k = 0; k < 4 && cases[i].no[k]; k++) {
			if (glob_match(g, span_str(cases[i].no[k])))
				fail_msg("%s matches \"%s\"", cases[i].pattern, cases[i].no[k]);
		}
		arena_free(a);
	}
}

static void refuses_malformed_patterns(void **state)
{
	for (size_t i = 0; i < COUNT(malformed); i++) {
		struct arena *a = arena_new();
		struct glob *g;
		const char *why = NULL;
		assert_int_equal(
		    glob_compile(a, span_str(malformed[i].pattern), false, &g, &why), -E_INVALID);
		assert_string_equal(why, malformed[i].why);
		arena_free(a);
	}
}

/* A backtracking matcher would not come back from this. */
static void hostile_patterns_end(void **state)
{
	char pattern[200], text[2001] = {0};
	memset(text, 'a', 2000);
	for (size_t i = 0; i < sizeof pattern - 2; i += 2)
		memcpy(pattern + i, "*a", 2);
	memcpy(pattern + sizeof pattern - 2, "b", 2);
	struct arena *a = arena_new();
	struct glob *g;
	const char *why;
	assert_int_equal(glob_compile(a, span_str(pattern), false, &g, &why), 0);
	assert_false(glob_match(g, span_str(text)));
	memset(text, '{', 2000);
	assert_int_equal(glob_compile(a, span_str(text), false, &g, &why), -E_INVALID);
	assert_string_equal(why, "alternate groups are nested too deeply");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(matches),
	    cmocka_unit_test(refuses_malformed_patterns),
	    cmocka_unit_test(hostile_patterns_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
