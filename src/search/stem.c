#include "search/stem.h"

#include <libstemmer.h>
#include <pthread.h>
#include <stdlib.h>

struct stemmers {
	struct sb_stemmer *of[LANGUAGES_LEN]; /* NULL: not used yet */
};

static _Thread_local struct stemmers *own;
static pthread_key_t at_thread_end;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void stemmers_free(void *arg)
{
	struct stemmers *s = arg;
	for (size_t i = 0; i < LANGUAGES_LEN; i++)
		sb_stemmer_delete(s->of[i]);
	free(s);
}

static void key_new(void)
{
	if (pthread_key_create(&at_thread_end, stemmers_free) != 0)
		abort();
}

/* Every language of the table is in every libstemmer since 2.0, so only memory can be missing. */
static struct sb_stemmer *stemmer_of(enum language language)
{
	if (!own) {
		pthread_once(&once, key_new);
		own = calloc(1, sizeof *own);
		if (!own || pthread_setspecific(at_thread_end, own) != 0)
			abort();
	}
	if (!own->of[language])
		own->of[language] = sb_stemmer_new(language_name(language).ptr, "UTF_8");
	if (!own->of[language])
		abort();
	return own->of[language];
}

struct span stem_word(struct arena *a, enum language language, struct span word)
{
	struct sb_stemmer *s = stemmer_of(language);
	const sb_symbol *text = sb_stemmer_stem(s, (const sb_symbol *)word.ptr, (int)word.len);
	if (!text)
		abort();
	struct span stem = span_of((const char *)text, (size_t)sb_stemmer_length(s));
	return span_starts(word, stem) ? span_of(word.ptr, stem.len) : arena_copy(a, stem);
}
