/* What the gateway changes in the body of a query: which rows it may see, and that the gateway's own
 * attributes stay out of sight. Pure. Contract: page api/query "Stable reads", decisions "`consistency` in a
 * query", "Reserved attributes in answers", "Which shape a query has".
 *
 * All else stays byte for byte as it came, and what is not a query in a known shape passes untouched, so that
 * the store's own error answers. */
#pragma once

#include "base/arena.h"
#include "gateway/query/query.h"
#include "search/watermark.h"
#include "json/scan.h"

#define QUERY_LEGS_MAX 16

/* The members of a query, or of one leg of a batch, that are read here. */
enum query_member {
	QUERY_FILTERS,
	QUERY_INCLUDE,
	QUERY_EXCLUDE,
	QUERY_RANK_BY,
	QUERY_AGGREGATE_BY,
	QUERY_CONSISTENCY,
	QUERY_QUERIES,
	QUERY_RERANK_BY,
	QUERY_MEMBERS,
};

struct query_part {
	struct span text; /* the object */
	struct json_member members[QUERY_MEMBERS];
};

struct query_plan {
	struct span body;
	bool untouched; /* nothing here is ours to change */
	bool fused;     /* has rerank_by: passes as it is */
	struct query_part root;
	struct query_part legs[QUERY_LEGS_MAX]; /* of a batch */
	size_t leg_count;                       /* 0: a single query, which is the root */
	bool asks_strong;                       /* `consistency` of level strong */
	struct query_shape shape;
};

/* Reads a body. -E_JSON, -E_DEPTH, -E_DUPLICATE with *ret_error filled: a bad request. */
MUST_USE int query_plan_read(struct query_plan *p, struct span body, struct json_error *ret_error);

/* What the caller and the Index ask for together. */
enum watermark_wish query_plan_wish(const struct query_plan *p, bool index_eventual);

/* The body as it goes to the store, in the arena or the body itself. `reserved`: raw JSON names, each with a
 * comma behind it, that answers keep to themselves. */
struct span query_plan_body(const struct query_plan *p, struct arena *a, enum watermark_read read,
    uint64_t watermark_ms, struct span reserved);
