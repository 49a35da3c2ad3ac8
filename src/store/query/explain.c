#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/data/shown.h"
#include "store/query/query_plan.h"
#include "json/write.h"

/* The plan as text for people: the expressions as trees, and what answers each part. */

struct explainer {
	const struct query *q;
	struct buf *out; /* the text, not yet as JSON */
};

__attribute__((format(printf, 3, 4))) static void put_line(
    struct explainer *e, unsigned depth, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *line = NULL;
	int n = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	buf_printf(e->out, "%*s", (int)(2 * depth), "");
	buf_append(e->out, span_of(line, (size_t)n));
	buf_byte(e->out, '\n');
	free(line);
}

static struct span text_of(const struct explainer *e, yyjson_val *json)
{
	return shown(e->q->arena, json);
}

/* How an operator's answer is found. */
static const char *source_of(struct span attr, struct span op)
{
	static const struct {
		const char *op, *source;
	} sources[] = {
	    {"BM25", "full-text index"},
	    {"ContainsAllTokens", "full-text index"},
	    {"ContainsAnyToken", "full-text index"},
	    {"ContainsTokenSequence", "full-text index with positions"},
	    {"Regex", "searched in every document"},
	    {"ANN", "all vectors compared, exact"},
	    {"kNN", "all vectors compared, exact"},
	    {"SparseKNN", "all vectors compared, exact"},
	    {"VectorDist", "computed for each row returned"},
	};
	if (span_eq(attr, SPAN("Highlight")))
		return "computed for each row returned";
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		if (span_eq(op, span_str(sources[i].op)))
			return sources[i].source;
	}
	if (span_eq(attr, SPAN("id")) && (span_eq(op, SPAN("Eq")) || span_eq(op, SPAN("In"))))
		return "lookup by id";
	return "tested on each document";
}

/* [attr, operator, operand, options…] */
static bool is_clause(yyjson_val *json)
{
	return yyjson_arr_size(json) >= 3 && yyjson_is_str(yyjson_arr_get(json, 0)) &&
	       yyjson_is_str(yyjson_arr_get(json, 1));
}

static void put_tree(struct explainer *e, unsigned depth, yyjson_val *json);

static void put_clause(struct explainer *e, unsigned depth, yyjson_val *json)
{
	struct span attr = json_span(yyjson_arr_get(json, 0)), op = json_span(yyjson_arr_get(json, 1));
	struct span operand = text_of(e, yyjson_arr_get(json, 2));
	yyjson_val *options = yyjson_arr_get(json, 3);
	struct span more = options ? text_of(e, options) : SPAN("");
	put_line(e, depth, "%.*s %.*s %.*s%s%.*s (%s)", SPAN_FMT(attr), SPAN_FMT(op), SPAN_FMT(operand),
	    options ? " " : "", SPAN_FMT(more), source_of(attr, op));
}

/* The parts of [name, part, …] or [name, [part, …]]. */
static void put_parts(struct explainer *e, unsigned depth, yyjson_val *json)
{
	size_t i, n;
	yyjson_val *part;
	bool named = yyjson_is_str(yyjson_arr_get_first(json));
	if (named)
		put_line(e, depth++, "%.*s", SPAN_FMT(json_span(yyjson_arr_get_first(json))));
	yyjson_arr_foreach(json, i, n, part)
	{
		if (i > 0 || !named)
			put_tree(e, depth, part);
	}
}

static void put_tree(struct explainer *e, unsigned depth, yyjson_val *json)
{
	bool pair = yyjson_arr_size(json) == 2 && yyjson_is_str(yyjson_arr_get(json, 1)); /* [attr, "asc"] */
	if (is_clause(json))
		put_clause(e, depth, json);
	else if (yyjson_is_arr(json) && !pair)
		put_parts(e, depth, json);
	else if (pair)
		put_line(e, depth, "%.*s %.*s", SPAN_FMT(text_of(e, yyjson_arr_get(json, 0))),
		    SPAN_FMT(text_of(e, yyjson_arr_get(json, 1))));
	else
		put_line(e, depth, "%.*s", SPAN_FMT(text_of(e, json)));
}

/* A field of the leg, if it is there. */
static void put_field(struct explainer *e, const struct leg *leg, const char *name, const char *title)
{
	yyjson_val *json = yyjson_obj_get(leg->json, name), *key, *v;
	size_t i, n;
	if (!json || yyjson_is_null(json))
		return;
	put_line(e, 1, "%s:", title);
	if (!yyjson_is_obj(json))
		put_tree(e, 2, json);
	yyjson_obj_foreach(json, i, n, key, v)
	{
		put_line(e, 2, "%.*s:", SPAN_FMT(json_span(key)));
		put_tree(e, 3, v);
	}
}

static void put_access(struct explainer *e, const struct leg *leg)
{
	const uint32_t *slots;
	size_t named, rows = namespace_row_count(e->q->ns);
	if (filter_names_ids(leg->filter, e->q->ns, e->q->arena, &slots, &named))
		put_line(e, 1, "reads: %zu of %zu documents, which the filter names by id", named, rows);
	else
		put_line(e, 1, "reads: all %zu documents", rows);
}

static void put_result(struct explainer *e, const struct leg *leg)
{
	static const char *const orders[] = {
	    [RANK_ORDER] = "in the order of the attributes, then by ascending id",
	    [RANK_ANN] = "by ascending distance, then by ascending id",
	    [RANK_KNN] = "by ascending distance, then by ascending id",
	    [RANK_SCORE] = "by descending score, then by ascending id",
	};
	struct span names = SPAN("id");
	if (leg->aggregates) {
		put_line(e, 1, "result: %s, at most %zu groups",
		    leg->grouping ? "groups by ascending key" : "figures over all that pass", leg->limit);
		return;
	}
	vec_each (&e->q->ns->schema->attrs, attr) {
		if (leg->include[(*attr)->index])
			names =
			    arena_printf(e->q->arena, "%.*s, %.*s", SPAN_FMT(names), SPAN_FMT((*attr)->name));
	}
	put_line(e, 1, "result: the first %zu %s, after %zu skipped; with %.*s", leg->limit,
	    orders[leg->rank.kind], leg->offset, SPAN_FMT(names));
}

static void put_leg(struct explainer *e, const struct leg *leg)
{
	put_access(e, leg);
	put_field(e, leg, "filters", "filter");
	put_field(e, leg, "rank_by", "rank");
	put_field(e, leg, "aggregate_by", "aggregate");
	put_field(e, leg, "group_by", "group");
	put_field(e, leg, "compute_attributes", "compute");
	if (leg->per)
		put_field(e, leg, "limit", "limit");
	put_result(e, leg);
}

static void put_plan(struct explainer *e)
{
	const struct query *q = e->q;
	for (size_t i = 0; i < q->legs_len; i++) {
		if (q->multi)
			put_line(e, 0, "query %zu of %zu", i + 1, q->legs_len);
		else
			put_line(e, 0, "query");
		put_leg(e, &q->legs[i]);
	}
	if (q->fused) {
		put_line(e, 0, "fusion: RRF with rank_constant %g, the first %zu rows",
		    q->fusion.rank_constant, q->fusion.limit);
		for (size_t i = 0; i < q->legs_len; i++)
			put_line(e, 1, "query %zu: weight %g", i + 1, q->fusion.weights[i]);
	}
}

int store_explain(const struct namespace *ns, bool indexed, yyjson_val *body, struct arena *a,
    struct buf *out, struct refusal *r)
{
	struct query *q;
	int rc = query_parse(ns, body, a, &q, r);
	if (rc < 0)
		return rc;
	if (!indexed)
		return refuse(r, 400, "index does not exist, cannot explain");
	struct buf text = buf_new(out->max);
	put_plan(&(struct explainer){q, &text});
	buf_lit(out, "{\"plan_text\":");
	json_put_string(out, buf_span(&text));
	buf_byte(out, '}');
	if (buf_status(&text) < 0)
		rc = refuse(r, 500, "the plan is %s", result_text(buf_status(&text)));
	buf_free(&text);
	return rc;
}
