#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BYTES 256

void buf_free(struct buf *b)
{
	free(b->ptr);
	*b = buf_new(b->max);
}

char *buf_reserve(struct buf *b, size_t n)
{
	if (b->status < 0)
		return NULL;
	if (n <= b->cap - b->len && b->ptr)
		return b->ptr + b->len;
	if (n > b->max - b->len) {
		b->status = -E_TOO_LARGE;
		return NULL;
	}
	size_t need = b->len + n;
	size_t cap = b->cap ? b->cap : FIRST_BYTES;
	while (cap < need)
		cap += cap / 2;
	if (cap > b->max && need <= b->max)
		cap = b->max;
	char *p = realloc(b->ptr, cap ? cap : 1);
	if (!p) {
		b->status = -E_NOMEM;
		return NULL;
	}
	b->ptr = p;
	b->cap = cap;
	return p + b->len;
}

void buf_append_slow(struct buf *b, const void *p, size_t n)
{
	char *to = n ? buf_reserve(b, n) : NULL;
	if (!to)
		return;
	memcpy(to, p, n);
	b->len += n;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *to = buf_reserve(b, (size_t)n + 1);
	if (to) {
		vsnprintf(to, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
}

void buf_u64(struct buf *b, uint64_t v)
{
	char digits[20], *p = digits + sizeof digits;
	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	buf_append(b, span_between(p, digits + sizeof digits));
}

void buf_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_byte(b, '-');
	buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

static void put_escape(struct buf *b, unsigned char c)
{
	static const char shorts[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	const char *p = c ? strchr(shorts, c) : NULL;
	if (p) {
		buf_byte(b, '\\');
		buf_byte(b, letters[p - shorts]);
	} else {
		buf_printf(b, "\\u%04x", c);
	}
}

static void put_valid(struct buf *b, struct span s)
{
	size_t from = 0;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_append(b, span_of(s.ptr + from, i - from));
		put_escape(b, c);
		from = i + 1;
	}
	buf_append(b, span_of(s.ptr + from, s.len - from));
}

/* Length of the prefix that stands in a JSON string as it is and is ASCII; looks at 8 bytes at a time. */
static size_t plain_prefix(struct span s)
{
	const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
	size_t i = 0;
	for (uint64_t w; s.len - i >= 8; i += 8) {
		memcpy(&w, s.ptr + i, 8);
		uint64_t quote = w ^ ones * '"', backslash = w ^ ones * '\\';
		if (((w - ones * 0x20) | (quote - ones) | (backslash - ones) | w) & tops)
			break;
	}
	while (i < s.len && s.ptr[i] >= 0x20 && s.ptr[i] != '"' && s.ptr[i] != '\\')
		i++;
	return i;
}

void buf_quoted(struct buf *b, struct span s)
{
	size_t plain = plain_prefix(s);
	buf_byte(b, '"');
	buf_append(b, span_of(s.ptr, plain));
	s = span_skip(s, plain);
	while (s.len) {
		size_t valid = span_utf8_valid_prefix(s);
		put_valid(b, span_of(s.ptr, valid));
		s = span_skip(s, valid);
		if (s.len) {
			buf_lit(b, "\xEF\xBF\xBD");
			s = span_skip(s, 1);
		}
	}
	buf_byte(b, '"');
}
