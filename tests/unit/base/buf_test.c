#include "../test.h"

#include "base/buf.h"

static void appends(void **state)
{
	struct buf b = buf_new(1000);
	buf_lit(&b, "a");
	buf_u64(&b, UINT64_MAX);
	buf_byte(&b, ' ');
	buf_i64(&b, INT64_MIN);
	buf_printf(&b, " %s", "end");
	assert_span(buf_span(&b), "a18446744073709551615 -9223372036854775808 end");
	buf_consume(&b, 1);
	assert_span(buf_span(&b), "18446744073709551615 -9223372036854775808 end");
	buf_free(&b);
}

/* A failed buffer keeps what it holds and takes no more, so that a builder need not stop. */
static void stops_at_its_maximum(void **state)
{
	struct buf b = buf_new(4);
	buf_lit(&b, "abcd");
	assert_int_equal(buf_status(&b), 0);
	buf_lit(&b, "e");
	assert_int_equal(buf_status(&b), -E_TOO_LARGE);
	buf_lit(&b, "");
	assert_span(buf_span(&b), "abcd");
	buf_clear(&b);
	buf_lit(&b, "ok");
	assert_int_equal(buf_status(&b), 0);
	assert_span(buf_span(&b), "ok");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(appends),
	    cmocka_unit_test(stops_at_its_maximum),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
