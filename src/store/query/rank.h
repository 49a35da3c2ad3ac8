/* rank_by: what the rows of a query are put in order by. */
#pragma once

#include "store/query/score.h"

#define ORDER_BY_MAX 8

enum rank_kind {
	RANK_ORDER, /* by attributes, at last by ascending id; no $dist */
	RANK_ANN,   /* by distance; answered exactly */
	RANK_KNN,   /* the same; needs filters */
	RANK_SCORE, /* by descending score */
};

struct order_by {
	const struct attr *attr; /* NULL: the id */
	bool descending;
};

struct rank {
	enum rank_kind kind;
	const struct attr *attr; /* of ANN and kNN, with attr->type.dims floats */
	const float *vector;
	struct score *score;
	struct order_by order[ORDER_BY_MAX];
	size_t order_len; /* 0: by id alone */
};

/* Parses the rank_by that stands at `path` (NULL: none, order by id) into the arena; use it only while the
 * read lock is held. On refusal -E_INVALID. */
MUST_USE int rank_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct rank *ret_rank, struct refusal *r);
/* The attribute and the vector of [attr, operator, vector] alone, for which rank_by's rules hold. */
MUST_USE int rank_parse_vector(const struct namespace *ns, yyjson_val *json, const char *path,
    struct arena *a, struct rank *ret_rank, struct refusal *r);
/* <0 if document a stands before b in the order (RANK_ORDER), ties by ascending id; 0 for the same only. */
int rank_order_cmp(const struct rank *rank, const struct doc *a, const struct doc *b);
