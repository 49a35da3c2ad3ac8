/* The languages of full-text attributes, by their number. Numbers are in the store's log: append only. */
#pragma once

#include "base/span.h"

/*  language, name (also of its Snowball stemmer), stop-word list known to the service */
#define LANGUAGES(X)                                                                                         \
	X(LANGUAGE_ENGLISH, "english", true)                                                                 \
	X(LANGUAGE_ARABIC, "arabic", false)                                                                  \
	X(LANGUAGE_DANISH, "danish", true)                                                                   \
	X(LANGUAGE_DUTCH, "dutch", true)                                                                     \
	X(LANGUAGE_FINNISH, "finnish", true)                                                                 \
	X(LANGUAGE_FRENCH, "french", true)                                                                   \
	X(LANGUAGE_GERMAN, "german", true)                                                                   \
	X(LANGUAGE_GREEK, "greek", false)                                                                    \
	X(LANGUAGE_HUNGARIAN, "hungarian", true)                                                             \
	X(LANGUAGE_ITALIAN, "italian", true)                                                                 \
	X(LANGUAGE_NORWEGIAN, "norwegian", true)                                                             \
	X(LANGUAGE_PORTUGUESE, "portuguese", true)                                                           \
	X(LANGUAGE_ROMANIAN, "romanian", false)                                                              \
	X(LANGUAGE_RUSSIAN, "russian", true)                                                                 \
	X(LANGUAGE_SPANISH, "spanish", true)                                                                 \
	X(LANGUAGE_SWEDISH, "swedish", true)                                                                 \
	X(LANGUAGE_TAMIL, "tamil", false)                                                                    \
	X(LANGUAGE_TURKISH, "turkish", false)

enum language {
#define X(language, name, stopwords) language,
	LANGUAGES(X)
#undef X
	    LANGUAGES_LEN
};

struct span language_name(enum language language);
bool language_has_stopwords(enum language language);
/* -E_NOT_FOUND. */
MUST_USE int language_parse(struct span name, uint8_t *ret);
/* Every name as "`a`, `b` …", for the refusal of an unknown one. */
extern const char language_list[];
