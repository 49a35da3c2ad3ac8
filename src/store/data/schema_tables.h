/* The names of languages and tokenizers, by their number in struct text_options. Numbers are in the log:
 * append only. */
#pragma once

#include "base/span.h"

/*  name, stop-word list known to the service */
#define LANGUAGES(X)                                                                                         \
	X("english", true)                                                                                   \
	X("arabic", false)                                                                                   \
	X("danish", true)                                                                                    \
	X("dutch", true)                                                                                     \
	X("finnish", true)                                                                                   \
	X("french", true)                                                                                    \
	X("german", true)                                                                                    \
	X("greek", false)                                                                                    \
	X("hungarian", true)                                                                                 \
	X("italian", true)                                                                                   \
	X("norwegian", true)                                                                                 \
	X("portuguese", true)                                                                                \
	X("romanian", false)                                                                                 \
	X("russian", true)                                                                                   \
	X("spanish", true)                                                                                   \
	X("swedish", true)                                                                                   \
	X("tamil", false)                                                                                    \
	X("turkish", false)

#define LANGUAGE_ENGLISH 0

#define TOKENIZERS(X)                                                                                        \
	X(WORD_V0, "word_v0")                                                                                \
	X(WORD_V1, "word_v1")                                                                                \
	X(WORD_V2, "word_v2")                                                                                \
	X(WORD_V3, "word_v3")                                                                                \
	X(WORD_V4, "word_v4")                                                                                \
	X(PRE_TOKENIZED_ARRAY, "pre_tokenized_array")

struct span language_name(unsigned language);
bool language_has_stopwords(unsigned language);
struct span tokenizer_name(unsigned tokenizer);
/* -E_NOT_FOUND. */
MUST_USE int language_parse(struct span name, uint8_t *ret);
MUST_USE int tokenizer_parse(struct span name, uint8_t *ret);
/* Every name as "`a`, `b` …", for the refusal of an unknown one. */
extern const char language_list[], tokenizer_list[];
