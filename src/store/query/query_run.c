#include "store/query/distance.h"
#include "store/query/query_plan.h"
#include "store/query/rrf.h"

/* Rows of vectors up to this many bytes are compared before the filter is asked: reading a document elsewhere
 * in memory costs more than that. */
#define SHORT_VECTOR_BYTES 1024

static int by_id(const void *ctx, uint32_t a, uint32_t b)
{
	const struct namespace *ns = ctx;
	return span_cmp(ns->docs.at[a]->id, ns->docs.at[b]->id);
}

struct order_ctx {
	const struct namespace *ns;
	const struct rank *rank;
};

static int by_order(const void *ctx, uint32_t a, uint32_t b)
{
	const struct order_ctx *o = ctx;
	return rank_order_cmp(o->rank, o->ns->docs.at[a], o->ns->docs.at[b]);
}

/* The slots that a leg looks at: those of the ids that its filter names, else all. */
static struct slot_list candidates_of(const struct query *q, const struct leg *leg)
{
	struct slot_list c;
	if (filter_names_ids(leg->filter, q->ns, q->arena, &c.at, &c.len))
		return c;
	return (struct slot_list){.len = q->ns->docs.len};
}

/* Rows go to the leg's hits, or first to the groups of its limit.per. */
static bool wants(const struct leg *leg, float key)
{
	return leg->per || topk_wants(&leg->hits, key);
}

static void offer(const struct query *q, struct leg *leg, float key, uint32_t slot)
{
	if (leg->per)
		per_limit_offer(leg->per, &leg->hits, key, q->ns->docs.at[slot]);
	else
		topk_offer(&leg->hits, key, slot);
}

static void run_order(const struct query *q, struct leg *leg)
{
	struct slot_list c = candidates_of(q, leg);
	for (size_t i = 0; i < c.len; i++) {
		uint32_t slot = slot_list_get(&c, i);
		const struct doc *d = q->ns->docs.at[slot];
		if (d && filter_match(leg->filter, d))
			offer(q, leg, 0, slot);
	}
}

static int run_aggregates(const struct query *q, struct leg *leg, struct refusal *r)
{
	struct slot_list c = candidates_of(q, leg);
	for (size_t i = 0; i < c.len; i++) {
		const struct doc *d = q->ns->docs.at[slot_list_get(&c, i)];
		if (!d || !filter_match(leg->filter, d))
			continue;
		if (leg->grouping)
			grouping_add(leg->grouping, d);
		else
			aggregates_add(leg->aggregates, d);
	}
	if (leg->grouping && grouping_overflowed(leg->grouping))
		return refuse(r, 400, "💔 group_by makes more than %d groups", GROUPS_MAX);
	return 0;
}

static void run_vector(const struct query *q, struct leg *leg)
{
	const struct rank *rank = &leg->rank;
	const struct distances distances = distances_from(q->ns, rank->attr, rank->vector);
	bool filter_first = leg->filter && vector_bytes(rank->attr->type) > SHORT_VECTOR_BYTES;
	struct slot_list c = candidates_of(q, leg);
	for (size_t i = 0; i < c.len; i++) {
		uint32_t slot = slot_list_get(&c, i);
		const struct doc *d = q->ns->docs.at[slot];
		if (!d || (filter_first && !filter_match(leg->filter, d)))
			continue;
		float key = distance_to(&distances, slot);
		if (wants(leg, key) && (filter_first || filter_match(leg->filter, d)))
			offer(q, leg, key, slot);
	}
}

static void run_score(const struct query *q, struct leg *leg)
{
	struct slot_list c = candidates_of(q, leg);
	if (!c.at)
		c = score_candidates(q->ns, leg->rank.score, q->arena);
	struct scores scores = score_slots(q->ns, leg->rank.score, c, q->arena);
	for (size_t i = 0; i < c.len; i++) {
		uint32_t slot = slot_list_get(&c, i);
		float key = -scores.at[i];
		if (scores.rows[i] && wants(leg, key) && filter_match(leg->filter, q->ns->docs.at[slot]))
			offer(q, leg, key, slot);
	}
}

static void run_rows(struct query *q, struct leg *leg)
{
	struct order_ctx *order = arena_one(q->arena, struct order_ctx);
	*order = (struct order_ctx){q->ns, &leg->rank};
	bool ordered = leg->rank.kind == RANK_ORDER;
	leg->hits = topk_new(q->arena, leg->offset + leg->limit, namespace_row_count(q->ns),
	    ordered ? by_order : by_id, ordered ? (const void *)order : q->ns);
	if (ordered)
		run_order(q, leg);
	else if (leg->rank.kind == RANK_SCORE)
		run_score(q, leg);
	else
		run_vector(q, leg);
	if (leg->per)
		per_limit_collect(leg->per, &leg->hits);
	topk_sort(&leg->hits);
}

static void fuse(struct query *q)
{
	struct rrf_list lists[QUERY_LEGS_MAX];
	q->legs_of_slot = arena_array(q->arena, uint16_t, q->ns->docs.len);
	for (size_t i = 0; i < q->legs_len; i++) {
		struct topk rows = leg_rows(&q->legs[i]);
		lists[i] = (struct rrf_list){rows.at, rows.len, q->fusion.weights[i]};
		for (size_t at = 0; at < rows.len; at++)
			q->legs_of_slot[rows.at[at].slot] |= (uint16_t)(1U << i);
	}
	q->fused_hits =
	    rrf_fuse(q->arena, lists, q->legs_len, q->fusion.rank_constant, q->fusion.limit, by_id, q->ns);
}

int query_run(struct query *q, struct refusal *r)
{
	int rc = 0;
	for (size_t i = 0; i < q->legs_len && rc == 0; i++) {
		if (q->legs[i].aggregates)
			rc = run_aggregates(q, &q->legs[i], r);
		else
			run_rows(q, &q->legs[i]);
	}
	if (rc < 0)
		return rc;
	if (q->fused)
		fuse(q);
	for (size_t i = 0; i < q->legs_len; i++) {
		if (q->legs[i].computed)
			computed_run(
			    q->legs[i].computed, q->fused ? q->fused_hits : leg_rows(&q->legs[i]), q->arena);
	}
	return 0;
}
