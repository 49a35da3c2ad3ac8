#include "../test.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "json/write.h"

static void floats(void **state)
{
	static const struct {
		float v;
		const char *out;
	} cases[] = {
	    {0.7F, "0.7"},
	    {0, "0.0"},
	    {-0.0F, "-0.0"},
	    {1, "1.0"},
	    {0.25F, "0.25"},
	    {1e-5F, "0.00001"},
	    {1e-6F, "1e-6"},
	    {1.5e-7F, "1.5e-7"},
	    {1e15F, "1000000000000000.0"},
	    {1e16F, "1e16"},
	    {16777216, "16777216.0"},
	    {3.4028235e38F, "3.4028235e38"},
	    {0.18181819F, "0.18181819"},
	    {-2.5F, "-2.5"},
	    {1e-45F, "1e-45"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = buf_new(100);
		json_put_f32(&b, cases[i].v);
		assert_span(buf_span(&b), cases[i].out);
		buf_free(&b);
	}
}

/* Significant digits of a printed number: all but leading zeros, and trailing ones of whole numbers. */
static int significant(const char *text)
{
	int digits = 0, zeros = 0;
	for (; *text && *text != 'e'; text++) {
		if (*text == '0')
			zeros += digits > 0;
		else if (*text != '.' && *text != '-') {
			digits += zeros + 1;
			zeros = 0;
		}
	}
	return digits;
}

static int fewest_digits(float v)
{
	char text[32];
	for (int digits = 1;; digits++) {
		snprintf(text, sizeof text, "%.*e", digits - 1, (double)v);
		if (strtof(text, NULL) == v)
			return significant(text);
	}
}

static void floats_are_shortest_and_read_back(void **state)
{
	struct buf b = buf_new(100);
	srand(1);
	for (int i = 0; i < 200000; i++) {
		uint32_t bits = (uint32_t)rand() << 16 ^ (uint32_t)rand();
		float v = (float)(int32_t)bits / 2147483648.0F; /* what vectors hold */
		if (i % 2)
			memcpy(&v, &bits, sizeof v);
		if (i % 7 == 0)
			v = (float)(bits % 100000000) / 8; /* many lie half-way between decimals */
		if (!isfinite(v) || v == 0)
			continue;
		buf_clear(&b);
		json_put_f32(&b, v);
		buf_byte(&b, '\0');
		if (strtof(b.ptr, NULL) != v || significant(b.ptr) != fewest_digits(v))
			fail_msg("%.9g is written as %s", (double)v, b.ptr);
	}
	buf_free(&b);
}

static void doubles_read_back(void **state)
{
	static const double cases[] = {0.1, 1.0 / 3, DBL_MAX, DBL_MIN, 123456789.125, 1e22, 5e-324, 2.0};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf b = buf_new(100);
		json_put_f64(&b, cases[i]);
		buf_byte(&b, '\0');
		assert_true(strtod(b.ptr, NULL) == cases[i]);
		buf_free(&b);
	}
}

static void strings(void **state)
{
	struct buf b = buf_new(1000);
	json_put_string(&b, SPAN("a\"\\\n\x01 h\xC3\xA9 `"));
	json_put_string(&b, SPAN("\xFFz\xC3"));
	assert_span(buf_span(&b), "\"a\\\"\\\\\\n\\u0001 h\xC3\xA9 `\"\"\xEF\xBF\xBDz\xEF\xBF\xBD\"");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(floats),
	    cmocka_unit_test(floats_are_shortest_and_read_back),
	    cmocka_unit_test(doubles_read_back),
	    cmocka_unit_test(strings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
