#include "search/language.h"

static const struct {
	struct span name;
	bool stopwords;
} languages[LANGUAGES_LEN] = {
#define X(language, name, stopwords) [language] = {SPAN(name), stopwords},
    LANGUAGES(X)
#undef X
};

const char language_list[] = ""
#define X(language, name, stopwords) "`" name "` "
    LANGUAGES(X)
#undef X
    ;

struct span language_name(enum language language)
{
	return languages[language].name;
}

bool language_has_stopwords(enum language language)
{
	return languages[language].stopwords;
}

int language_parse(struct span name, uint8_t *ret)
{
	for (size_t i = 0; i < LANGUAGES_LEN; i++) {
		if (span_eq(name, languages[i].name)) {
			*ret = (uint8_t)i;
			return 0;
		}
	}
	return -E_NOT_FOUND;
}
