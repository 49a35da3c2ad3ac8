#include "store/query/rank.h"

struct parser {
	const struct namespace *ns;
	struct arena *arena;
	struct refusal *r;
	const char *path;
};

static int no_rank(const struct parser *p)
{
	return refuse_shape(
	    p->r, p->path, "data did not match any variant of enum a valid variant of RankInput");
}

static int find_attr(const struct parser *p, struct span name, const struct attr **ret)
{
	const struct attr *attr = schema_find(p->ns->schema, name);
	if (!attr)
		return refuse(p->r, 400, "💔 rank_by field \"%.*s\" not found in schema", SPAN_FMT(name));
	*ret = attr;
	return 0;
}

static bool is_direction(yyjson_val *json)
{
	return yyjson_equals_str(json, "asc") || yyjson_equals_str(json, "desc");
}

static bool is_order_pair(yyjson_val *json)
{
	return yyjson_arr_size(json) == 2 && yyjson_is_str(yyjson_arr_get(json, 0)) &&
	       is_direction(yyjson_arr_get(json, 1));
}

static int add_order(const struct parser *p, yyjson_val *pair, struct rank *rank)
{
	struct span name = json_span(yyjson_arr_get(pair, 0));
	struct order_by *by = &rank->order[rank->order_len++];
	*by = (struct order_by){.descending = yyjson_equals_str(yyjson_arr_get(pair, 1), "desc")};
	if (span_eq(name, SPAN("id")))
		return 0;
	int rc = find_attr(p, name, &by->attr);
	if (rc < 0)
		return rc;
	struct value_type type = by->attr->type;
	if (type.array || !value_base_compares(type.base))
		return refuse(p->r, 400, "💔 rank_by field \"%.*s\" of type %.*s cannot be ordered by",
		    SPAN_FMT(name), SPAN_FMT(value_type_text(p->arena, type)));
	return 0;
}

static int parse_orders(const struct parser *p, yyjson_val *list, struct rank *rank)
{
	size_t i, n;
	yyjson_val *pair;
	if (yyjson_arr_size(list) > ORDER_BY_MAX)
		return refuse(p->r, 400, "💔 rank_by can order by at most %d attributes, got %zu",
		    ORDER_BY_MAX, yyjson_arr_size(list));
	yyjson_arr_foreach(list, i, n, pair)
	{
		int rc = is_order_pair(pair) ? add_order(p, pair, rank) : no_rank(p);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int parse_vector(const struct parser *p, yyjson_val *json, struct rank *rank)
{
	struct span name = json_span(yyjson_arr_get(json, 0));
	yyjson_val *operand = yyjson_arr_get(json, 2);
	uint32_t dims;
	int rc = find_attr(p, name, &rank->attr);
	if (rc < 0)
		return rc;
	if (yyjson_equals_str(yyjson_arr_get(operand, 0), "Embed"))
		return refuse_unsupported(p->r, "Embed");
	if (yyjson_is_arr(yyjson_arr_get(operand, 0)))
		return refuse_unsupported(p->r, "multi-vector rank_by");
	if (rank->attr->type.base != VALUE_VECTOR)
		return refuse(
		    p->r, 400, "💔 rank_by field \"%.*s\" is not a vector attribute", SPAN_FMT(name));
	if (vector_from_json(p->arena, operand, &rank->vector, &dims) < 0)
		return refuse(p->r, 400,
		    "💔 rank_by field \"%.*s\": the query vector must be an array of finite numbers or base64 "
		    "of f32",
		    SPAN_FMT(name));
	if (dims != rank->attr->type.dims)
		return refuse(p->r, 400,
		    "💔 rank_by field \"%.*s\": vector dimension mismatch, expected %u, got %u",
		    SPAN_FMT(name), rank->attr->type.dims, dims);
	return 0;
}

static int parse(const struct parser *p, yyjson_val *json, struct rank *rank)
{
	if (!yyjson_is_arr(json))
		return no_rank(p);
	if (yyjson_arr_size(json) == 0)
		return refuse(p->r, 400, "💔 rank_by cannot be empty");
	if (is_order_pair(json))
		return add_order(p, json, rank);
	if (yyjson_is_arr(yyjson_arr_get_first(json)))
		return parse_orders(p, json, rank);
	bool ann = yyjson_equals_str(yyjson_arr_get(json, 1), "ANN");
	bool knn = yyjson_equals_str(yyjson_arr_get(json, 1), "kNN");
	if (yyjson_arr_size(json) == 3 && (ann || knn)) {
		rank->kind = ann ? RANK_ANN : RANK_KNN;
		return parse_vector(p, json, rank);
	}
	rank->kind = RANK_SCORE;
	return score_parse(p->ns, json, p->path, p->arena, &rank->score, p->r);
}

int rank_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct rank *ret_rank, struct refusal *r)
{
	struct parser p = {.ns = ns, .arena = a, .r = r, .path = path};
	struct rank rank = {.kind = RANK_ORDER};
	int rc = json ? parse(&p, json, &rank) : 0;
	if (rc == 0)
		*ret_rank = rank;
	return rc;
}

int rank_parse_vector(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct rank *ret_rank, struct refusal *r)
{
	struct parser p = {.ns = ns, .arena = a, .r = r, .path = path};
	struct rank rank = {.kind = RANK_ANN};
	int rc = parse_vector(&p, json, &rank);
	if (rc == 0)
		*ret_rank = rank;
	return rc;
}

/* A missing value is less than every other. */
static int attr_cmp(const struct attr *attr, const struct doc *a, const struct doc *b)
{
	const struct value *x = doc_value(a, attr->index), *y = doc_value(b, attr->index);
	if (!x || !y)
		return (x != NULL) - (y != NULL);
	return scalar_cmp(attr->type.base, &x->one, &y->one);
}

int rank_order_cmp(const struct rank *rank, const struct doc *a, const struct doc *b)
{
	for (size_t i = 0; i < rank->order_len; i++) {
		const struct order_by *by = &rank->order[i];
		int c = by->attr ? attr_cmp(by->attr, a, b) : span_cmp(a->id, b->id);
		if (c)
			return by->descending ? -c : c;
	}
	return span_cmp(a->id, b->id);
}
