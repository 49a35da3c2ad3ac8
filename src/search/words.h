/* The analysis `word_v4` of full-text attributes: Unicode 17 word segmentation, then filters in this order:
 * length, lower-casing, stop words, stemming, ASCII folding.
 *
 * Lower-casing is by code point (simple mappings, and U+0130 gives two); there is no normalisation and no
 * locale. ASCII folding comes from tables that tools/gen_unicode.mjs derives: see there. */
#pragma once

#include "base/arena.h"
#include "base/vec.h"
#include "search/language.h"

#define WORDS_MAX_TOKEN_LENGTH 39 /* the default of max_token_length */

struct words_options {
	bool case_sensitive, ascii_folding;
	bool remove_stopwords;     /* the English list; it is in lower case and sees tokens before folding */
	bool stemming;             /* never with case_sensitive */
	uint8_t language;          /* enum language, of the stemmer */
	uint32_t max_token_length; /* of the token as it stands in the text: code points, not bytes */
};

/* English, maximum 39, all else off. */
extern const struct words_options words_defaults;

struct word {
	struct span text;
	uint32_t position;
};

/* Compatible with VEC(struct word); free it with vec_free(). */
struct word_list {
	struct word *at;
	size_t len, cap;
};

/* Appends the tokens of `text`. A token's bytes stand in `text` where the filters change nothing, else in the
 * arena. Positions start at first_position and count what the length and stop-word filters drop; returns the
 * position after the last one, where the next element of an array goes on. Bytes that are not UTF-8 separate
 * words. */
uint32_t words_split(struct arena *a, const struct words_options *o, struct span text,
    uint32_t first_position, struct word_list *out);
