#include "json/write.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Lays out digits d1d2d3… × 10^exp10 (d1 before the point): plain between 1e-5 and 1e16, else scientific. */
static void put_decimal(struct buf *b, bool minus, const char *digits, int n, int exp10)
{
	if (minus)
		buf_byte(b, '-');
	if (exp10 < -5 || exp10 >= 16) {
		buf_byte(b, digits[0]);
		if (n > 1) {
			buf_byte(b, '.');
			buf_append(b, span_of(digits + 1, (size_t)n - 1));
		}
		buf_byte(b, 'e');
		buf_i64(b, exp10);
	} else if (exp10 < 0) {
		buf_lit(b, "0.");
		for (int i = -1; i > exp10; i--)
			buf_byte(b, '0');
		buf_append(b, span_of(digits, (size_t)n));
	} else {
		for (int i = 0; i <= exp10; i++)
			buf_byte(b, i < n ? digits[i] : '0');
		buf_byte(b, '.');
		if (n > exp10 + 1)
			buf_append(b, span_of(digits + exp10 + 1, (size_t)(n - exp10 - 1)));
		else
			buf_byte(b, '0');
	}
}

/* Splits "d.ddde±xx" into digits without trailing zeros and the exponent. */
static void put_scientific(struct buf *b, const char *text)
{
	char digits[24];
	int n = 0;
	bool minus = *text == '-';
	for (text += minus; *text != 'e'; text++) {
		if (*text != '.')
			digits[n++] = *text;
	}
	while (n > 1 && digits[n - 1] == '0')
		n--;
	put_decimal(b, minus, digits, n, (int)strtol(text + 1, NULL, 10));
}

/* Exact in f64. */
static const double powers[] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

static double times_power(double v, int exp10)
{
	return exp10 >= 0 ? v * powers[exp10] : v / powers[-exp10];
}

static void put_digits(struct buf *b, bool minus, uint64_t n, int exp10)
{
	char text[20];
	int at = sizeof text;
	do
		text[--at] = (char)('0' + n % 10);
	while (n /= 10);
	int len = (int)sizeof text - at, shown = len;
	while (shown > 1 && text[at + shown - 1] == '0')
		shown--;
	put_decimal(b, minus, text + at, shown, exp10 + len - 1);
}

/* The common sizes without printf: 6 to 9 digits in f64 arithmetic. A decimal that f64 cannot tell from the
 * border between two floats is left to printf. */
static bool put_common_f32(struct buf *b, float v)
{
	double a = fabs((double)v);
	if (!(a >= 1e-5 && a < 1e14))
		return false;
	int exp10 = -5;
	while (a >= times_power(1, exp10 + 1))
		exp10++;
	for (int digits = 6; digits <= 9; digits++) {
		int last = exp10 - digits + 1; /* the power of ten that the last digit counts */
		double n = rint(times_power(a, -last)), d = times_power(n, last);
		bool below = (float)(d * (1 - 1e-15)) == (float)a,
		     above = (float)(d * (1 + 1e-15)) == (float)a;
		if (below != above)
			return false;
		if (below) {
			put_digits(b, v < 0, (uint64_t)n, last);
			return true;
		}
	}
	return false;
}

void json_put_f32(struct buf *b, float v)
{
	char text[32];
	if (!isfinite(v)) {
		buf_lit(b, "null");
		return;
	}
	if (v == 0) {
		buf_append(b, signbit(v) ? SPAN("-0.0") : SPAN("0.0"));
		return;
	}
	if (put_common_f32(b, v))
		return;
	/* 6 to 9 digits, 9 always read back; subnormal numbers may need fewer than 6. */
	for (int precision = fabsf(v) < FLT_MIN ? 0 : 5; precision <= 8; precision++) {
		snprintf(text, sizeof text, "%.*e", precision, (double)v);
		if (strtof(text, NULL) == v)
			break;
	}
	put_scientific(b, text);
}

void json_put_f64(struct buf *b, double v)
{
	char text[32];
	if (!isfinite(v)) {
		buf_lit(b, "null");
		return;
	}
	for (int precision = fabs(v) < DBL_MIN ? 0 : 14; precision <= 16; precision++) {
		snprintf(text, sizeof text, "%.*e", precision, v);
		if (strtod(text, NULL) == v)
			break;
	}
	put_scientific(b, text);
}

void json_put_key(struct buf *b, bool *first, struct span key)
{
	if (!*first)
		buf_byte(b, ',');
	*first = false;
	json_put_string(b, key);
	buf_byte(b, ':');
}
