#include "store/query/topk.h"

struct topk topk_new(struct arena *a, size_t k, size_t most, topk_tie_fn *tie, const void *ctx)
{
	k = k < most ? k : most;
	return (struct topk){.at = arena_array(a, struct hit, k), .k = k, .tie = tie, .ctx = ctx};
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
