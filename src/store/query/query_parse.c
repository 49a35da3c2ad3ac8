#include "store/query/query_plan.h"

/* Where the parser stands: the whole body, or one of its `queries`. */
struct parser {
	struct query *q;
	struct refusal *r;
	yyjson_val *json;
	struct span path; /* "" or "queries[2]." */
};

/* The field, or NULL if it is absent or null. */
static yyjson_val *field(const struct parser *p, const char *name)
{
	yyjson_val *v = yyjson_obj_get(p->json, name);
	return yyjson_is_null(v) ? NULL : v;
}

static const char *path_of(const struct parser *p, const char *name)
{
	return arena_printf(p->q->arena, "%.*s%s", SPAN_FMT(p->path), name).ptr;
}

static int parse_consistency(const struct parser *p)
{
	yyjson_val *consistency = field(p, "consistency"), *level;
	if (!consistency)
		return 0;
	if (!yyjson_is_obj(consistency))
		return refuse_type(p->r, "consistency", consistency, "struct Consistency");
	level = yyjson_obj_get(consistency, "level");
	if (!level)
		return refuse_shape(p->r, "consistency", "missing field `level`");
	if (!yyjson_is_str(level))
		return refuse_type(p->r, "consistency.level", level, "variant identifier");
	if (yyjson_equals_str(level, "strong") || yyjson_equals_str(level, "eventual"))
		return 0;
	return refuse_shape(p->r, "consistency.level",
	    "unknown variant `%.*s`, expected `strong` or `eventual`", SPAN_FMT(json_span(level)));
}

static int parse_vector_encoding(const struct parser *p)
{
	yyjson_val *encoding = field(p, "vector_encoding");
	if (!encoding)
		return 0;
	if (!yyjson_is_str(encoding))
		return refuse_type(p->r, "vector_encoding", encoding, "variant identifier");
	p->q->vectors_base64 = yyjson_equals_str(encoding, "base64");
	if (p->q->vectors_base64 || yyjson_equals_str(encoding, "float"))
		return 0;
	return refuse_shape(p->r, "vector_encoding", "unknown variant `%.*s`, expected `float` or `base64`",
	    SPAN_FMT(json_span(encoding)));
}

static int check_distance_metric(const struct parser *p)
{
	yyjson_val *name = field(p, "distance_metric");
	enum metric has = p->q->ns->schema->metric;
	if (!name)
		return 0;
	if (metric_parse(json_span(name)) == METRIC_NONE)
		return refuse_shape(p->r, path_of(p, "distance_metric"),
		    "unknown variant `%.*s`, expected one of `Unknown`, `euclidean_squared`, "
		    "`cosine_distance`, "
		    "`euclidean`, `Query`",
		    SPAN_FMT(json_span(name)));
	if (metric_parse(json_span(name)) == has)
		return 0;
	return refuse(p->r, 400, "💔 distance metric mismatch, expected %.*s, got %.*s",
	    SPAN_FMT(metric_name(has)), SPAN_FMT(json_span(name)));
}

/* `limit`, as a number or {"total": number}, or its older name `top_k`; 0 if there is none. */
static int parse_limit(const struct parser *p, size_t *ret)
{
	yyjson_val *limit = field(p, "limit"), *top_k = field(p, "top_k");
	if (limit && top_k)
		return refuse(p->r, 400, "💔 cannot specify both limit and top_k");
	if (yyjson_is_obj(limit)) {
		limit = yyjson_obj_get(limit, "total");
		if (!limit)
			return refuse_shape(p->r, path_of(p, "limit"),
			    "data did not match any variant of untagged enum LimitInput");
	}
	if (top_k && !yyjson_is_uint(top_k))
		return refuse_type(p->r, path_of(p, "top_k"), top_k, "usize");
	if (limit && !yyjson_is_uint(limit))
		return refuse_shape(
		    p->r, path_of(p, "limit"), "data did not match any variant of untagged enum LimitInput");
	if (!limit && !top_k)
		return 0;
	uint64_t total = yyjson_get_uint(limit ? limit : top_k);
	if (total == 0 || total > QUERY_ROWS_MAX)
		return refuse(p->r, 400, "💔 top_k must be between 1 and %d", QUERY_ROWS_MAX);
	*ret = total;
	return 0;
}

/* The member `per` of the limit, or NULL. */
static yyjson_val *limit_per(const struct parser *p)
{
	yyjson_val *per = yyjson_obj_get(field(p, "limit"), "per");
	return yyjson_is_null(per) ? NULL : per;
}

static int parse_rows(const struct parser *p, struct leg *leg)
{
	yyjson_val *offset = field(p, "offset"), *per = limit_per(p);
	int rc = parse_limit(p, &leg->limit);
	if (rc < 0)
		return rc;
	if (leg->limit == 0)
		return refuse(p->r, 400, "💔 rank_by queries must specify top_k or limit");
	if (per)
		rc = per_limit_parse(
		    p->q->ns, per, path_of(p, "limit"), leg->limit, p->q->arena, &leg->per, p->r);
	if (rc < 0)
		return rc;
	if (!offset)
		return 0;
	if (!yyjson_is_uint(offset))
		return refuse_type(p->r, path_of(p, "offset"), offset, "usize");
	if (!leg->ranked)
		return refuse(p->r, 400, "💔 offset requires rank_by");
	if (yyjson_get_uint(offset) > QUERY_ROWS_MAX - leg->limit)
		return refuse(p->r, 400, "💔 offset + limit must be at most %d", QUERY_ROWS_MAX);
	leg->offset = yyjson_get_uint(offset);
	return 0;
}

/* Marks the named attributes with `mark`. */
static int mark_attributes(
    const struct parser *p, yyjson_val *names, const char *in, bool mark, struct leg *leg)
{
	size_t i, n;
	yyjson_val *name;
	yyjson_arr_foreach(names, i, n, name)
	{
		if (!yyjson_is_str(name))
			return refuse_type(p->r, path_of(p, in), name, "a string");
		const struct attr *attr = schema_find(p->q->ns->schema, json_span(name));
		if (attr)
			leg->include[attr->index] = mark;
		else if (mark && !yyjson_equals_str(name, "id"))
			return refuse(p->r, 400,
			    "💔 attribute \"%.*s\" not found in schema, cannot be part of "
			    "`include_attributes`. consider "
			    "passing `include_attributes=True` to return all attribute data instead",
			    SPAN_FMT(json_span(name)));
	}
	return 0;
}

static int parse_attributes(const struct parser *p, struct leg *leg)
{
	yyjson_val *include = field(p, "include_attributes"), *exclude = field(p, "exclude_attributes");
	size_t attrs = p->q->ns->schema->attrs.len;
	leg->include = arena_array(p->q->arena, bool, attrs);
	if (include && exclude)
		return refuse(p->r, 400, "💔 cannot specify both include_attributes and exclude_attributes");
	if (exclude && !yyjson_is_arr(exclude))
		return refuse_type(p->r, path_of(p, "exclude_attributes"), exclude, "a sequence");
	if (include && !yyjson_is_arr(include) && !yyjson_is_bool(include))
		return refuse_type(p->r, path_of(p, "include_attributes"), include, "a sequence");
	for (size_t i = 0; i < attrs; i++)
		leg->include[i] =
		    (exclude || yyjson_is_true(include)) && !p->q->ns->schema->attrs.at[i]->dropped;
	if (exclude)
		return mark_attributes(p, exclude, "exclude_attributes", false, leg);
	return mark_attributes(p, include, "include_attributes", true, leg);
}

static int parse_computed(const struct parser *p, struct leg *leg)
{
	yyjson_val *computed = field(p, "compute_attributes");
	if (!computed)
		return 0;
	return computed_parse(p->q->ns, computed, path_of(p, "compute_attributes"), field(p, "rank_by"),
	    p->q->arena, &leg->computed, p->r);
}

/* Whether the request says that rows show the id, which they always do. */
static bool names_id(const struct parser *p)
{
	size_t i, n;
	yyjson_val *include = field(p, "include_attributes"), *name;
	bool named = yyjson_is_true(include) || field(p, "exclude_attributes");
	yyjson_arr_foreach(include, i, n, name)
	{
		named |= yyjson_equals_str(name, "id");
	}
	return named;
}

static int parse_filters(const struct parser *p, struct leg *leg)
{
	yyjson_val *filters = field(p, "filters");
	if (!filters)
		return 0;
	return filter_parse(p->q->ns, filters, path_of(p, "filters"), p->q->arena, &leg->filter, p->r);
}

static int parse_rank(const struct parser *p, struct leg *leg)
{
	yyjson_val *rank_by = field(p, "rank_by");
	struct query *q = p->q;
	leg->ranked = rank_by;
	int rc = rank_parse(q->ns, rank_by, path_of(p, "rank_by"), q->arena, &leg->rank, p->r);
	if (rc == 0)
		rc = parse_filters(p, leg);
	if (rc == 0 && leg->rank.kind == RANK_KNN && !leg->filter)
		return refuse(p->r, 400, "💔 kNN queries require filters");
	return rc;
}

/* An empty group_by is none. */
static int parse_grouping(const struct parser *p, struct leg *leg)
{
	yyjson_val *group_by = field(p, "group_by");
	leg->limit = QUERY_ROWS_MAX;
	if (group_by && !(yyjson_is_arr(group_by) && yyjson_arr_size(group_by) == 0)) {
		int rc = grouping_parse(p->q->ns, group_by, path_of(p, "group_by"), p->q->arena,
		    leg->aggregates, &leg->grouping, p->r);
		return rc < 0 ? rc : parse_limit(p, &leg->limit);
	}
	if (field(p, "top_k"))
		return refuse(p->r, 400, "💔 top_k is not supported in aggregation queries without group_by");
	return 0;
}

/* Figures instead of rows: fields that speak of rows have no place beside them. */
static int parse_aggregation(const struct parser *p, yyjson_val *aggregate_by, struct leg *leg)
{
	static const char *const of_rows[] = {
	    "rank_by", "include_attributes", "exclude_attributes", "compute_attributes", "offset"};
	static const char *const unknown[] = {"limit", "distance_metric"};
	for (size_t i = 0; i < sizeof of_rows / sizeof *of_rows; i++) {
		if (field(p, of_rows[i]))
			return refuse(p->r, 400, "💔 cannot specify both aggregate_by and %s", of_rows[i]);
	}
	for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
		if (field(p, unknown[i]))
			return refuse_shape(p->r, path_of(p, unknown[i]), "unknown field `%s`", unknown[i]);
	}
	int rc = parse_filters(p, leg);
	if (rc == 0)
		rc = aggregates_parse(
		    p->q->ns, aggregate_by, path_of(p, "aggregate_by"), p->q->arena, &leg->aggregates, p->r);
	return rc < 0 ? rc : parse_grouping(p, leg);
}

static int parse_leg(const struct parser *p)
{
	struct leg *leg = &p->q->legs[p->q->legs_len++];
	yyjson_val *aggregate_by = field(p, "aggregate_by");
	leg->json = p->json;
	if (aggregate_by)
		return parse_aggregation(p, aggregate_by, leg);
	if (field(p, "group_by"))
		return refuse(p->r, 400, "💔 group_by requires aggregate_by");
	int rc = check_distance_metric(p);
	if (rc == 0)
		rc = parse_rank(p, leg);
	if (rc == 0)
		rc = parse_rows(p, leg);
	if (rc == 0)
		rc = parse_attributes(p, leg);
	if (rc == 0 && leg->per)
		rc = per_limit_check(leg->per, leg->include, names_id(p), p->r);
	return rc < 0 ? rc : parse_computed(p, leg);
}

/* A leg of a multi-query. */
static int parse_sub_query(const struct parser *root, yyjson_val *json, size_t i)
{
	static const char *const of_root[] = {"consistency", "vector_encoding", "queries", "rerank_by"};
	struct parser p = *root;
	p.json = json;
	p.path = arena_printf(p.q->arena, "queries[%zu]", i);
	if (!yyjson_is_obj(json))
		return refuse_type(p.r, p.path.ptr, json, "struct Query");
	for (size_t f = 0; f < sizeof of_root / sizeof *of_root; f++) {
		if (field(&p, of_root[f]))
			return refuse(p.r, 400,
			    "💔 `%s` belongs to the root of a multi-query, not to queries[%zu]", of_root[f],
			    i);
	}
	p.path = arena_printf(p.q->arena, "queries[%zu].", i);
	return parse_leg(&p);
}

/* What a leg takes of a namespace's concurrency. */
static size_t permits(const struct leg *leg)
{
	return leg->aggregates ? 4 : leg->rank.kind == RANK_KNN ? 2 : 1;
}

static int refuse_permits(const struct parser *p, size_t required)
{
	return refuse(p->r, 400,
	    "💔 multi-query exceeds per-namespace concurrency budget: requires %zu permits, max is %d (see "
	    "https://turbopuffer.com/docs/limits)",
	    required, QUERY_LEGS_MAX);
}

static int parse_legs(const struct parser *p, yyjson_val *queries)
{
	size_t i, n, required = 0;
	yyjson_val *json;
	if (!yyjson_is_arr(queries))
		return refuse_type(p->r, "queries", queries, "a sequence");
	if (yyjson_arr_size(queries) == 0)
		return refuse(p->r, 400, "💔 must send at least one sub-query");
	if (yyjson_arr_size(queries) > QUERY_LEGS_MAX)
		return refuse_permits(p, yyjson_arr_size(queries));
	yyjson_arr_foreach(queries, i, n, json)
	{
		int rc = parse_sub_query(p, json, i);
		if (rc < 0)
			return rc;
		required += permits(&p->q->legs[i]);
	}
	return required > QUERY_LEGS_MAX ? refuse_permits(p, required) : 0;
}

static int parse_weights(const struct parser *p, yyjson_val *weights)
{
	size_t i, n;
	yyjson_val *weight;
	if (!yyjson_is_arr(weights) || yyjson_arr_size(weights) != p->q->legs_len)
		return refuse(p->r, 400,
		    "💔 rerank_by: weights must be a list of %zu numbers, one per sub-query", p->q->legs_len);
	yyjson_arr_foreach(weights, i, n, weight)
	{
		p->q->fusion.weights[i] = yyjson_get_num(weight);
		if (!(p->q->fusion.weights[i] > 0))
			return refuse(p->r, 400, "💔 rerank_by: weights must be positive");
	}
	return 0;
}

static int parse_rrf_options(const struct parser *p, yyjson_val *options)
{
	yyjson_val *constant = yyjson_obj_get(options, "rank_constant"),
	           *weights = yyjson_obj_get(options, "weights");
	if (constant && !yyjson_is_null(constant)) {
		p->q->fusion.rank_constant = yyjson_get_num(constant);
		if (!(p->q->fusion.rank_constant > 0))
			return refuse(p->r, 400, "💔 rerank_by: rank_constant must be greater than 0");
	}
	return weights && !yyjson_is_null(weights) ? parse_weights(p, weights) : 0;
}

/* ["RRF"] or ["RRF", {"rank_constant", "weights"}]. Without a root limit, that of the longest leg. */
static int parse_rerank(const struct parser *p, yyjson_val *rerank)
{
	struct query *q = p->q;
	yyjson_val *options = yyjson_arr_get(rerank, 1);
	if (!yyjson_equals_str(yyjson_arr_get(rerank, 0), "RRF") || yyjson_arr_size(rerank) > 2 ||
	    (options && !yyjson_is_obj(options)))
		return refuse_shape(
		    p->r, "rerank_by", "data did not match any variant of untagged enum RerankInput");
	if (q->legs_len < 2)
		return refuse(p->r, 400, "💔 rerank_by requires at least two sub-queries");
	q->fused = true;
	q->fusion.rank_constant = 60;
	for (size_t i = 0; i < q->legs_len; i++) {
		q->fusion.weights[i] = 1;
		if (!q->legs[i].ranked)
			return refuse(p->r, 400, "💔 rerank_by requires rank_by in every sub-query");
	}
	if (limit_per(p))
		return refuse(p->r, 400, "💔 limit.per belongs to the sub-queries, not to the fused list");
	int rc = parse_rrf_options(p, options);
	if (rc == 0)
		rc = parse_limit(p, &q->fusion.limit);
	for (size_t i = 0; i < q->legs_len && rc == 0 && !field(p, "limit") && !field(p, "top_k"); i++) {
		if (q->legs[i].limit > q->fusion.limit)
			q->fusion.limit = q->legs[i].limit;
	}
	return rc;
}

static int parse_body(struct query *q, yyjson_val *body, struct refusal *r)
{
	struct parser p = {.q = q, .r = r, .json = body, .path = SPAN("")};
	if (!yyjson_is_obj(body))
		return refuse_type(r, "", body, "struct Query");
	int rc = parse_consistency(&p);
	if (rc == 0)
		rc = parse_vector_encoding(&p);
	if (rc < 0)
		return rc;
	yyjson_val *queries = field(&p, "queries"), *rerank = field(&p, "rerank_by");
	if (!queries)
		return rerank ? refuse(r, 400, "💔 rerank_by requires queries") : parse_leg(&p);
	q->multi = true;
	rc = parse_legs(&p, queries);
	return rc == 0 && rerank ? parse_rerank(&p, rerank) : rc;
}

int query_parse(const struct namespace *ns, yyjson_val *body, struct arena *a, struct query **ret_query,
    struct refusal *r)
{
	struct query *q = arena_one(a, struct query);
	q->ns = ns;
	q->arena = a;
	int rc = parse_body(q, body, r);
	if (rc == 0)
		*ret_query = q;
	return rc;
}
