#include "store/query/topk.h"

#define FIRST_CAP 8

struct topk topk_new(struct arena *a, size_t k, size_t most, topk_tie_fn *tie, const void *ctx)
{
	k = k < most ? k : most;
	size_t cap = k < FIRST_CAP ? k : FIRST_CAP;
	return (struct topk){
	    .at = arena_array(a, struct hit, cap), .cap = cap, .k = k, .arena = a, .tie = tie, .ctx = ctx};
}

static void grow(struct topk *t)
{
	struct hit *at = arena_alloc(t->arena, 2 * t->cap * sizeof *at);
	memcpy(at, t->at, t->len * sizeof *at);
	t->at = at;
	t->cap *= 2;
}

static bool before(const struct topk *t, struct hit a, struct hit b)
{
	if (a.key != b.key)
		return a.key < b.key;
	return t->tie(t->ctx, a.slot, b.slot) < 0;
}

/* Lets the hit sink from the hole at i to where no child is worse than it. */
static void sink(struct topk *t, size_t i, size_t len, struct hit hit)
{
	for (size_t child; (child = 2 * i + 1) < len; i = child) {
		if (child + 1 < len && before(t, t->at[child], t->at[child + 1]))
			child++;
		if (!before(t, hit, t->at[child]))
			break;
		t->at[i] = t->at[child];
	}
	t->at[i] = hit;
}

void topk_offer_slow(struct topk *t, struct hit hit)
{
	if (t->len == t->k) {
		if (before(t, hit, t->at[0]))
			sink(t, 0, t->len, hit);
		return;
	}
	if (t->len == t->cap)
		grow(t);
	size_t i = t->len++;
	for (size_t parent; i && before(t, t->at[parent = (i - 1) / 2], hit); i = parent)
		t->at[i] = t->at[parent];
	t->at[i] = hit;
}

void topk_sort(struct topk *t)
{
	for (size_t len = t->len; len > 1; len--) {
		struct hit last = t->at[len - 1];
		t->at[len - 1] = t->at[0];
		sink(t, 0, len - 1, last);
	}
}
