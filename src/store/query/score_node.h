/* The parsed form of ranking expressions, private to score*.c. */
#pragma once

#include "store/query/score.h"
#include "store/text/bm25.h"

enum score_kind {
	SCORE_BM25,
	SCORE_FILTER,  /* 1 where it matches */
	SCORE_SUM,     /* parts */
	SCORE_MAX,     /* parts; `number`: the floor of what matches */
	SCORE_PRODUCT, /* parts[0]; `number`: the weight */
};

struct score_term {
	const struct term *term;
	float weight;
};

struct score {
	enum score_kind kind;
	float number;
	struct filter *filter;
	struct score **parts;
	size_t parts_len;
	const struct text_index *text; /* of BM25; NULL: no document has the attribute */
	struct bm25 bm25;
	struct score_term *terms; /* each once, in the order of the query */
	size_t terms_len;
};
