/* Chance that can be repeated: the stream of a seed is always the same. */
#pragma once

#include "base/span.h"

struct chance {
	uint64_t state;
};

/* The stream of the n-th request of this name under the seed. */
struct chance chance_of(uint64_t seed, struct span name, uint64_t n);
uint64_t chance_draw(struct chance *c);
/* Uniform in [0, 1). */
double chance_unit(struct chance *c);
/* Whether what happens at this rate (0: never, 1: always) does. One draw. */
bool chance_hits(struct chance *c, double rate);
/* A duration: log-normal, so that half are below p50 and 99 of 100 below p99; p99 = 0 stands for p50. In the
 * unit of the two. Two draws. */
double chance_log_normal(struct chance *c, double p50, double p99);
