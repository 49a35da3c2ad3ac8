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

void json_put_f32(struct buf *b, float v)
{
	char text[32];
	if (!isfinite(v)) {
		buf_lit(b, "null");
		return;
	}
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
