/* Approximate substring search: does some substring of a text lie within a Levenshtein distance of a pattern?
 */
#pragma once

#include "base/arena.h"

#define FUZZY_MAX_DISTANCE 2

struct fuzzy {
	uint32_t *pattern; /* code points */
	uint32_t len;
	uint32_t distance;
	bool fold;     /* compare without case */
	uint32_t *row; /* len + 1 */
};

/* Prepares the search; the memory is the arena's. */
struct fuzzy fuzzy_new(struct arena *a, struct span pattern, uint32_t distance, bool case_sensitive);
/* Uses f's row as scratch: one search at a time. */
bool fuzzy_find(const struct fuzzy *f, struct span text);
