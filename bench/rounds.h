/* Rounds of measurements and their median. */
#pragma once

#include <stdlib.h>

#define ROUNDS 7

struct rounds {
	double at[ROUNDS];
};

static inline int rounds_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Sorts: at[0] is the least, at[ROUNDS - 1] the most. */
static inline double rounds_median(struct rounds *r)
{
	qsort(r->at, ROUNDS, sizeof *r->at, rounds_cmp);
	return r->at[ROUNDS / 2];
}
