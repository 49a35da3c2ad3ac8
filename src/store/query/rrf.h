/* Reciprocal rank fusion: a document's score is the sum, over the lists that hold it, of
 * weight / (rank_constant + rank), ranks counting from 1. */
#pragma once

#include "store/query/topk.h"

struct rrf_list {
	const struct hit *hits; /* best first, each slot once */
	size_t len;
	double weight;
};

/* The best `limit` of all lists, best first; a hit's key is the negated score. Equal scores are put in order
 * by `tie`. */
struct topk rrf_fuse(struct arena *a, const struct rrf_list *lists, size_t n, double rank_constant,
    size_t limit, topk_tie_fn *tie, const void *ctx);
