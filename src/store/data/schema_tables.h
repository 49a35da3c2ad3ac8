/* The names of tokenizers, by their number in struct text_options. Numbers are in the log: append only. */
#pragma once

#include "base/span.h"

#define TOKENIZERS(X)                                                                                        \
	X(WORD_V0, "word_v0")                                                                                \
	X(WORD_V1, "word_v1")                                                                                \
	X(WORD_V2, "word_v2")                                                                                \
	X(WORD_V3, "word_v3")                                                                                \
	X(WORD_V4, "word_v4")                                                                                \
	X(PRE_TOKENIZED_ARRAY, "pre_tokenized_array")

struct span tokenizer_name(unsigned tokenizer);
/* -E_NOT_FOUND. */
MUST_USE int tokenizer_parse(struct span name, uint8_t *ret);
/* Every name as "`a`, `b` …", for the refusal of an unknown one. */
extern const char tokenizer_list[];
