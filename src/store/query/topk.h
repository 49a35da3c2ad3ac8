/* The k best of a stream of candidates: a heap whose root is the worst one kept. A smaller key is better;
 * equal keys are put in order by `tie`, which therefore decides alone when every key is 0. */
#pragma once

#include "base/arena.h"

struct hit {
	float key; /* distance, or the negated score */
	uint32_t slot;
};

/* <0 if slot a stands before slot b; never 0 for different slots. */
typedef int topk_tie_fn(const void *ctx, uint32_t a, uint32_t b);

struct topk {
	struct hit *at;
	size_t len, cap, k;
	struct arena *arena;
	topk_tie_fn *tie;
	const void *ctx;
};

/* Keeps the best k; the heap grows up to `most`, the number of candidates there can be. */
struct topk topk_new(struct arena *a, size_t k, size_t most, topk_tie_fn *tie, const void *ctx);

void topk_offer_slow(struct topk *t, struct hit hit);

/* False if a candidate with this key cannot enter. */
static inline bool topk_wants(const struct topk *t, float key)
{
	return t->len < t->k || (t->k && key <= t->at[0].key);
}

static inline void topk_offer(struct topk *t, float key, uint32_t slot)
{
	if (topk_wants(t, key))
		topk_offer_slow(t, (struct hit){key, slot});
}

/* Puts at[0..len) in order, best first; the heap takes no more offers. */
void topk_sort(struct topk *t);
