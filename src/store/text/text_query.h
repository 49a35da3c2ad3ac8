/* The text of a query, analysed as the attribute's own text is. */
#pragma once

#include "store/data/slots.h"

#define TEXT_QUERY_MAX 8192 /* code points */

/* Appends the tokens of a string (word tokenizers only) or of an array of strings, which count as one text.
 * -E_INVALID if the operand is neither, or a string for pre_tokenized_array; -E_TOO_LARGE past the maximum.
 */
MUST_USE int text_query_words(
    struct arena *a, const struct attr *attr, yyjson_val *operand, struct word_list *out);
/* Reads the options {"last_as_prefix": bool} (NULL: none given): whether the last token stands for every
 * token that begins with its bytes. -E_INVALID. */
MUST_USE int text_query_options(yyjson_val *options, bool *ret_last_as_prefix);

/* Adds the documents that contain the term to a set of slots. */
void text_query_mark(uint64_t *slots, const struct term *term);
/* The documents that contain a token with this prefix, in the arena. */
uint64_t *text_query_prefix(
    struct arena *a, const struct namespace *ns, const struct text_index *ti, struct span prefix);
