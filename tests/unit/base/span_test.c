#include "../test.h"

static void numbers(void **state)
{
	static const struct {
		const char *in;
		int rc;
		int64_t out;
	} cases[] = {
	    {"0", 0, 0},
	    {"9223372036854775807", 0, INT64_MAX},
	    {"9223372036854775808", -E_INVALID, 0},
	    {"-9223372036854775808", 0, INT64_MIN},
	    {"-9223372036854775809", -E_INVALID, 0},
	    {"", -E_INVALID, 0},
	    {"-", -E_INVALID, 0},
	    {"+1", -E_INVALID, 0},
	    {" 1", -E_INVALID, 0},
	    {"1x", -E_INVALID, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t v = 0;
		assert_int_equal(span_to_i64(span_str(cases[i].in), &v), cases[i].rc);
		assert_true(v == cases[i].out);
	}
	uint64_t u;
	assert_int_equal(span_to_u64(SPAN("18446744073709551615"), &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(span_to_u64(SPAN("18446744073709551616"), &u), -E_INVALID);
}

/* Every pair of bytes at every place of strings of every length, beside the plain definition. */
static void eq_nocase(void **state)
{
	char a[21], b[21];
	for (size_t len = 1; len < sizeof a; len++) {
		for (unsigned pair = 0; pair < 65536; pair++) {
			size_t at = pair % len;
			unsigned char x = (unsigned char)(pair >> 8), y = (unsigned char)pair;
			bool letters = (x | 32) >= 'a' && (x | 32) <= 'z';
			memset(a, 'k', len);
			memset(b, 'K', len);
			a[at] = (char)x;
			b[at] = (char)y;
			assert_int_equal(span_eq_nocase(span_of(a, len), span_of(b, len)),
			    x == y || (letters && (x ^ y) == 32));
		}
	}
	assert_true(span_eq_nocase(SPAN_NONE, SPAN("")));
	assert_false(span_eq_nocase(SPAN("a"), SPAN("")));
}

static void globs(void **state)
{
	static const struct {
		const char *pattern, *s;
		bool match;
	} cases[] = {
	    {"*", "", true},
	    {"*", "abc", true},
	    {"a*c", "abbc", true},
	    {"a*c", "abcd", false},
	    {"a?c", "abc", true},
	    {"a?c", "ac", false},
	    {"", "", true},
	    {"", "a", false},
	    {"*a*b*", "xaybz", true},
	    {"*a*b*", "xbya", false},
	    {"shop-*", "shop-", true},
	    {"[a]", "a", false},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(span_glob(span_str(cases[i].pattern), span_str(cases[i].s)), cases[i].match);
}

static void utf8(void **state)
{
	static const struct {
		const char *in;
		size_t valid;
	} cases[] = {
	    {"abc", 3},
	    {"h\xC3\xA9", 3},
	    {"\xC0\x80", 0},
	    {"a\xC3", 1},
	    {"\xED\xA0\x80", 0},
	    {"\xED\x9F\xBF", 3},
	    {"\xF0\x9F\x98\x80", 4},
	    {"\xF4\x90\x80\x80", 0},
	    {"\xE0\x9F\xBF", 0},
	    {"\xF0\x8F\xBF\xBF", 0},
	    {"\xFF", 0},
	    {"ok\x80", 2},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(span_utf8_valid_prefix(span_str(cases[i].in)), cases[i].valid);
}

static void pieces(void **state)
{
	struct span rest = SPAN("a,b,,c");
	assert_span(span_cut(&rest, ','), "a");
	assert_span(span_cut(&rest, ','), "b");
	assert_span(span_cut(&rest, ','), "");
	assert_span(span_cut(&rest, ','), "c");
	assert_int_equal(rest.len, 0);
	assert_span(span_trim(SPAN(" \t x y\t ")), "x y");
	assert_true(span_eq_nocase(SPAN("Content-Length"), SPAN("content-lengtH")));
	assert_false(span_eq_nocase(SPAN("a@"), SPAN("a`")));
	assert_true(span_cmp(SPAN("a"), SPAN("ab")) < 0);
	assert_true(span_starts(SPAN("abc"), SPAN("ab")) && span_ends(SPAN("abc"), SPAN("bc")));
	assert_false(span_starts(SPAN("a"), SPAN("ab")) || span_ends(SPAN("c"), SPAN("bc")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(eq_nocase),
	    cmocka_unit_test(globs),
	    cmocka_unit_test(utf8),
	    cmocka_unit_test(pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
