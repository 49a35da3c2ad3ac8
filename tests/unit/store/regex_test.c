#include "../test.h"

#include "store/filter/regex.h"

static const struct {
	const char *pattern, *text;
	int found;
} cases[] = {
    {"a+b", "xaab", 1},
    {"^b", "ab", 0},
    {"b$", "b\n", 0},
    {"(?m)^b$", "a\nb\n", 1},
    {"a.b", "a\nb", 0},
    {"(?s)a.b", "a\nb", 1},
    {"(?i)É", "é", 1},
    {"^.$", "é", 1},
    {"\\Aa\\z", "a", 1},
    {"\\ba\\b", "x a y", 1},
    {"^\\d\\s\\w$", "٣ é", 1},
    {"\\pL\\p{Greek}", "aβ", 1},
    {"\\x41\\x{42}", "AB", 1},
    {"(?P<n>a)(?<m>b){2,3}", "abb", 1},
    {"[^]a-c]", "]a", 0},
    {"", "", 1},
};

static const struct {
	const char *pattern;
	size_t at;
} refused[] = {
    {"a(?=b)", 1},
    {"(?!b)", 0},
    {"(?<=b)", 0},
    {"(?<!b)", 0},
    {"(a)\\1", 3},
    {"\\k<n>", 0},
    {"(?P=n)", 0},
    {"(?R)", 0},
    {"(?1)", 0},
    {"(?&n)", 0},
    {"(?>a)", 0},
    {"a++", 1},
    {"a{2}+", 1},
    {"(?(1)a)", 0},
    {"(?C)", 0},
    {"(*UTF)", 0},
    {"\\K", 0},
    {"\\G", 0},
    {"\\C", 0},
    {"\\X", 0},
    {"\\R", 0},
    {"\\h", 0},
    {"\\v", 0},
    {"\\Z", 0},
    {"\\Qa", 0},
    {"\\u0041", 0},
    {"[a&&b]", 2},
    {"[a--b]", 2},
    {"[a~~b]", 2},
    {"[[a]b]", 1},
    {"[[:alpha:]]", 1},
    {"a{,2}", 1},
    {"a{", 1},
    {"\\x{}", 0},
    {"\\p{^L}", 0},
    {"[a", 2},
    {"\\", 0},
    {"(a", 2},
    {"(?x)a", 0},
    {"\\<a", 0},
};

static struct regex *compiled(struct arena *a, const char *pattern)
{
	struct regex *re = NULL;
	const char *why = NULL;
	size_t at;
	if (regex_compile(a, span_str(pattern), &re, &why, &at) < 0)
		fail_msg("%s: %s", pattern, why);
	return re;
}

static void matches(void **state)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct arena *a = arena_new();
		if (regex_search(compiled(a, cases[i].pattern), span_str(cases[i].text)) != cases[i].found)
			fail_msg("%s on \"%s\"", cases[i].pattern, cases[i].text);
		arena_free(a);
	}
}

static void refuses_what_rust_has_not(void **state)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct arena *a = arena_new();
		struct regex *re;
		const char *why;
		size_t at;
		if (regex_compile(a, span_str(refused[i].pattern), &re, &why, &at) != -E_INVALID)
			fail_msg("%s compiles", refused[i].pattern);
		if (at != refused[i].at)
			fail_msg("%s: at %zu", refused[i].pattern, at);
		arena_free(a);
	}
}

static void hostile_patterns_end(void **state)
{
	char text[3001] = {0};
	memset(text, 'a', 3000);
	struct arena *a = arena_new();
	assert_int_equal(regex_search(compiled(a, "(a|aa|a?)+$b?c"), span_str(text)), 0);
	assert_int_equal(regex_search(compiled(a, "(a+)+[bc]"), span_str(text)), -E_TOO_LARGE);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(matches),
	    cmocka_unit_test(refuses_what_rust_has_not),
	    cmocka_unit_test(hostile_patterns_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
