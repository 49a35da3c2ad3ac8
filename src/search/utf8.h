/* One code point from and to UTF-8. */
#pragma once

#include "base/span.h"

#define UTF8_BAD UINT32_MAX

/* Whether c is a whole code point, and not a part of a longer one. */
static inline bool utf8_single(char c)
{
	return !(c & 0x80);
}

/* Decodes at p < end and returns the length: UTF8_BAD and 1 where no well-formed sequence begins. */
static inline size_t utf8_decode(const char *p, const char *end, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char lead = (unsigned char)*p;
	size_t n = lead < 0x80   ? 1
	           : lead < 0xC0 ? 0
	           : lead < 0xE0 ? 2
	           : lead < 0xF0 ? 3
	           : lead < 0xF8 ? 4
	                         : 0;
	uint32_t c = n < 2 ? lead : lead & (0x7FU >> n);
	*ret = UTF8_BAD;
	if (n == 0 || n > (size_t)(end - p))
		return 1;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 1;
		c = c << 6 | (p[i] & 0x3F);
	}
	if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
		return 1;
	*ret = c;
	return n;
}

/* Writes c, a code point, at p (room for 4 bytes) and returns the byte after it. */
static inline char *utf8_encode(char *p, uint32_t c)
{
	if (c < 0x80) {
		*p++ = (char)c;
		return p;
	}
	if (c < 0x800) {
		*p++ = (char)(0xC0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*p++ = (char)(0xE0 | c >> 12);
		} else {
			*p++ = (char)(0xF0 | c >> 18);
			*p++ = (char)(0x80 | (c >> 12 & 0x3F));
		}
		*p++ = (char)(0x80 | (c >> 6 & 0x3F));
	}
	*p++ = (char)(0x80 | (c & 0x3F));
	return p;
}
