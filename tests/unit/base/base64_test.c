#include "../test.h"

#include "base/base64.h"

static void both_ways(void **state)
{
	static const struct {
		const char *plain, *coded;
	} cases[] = {
	    {"", ""},
	    {"f", "Zg=="},
	    {"fo", "Zm8="},
	    {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="},
	    {"\xFF\xEF", "/+8="},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = buf_new(100);
		base64_encode(span_str(cases[i].plain), &b);
		assert_span(buf_span(&b), cases[i].coded);
		char out[16];
		size_t n;
		assert_int_equal(base64_decode(span_str(cases[i].coded), out, &n), 0);
		assert_span(span_of(out, n), cases[i].plain);
		buf_free(&b);
	}
}

static void refuses(void **state)
{
	static const char *const bad[] = {
	    "Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", "Z===", "====", "Zg==Zg==", "Zm-v"};
	for (size_t i = 0; i < COUNT(bad); i++) {
		char out[16];
		size_t n;
		assert_int_equal(base64_decode(span_str(bad[i]), out, &n), -E_INVALID);
	}
}

static void for_urls(void **state)
{
	static const struct {
		const char *plain, *coded;
	} cases[] = {{"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"\xFF\xEF", "_-8"}};
	static const char *const bad[] = {"Z", "Zg==", "Zh", "Zm9", "Zm9vZ", "Zm+v", "Zm/v"};
	char out[16];
	size_t n;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = buf_new(100);
		base64url_encode(span_str(cases[i].plain), &b);
		assert_span(buf_span(&b), cases[i].coded);
		assert_int_equal(base64url_decode(span_str(cases[i].coded), out, &n), 0);
		assert_span(span_of(out, n), cases[i].plain);
		buf_free(&b);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(base64url_decode(span_str(bad[i]), out, &n), -E_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_ways), cmocka_unit_test(refuses), cmocka_unit_test(for_urls)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
