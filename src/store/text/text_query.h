/* The text of a query, analysed as the attribute's own text is. */
#pragma once

#include "store/data/namespace.h"

#define TEXT_QUERY_MAX 8192 /* code points */

/* Appends the tokens of a string (word tokenizers only) or of an array of strings, which count as one text.
 * -E_INVALID if the operand is neither, or a string for pre_tokenized_array; -E_TOO_LARGE past the maximum.
 */
MUST_USE int text_query_words(
    struct arena *a, const struct attr *attr, yyjson_val *operand, struct word_list *out);
