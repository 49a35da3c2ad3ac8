/* Walking text code point by code point. */
#pragma once

#include "search/unicode_tables.h"
#include "search/utf8.h"

/* Cuts the first code point off a text that is not empty; UTF8_BAD for a byte that begins none. */
static inline uint32_t codepoint_cut(struct span *text)
{
	uint32_t cp;
	*text = span_skip(*text, utf8_decode(text->ptr, text->ptr + text->len, &cp));
	return cp;
}

/* Lower case, by the same simple mappings as in the analysis of words. */
static inline uint32_t codepoint_lower(uint32_t cp)
{
	return cp == UTF8_BAD ? cp : unicode_lower(cp);
}

static inline size_t codepoint_count(struct span text)
{
	size_t n = 0;
	for (; text.len; n++)
		codepoint_cut(&text);
	return n;
}
