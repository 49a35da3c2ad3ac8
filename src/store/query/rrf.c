#include "store/query/rrf.h"

#include <stdlib.h>

struct part {
	uint32_t slot, list;
	double score;
};

/* By slot, then by list: the order in which a document's parts are added is fixed. */
static int part_cmp(const void *x, const void *y)
{
	const struct part *a = x, *b = y;
	if (a->slot != b->slot)
		return a->slot < b->slot ? -1 : 1;
	return a->list < b->list ? -1 : a->list > b->list;
}

struct topk rrf_fuse(struct arena *a, const struct rrf_list *lists, size_t n, double rank_constant,
    size_t limit, topk_tie_fn *tie, const void *ctx)
{
	size_t len = 0;
	for (size_t i = 0; i < n; i++)
		len += lists[i].len;
	struct part *parts = arena_array(a, struct part, len), *part = parts;
	for (size_t i = 0; i < n; i++) {
		for (size_t at = 0; at < lists[i].len; at++) {
			double score = lists[i].weight / (rank_constant + (double)(at + 1));
			*part++ = (struct part){lists[i].hits[at].slot, (uint32_t)i, score};
		}
	}
	qsort(parts, len, sizeof *parts, part_cmp);

	struct topk best = topk_new(a, limit, len, tie, ctx);
	for (size_t i = 0; i < len;) {
		double score = 0;
		uint32_t slot = parts[i].slot;
		for (; i < len && parts[i].slot == slot; i++)
			score += parts[i].score;
		topk_offer(&best, -(float)score, slot);
	}
	topk_sort(&best);
	return best;
}
