/* The parsed form of ranking expressions, private to score*.c. */
#pragma once

#include "store/query/score.h"
#include "store/text/bm25.h"

enum score_kind {
	SCORE_BM25,
	SCORE_FILTER,    /* 1 where it matches */
	SCORE_SPARSE,    /* Σ weight · weight over the dimensions that are in both */
	SCORE_ATTRIBUTE, /* its value, 0 without */
	SCORE_DIST,      /* |value − origin|, infinite without a value */
	SCORE_SUM,       /* parts */
	SCORE_MAX,       /* parts, and `number` as a floor */
	SCORE_PRODUCT,   /* parts[0]; `number`: the weight */
	SCORE_SATURATE,  /* parts[0]: v^exponent / (v^exponent + midpoint^exponent) */
	SCORE_DECAY,     /* 1 − Saturate */
};

struct score_term {
	const struct term *term;
	float weight;
};

struct score {
	enum score_kind kind;
	bool zeros; /* holds Attribute or Dist: documents that score 0 are rows as well */
	float number;
	double midpoint, exponent;
	const struct attr *attr; /* of Attribute, Dist and SparseKNN */
	struct value sparse;     /* of the query */
	union scalar origin;
	struct filter *filter;
	struct score **parts;
	size_t parts_len;
	const struct text_index *text; /* of BM25; NULL: no document has the attribute */
	struct bm25 bm25;
	struct score_term *terms; /* each once, in the order of the query */
	size_t terms_len;
	const uint64_t *prefixed; /* the documents that last_as_prefix matches, or NULL */
};
