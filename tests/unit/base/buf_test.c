#include "../test.h"

#include <stdio.h>

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

/* Every byte at every place of an 8-byte step, beside one that is escaped or not. */
static void quotes(void **state)
{
	for (unsigned c = 0; c < 0x80; c++) {
		for (size_t at = 0; at < 10; at++) {
			char in[] = "0123456789", want[32];
			const char *letter = strchr("\"\"\\\\\bb\ff\nn\rr\tt", c);
			struct buf b = buf_new(100);
			in[at] = (char)c;
			int n = snprintf(want, sizeof want, "\"%.*s", (int)at, in);
			if (c && c < 0x60 && letter)
				n += snprintf(want + n, sizeof want - (size_t)n, "\\%c", letter[1]);
			else
				n += snprintf(
				    want + n, sizeof want - (size_t)n, c < 0x20 ? "\\u%04x" : "%c", c);
			snprintf(want + n, sizeof want - (size_t)n, "%s\"", in + at + 1);
			buf_quoted(&b, span_of(in, 10));
			assert_span(buf_span(&b), want);
			buf_free(&b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(appends),
	    cmocka_unit_test(stops_at_its_maximum),
	    cmocka_unit_test(quotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
