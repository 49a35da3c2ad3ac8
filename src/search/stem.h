/* Snowball stemming (https://snowballstem.org) by libstemmer; English is Porter2. Safe from any thread: a
 * stemmer holds state between calls, so each thread has its own, made at first use and freed with it. */
#pragma once

#include "base/arena.h"
#include "search/language.h"

/* The stem of a word in lower case, well-formed UTF-8. It stands in the word itself if it is its beginning,
 * else in the arena; it may be empty. */
struct span stem_word(struct arena *a, enum language language, struct span word);
