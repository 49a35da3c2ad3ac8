/* Properties of the code points of Unicode 17, as far as the analysis of words and sentences needs them. The
 * tables come from tools/gen_unicode.mjs. Code points here are at most U+10FFFF. */
#pragma once

#include <stdint.h>

enum word_break {
	WB_OTHER,
	WB_CR,
	WB_LF,
	WB_NEWLINE,
	WB_EXTEND,
	WB_FORMAT,
	WB_ZWJ,
	WB_SPACE,
	WB_REGIONAL,
	WB_KATAKANA,
	WB_LETTER,
	WB_HEBREW,
	WB_NUMERIC,
	WB_CONNECTOR,
	WB_MID_LETTER,
	WB_MID_NUM,
	WB_MID_NUM_LET,
	WB_SINGLE_QUOTE,
	WB_DOUBLE_QUOTE,
};

/* A word property is the class and these. */
#define WORD_CLASS      0x1F
#define WORD_PICTOGRAPH 0x20 /* Extended_Pictographic */
#define WORD_TOKEN      0x40 /* makes a token of its segment */
#define WORD_CASED      0x80 /* has another lower-case form */

enum sentence_break {
	SB_OTHER,
	SB_CR,
	SB_LF,
	SB_SEP,
	SB_EXTEND,
	SB_FORMAT,
	SB_SPACE,
	SB_LOWER,
	SB_UPPER,
	SB_LETTER,
	SB_NUMERIC,
	SB_ATERM,
	SB_CONTINUE,
	SB_STERM,
	SB_CLOSE,
};

#define UNICODE_FOLD_MAX 4

extern const uint8_t unicode_word_index[], unicode_word_blocks[];
extern const uint8_t unicode_sentence_index[], unicode_sentence_blocks[];
extern const uint8_t unicode_lower_index[], unicode_lower_blocks[];
extern const int32_t unicode_lower_deltas[];
extern const uint8_t unicode_fold_index[];
extern const uint16_t unicode_fold_blocks[];
extern const char unicode_fold_texts[][UNICODE_FOLD_MAX + 1];

static inline uint8_t unicode_word(uint32_t c)
{
	return unicode_word_blocks[unicode_word_index[c >> 8] << 8 | (c & 0xFF)];
}

static inline enum sentence_break unicode_sentence(uint32_t c)
{
	return unicode_sentence_blocks[unicode_sentence_index[c >> 8] << 8 | (c & 0xFF)];
}

/* Simple lower-case mapping; c itself if it has none. */
static inline uint32_t unicode_lower(uint32_t c)
{
	return c +
	       (uint32_t)
	           unicode_lower_deltas[unicode_lower_blocks[unicode_lower_index[c >> 8] << 8 | (c & 0xFF)]];
}

/* The ASCII stand-in of c (NUL-terminated), "" if it has none. */
static inline const char *unicode_fold(uint32_t c)
{
	return unicode_fold_texts[unicode_fold_blocks[unicode_fold_index[c >> 8] << 8 | (c & 0xFF)]];
}
