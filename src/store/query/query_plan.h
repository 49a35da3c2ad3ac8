/* A query between its stages: parse (query_parse.c), run (query_run.c), print (query_print.c). */
#pragma once

#include "store/query/compute.h"
#include "store/query/group.h"
#include "store/query/per_limit.h"
#include "store/query/query.h"
#include "store/query/rank.h"
#include "store/query/topk.h"

#define QUERY_ROWS_MAX 10000
#define QUERY_LEGS_MAX 16

/* A single query, or one of a multi-query. */
struct leg {
	yyjson_val *json; /* as it came */
	struct rank rank;
	bool ranked;                   /* has a rank_by */
	struct filter *filter;         /* NULL: none */
	struct aggregates *aggregates; /* NULL: rows */
	struct grouping *grouping;     /* NULL: one figure each */
	size_t limit, offset;          /* of rows or groups */
	struct per_limit *per;         /* NULL: none */
	bool *include;                 /* by attribute index: goes into the rows */
	struct computed *computed;     /* NULL: none */
	struct topk hits;              /* of the run; only at[offset..len) are rows */
};

struct fusion {
	double rank_constant;
	double weights[QUERY_LEGS_MAX];
	size_t limit;
};

struct query {
	const struct namespace *ns;
	struct query_times times;
	struct arena *arena;
	bool vectors_base64;
	bool multi; /* has `queries` */
	struct leg legs[QUERY_LEGS_MAX];
	size_t legs_len;
	bool fused; /* has `rerank_by` */
	struct fusion fusion;
	struct topk fused_hits; /* of the run */
	uint16_t *legs_of_slot; /* of the run, if fused: bit i is set where leg i returned the slot */
};

/* Parses the body of a query into the arena. On refusal -E_INVALID. */
MUST_USE int query_parse(const struct namespace *ns, yyjson_val *body, struct arena *a,
    struct query **ret_query, struct refusal *r);
/* 400 if there are more groups than can be. */
MUST_USE int query_run(struct query *q, struct refusal *r);
/* The whole reply; started_ns: when the query began, by time_mono_ns(). */
void query_print(const struct query *q, uint64_t started_ns, struct buf *out);

/* The rows of a leg. */
static inline struct topk leg_rows(const struct leg *leg)
{
	struct topk rows = leg->hits;
	size_t skip = leg->offset < rows.len ? leg->offset : rows.len;
	rows.at += skip;
	rows.len -= skip;
	return rows;
}
