/* Walking valid UTF-8, which stored text is, code point by code point. */
#pragma once

#include "base/span.h"

/* Cuts the first code point off a text that is not empty. */
static inline uint32_t codepoint_cut(struct span *text)
{
	const unsigned char *p = (const unsigned char *)text->ptr;
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (len > text->len)
		len = text->len;
	uint32_t cp = len == 1 ? p[0] : p[0] & (0x7FU >> len);
	for (size_t i = 1; i < len; i++)
		cp = cp << 6 | (p[i] & 0x3F);
	*text = span_skip(*text, len);
	return cp;
}

static inline size_t codepoint_count(struct span text)
{
	size_t n = 0;
	for (; text.len; n++)
		codepoint_cut(&text);
	return n;
}

/* Lower case of ASCII. */
static inline uint32_t codepoint_lower(uint32_t cp)
{
	return cp - 'A' < 26 ? cp + 32 : cp;
}

static inline uint32_t codepoint_upper(uint32_t cp)
{
	return cp - 'a' < 26 ? cp - 32 : cp;
}
