#include <float.h>
#include <math.h>

#include "store/data/shown.h"
#include "store/query/score_node.h"
#include "store/text/text_query.h"

#define DEPTH_MAX 32

struct parser {
	const struct namespace *ns;
	struct arena *arena;
	struct refusal *r;
	const char *path;
	bool alone; /* BM25 knows no other documents */
};

/* Where an expression stands. */
struct place {
	int depth;
	bool floored; /* what contains it lets no negative score through */
};

static int no_expression(const struct parser *p)
{
	return refuse_shape(
	    p->r, p->path, "data did not match any variant of enum a valid variant of RankInput");
}

static int wrong_text(const struct parser *p, const struct attr *attr, yyjson_val *operand)
{
	bool tokens = attr->text.tokenizer == PRE_TOKENIZED_ARRAY;
	return refuse(p->r, 400, "invalid input '%.*s' for rank_by field \"%.*s\", expecting %s",
	    SPAN_FMT(shown(p->arena, operand)), SPAN_FMT(attr->name), tokens ? "[]string" : "string");
}

/* The terms of the index among the words, each once; how often a word occurs in the query is its weight. */
static void resolve_terms(const struct parser *p, const struct word_list *words, struct score *s)
{
	s->terms = arena_array(p->arena, struct score_term, words->len);
	struct map first = {0}; /* word → where it came first */
	uint32_t *counts = arena_array(p->arena, uint32_t, words->len);
	for (size_t i = 0; i < words->len; i++) {
		struct word *word = map_get(&first, words->at[i].text);
		if (!word)
			map_put(&first, words->at[i].text, word = &words->at[i]);
		counts[word - words->at]++;
	}
	for (size_t i = 0; i < words->len; i++) {
		const struct term *term = counts[i] ? text_index_find(s->text, words->at[i].text) : NULL;
		if (term)
			s->terms[s->terms_len++] = (struct score_term){
			    term, bm25_term_weight(&s->bm25, p->alone ? 0 : term->df, counts[i])};
	}
	map_free(&first);
}

static int find_attr(const struct parser *p, yyjson_val *name, const struct attr **ret)
{
	*ret = schema_find(p->ns->schema, json_span(name));
	return *ret ? 0
	            : refuse(p->r, 400, "💔 rank_by field \"%.*s\" not found in schema",
	                  SPAN_FMT(json_span(name)));
}

static int parse_bm25(const struct parser *p, yyjson_val *json, struct score *s)
{
	yyjson_val *operand = yyjson_arr_get(json, 2);
	const struct attr *attr;
	int rc = find_attr(p, yyjson_arr_get(json, 0), &attr);
	if (rc < 0)
		return rc;
	if (!attr->full_text)
		return refuse(p->r, 400,
		    "💔 rank_by field \"%.*s\" is not enabled for full-text search; this requires a schema "
		    "update",
		    SPAN_FMT(attr->name));
	bool last_as_prefix = false;
	if (text_query_options(yyjson_arr_get(json, 3), &last_as_prefix) < 0)
		return refuse(p->r, 400, "💔 the options of BM25 are {\"last_as_prefix\": true or false}");
	if (yyjson_is_arr(operand) != (attr->text.tokenizer == PRE_TOKENIZED_ARRAY))
		return wrong_text(p, attr, operand);
	struct word_list words = {0};
	rc = text_query_words(p->arena, attr, operand, &words);
	if (rc == -E_TOO_LARGE)
		rc = refuse(p->r, 400, "💔 full-text query is longer than %d characters", TEXT_QUERY_MAX);
	else if (rc < 0)
		rc = wrong_text(p, attr, operand);
	s->text = namespace_text(p->ns, attr);
	if (rc == 0 && s->text) {
		s->bm25 = (struct bm25){(float)attr->text.k1, (float)attr->text.b, (float)attr->text.k3,
		    p->alone ? 0 : (float)text_index_documents(s->text),
		    p->alone ? 1 : (float)text_index_average_length(s->text)};
		if (last_as_prefix && words.len)
			s->prefixed = text_query_prefix(p->arena, p->ns, s->text, words.at[--words.len].text);
		resolve_terms(p, &words, s);
	}
	vec_free(&words);
	return rc;
}

static int parse(const struct parser *p, yyjson_val *json, struct place at, struct score **ret);

/* A weight or floor: a number that is not negative. */
static int parse_number(const struct parser *p, const char *name, yyjson_val *json, float *ret)
{
	if (!yyjson_is_num(json) || yyjson_get_num(json) < 0 || yyjson_get_num(json) > (double)FLT_MAX)
		return refuse(p->r, 400, "💔 %s takes non-negative numbers of f32 only", name);
	*ret = (float)yyjson_get_num(json);
	return 0;
}

/* The floor is the highest of the numbers in the list, wherever they stand. */
static int parse_floor(const struct parser *p, yyjson_val *list, struct place *at, struct score *s)
{
	size_t i, n;
	yyjson_val *item;
	s->number = -FLT_MAX;
	yyjson_arr_foreach(list, i, n, item)
	{
		float floor;
		if (!yyjson_is_num(item))
			continue;
		if (s->kind == SCORE_SUM)
			return refuse(p->r, 400, "Sum aggregations can only contain other text queries");
		int rc = parse_number(p, "Max", item, &floor);
		if (rc < 0)
			return rc;
		at->floored = true;
		s->number = floor > s->number ? floor : s->number;
	}
	return 0;
}

/* Parses one more part of s. */
static int parse_part(const struct parser *p, yyjson_val *json, struct place at, struct score *s)
{
	struct score *part;
	at.depth++;
	int rc = parse(p, json, at, &part);
	if (rc < 0)
		return rc;
	s->parts[s->parts_len++] = part;
	s->zeros |= part->zeros;
	return 0;
}

static int parse_list(const struct parser *p, yyjson_val *json, struct place at, struct score *s)
{
	size_t i, n;
	yyjson_val *list = yyjson_arr_get(json, 1), *item;
	s->parts = arena_array(p->arena, struct score *, yyjson_arr_size(list));
	int rc = parse_floor(p, list, &at, s);
	yyjson_arr_foreach(list, i, n, item)
	{
		if (rc == 0 && !yyjson_is_num(item))
			rc = parse_part(p, item, at, s);
	}
	if (rc == 0 && !s->parts_len)
		return refuse(
		    p->r, 400, "💔 %s takes at least one expression", s->kind == SCORE_SUM ? "Sum" : "Max");
	return rc;
}

static int parse_product(const struct parser *p, yyjson_val *json, struct place at, struct score *s)
{
	yyjson_val *weight = yyjson_arr_get(json, 1), *part = yyjson_arr_get(json, 2);
	if (!yyjson_is_num(weight)) {
		yyjson_val *swap = weight;
		weight = part;
		part = swap;
	}
	s->parts = arena_one(p->arena, struct score *);
	int rc = parse_number(p, "Product", weight, &s->number);
	return rc < 0 ? rc : parse_part(p, part, at, s);
}

static int wrong_type(const struct parser *p, const char *form, const char *types, const struct attr *attr)
{
	return refuse(p->r, 400, "💔 %s needs an attribute of type %s, but \"%.*s\" is %.*s", form, types,
	    SPAN_FMT(attr->name), SPAN_FMT(value_type_text(p->arena, attr->type)));
}

static int parse_attribute(const struct parser *p, yyjson_val *json, struct place at, struct score *s)
{
	int rc = find_attr(p, yyjson_arr_get(json, 1), &s->attr);
	if (rc < 0)
		return rc;
	struct value_type t = s->attr->type;
	if (t.array || (t.base != VALUE_INT && t.base != VALUE_UINT && t.base != VALUE_FLOAT))
		return wrong_type(p, "Attribute", "int, uint or float", s->attr);
	s->zeros = true;
	if (at.floored || t.base == VALUE_UINT)
		return 0;
	return refuse(p->r, 400,
	    "rank_by clauses must produce non-negative scores, but an attribute clause on signed numeric "
	    "attribute '%.*s' was used. Wrap this clause under a [\"Max\", [0, <clause>]] to fix this.",
	    SPAN_FMT(s->attr->name));
}

static int parse_dist(const struct parser *p, yyjson_val *json, struct score *s)
{
	yyjson_val *origin = yyjson_arr_get(json, 2);
	int rc = find_attr(p, yyjson_arr_get(yyjson_arr_get(json, 1), 1), &s->attr);
	if (rc < 0)
		return rc;
	struct value_type t = s->attr->type;
	if (t.array || (t.base != VALUE_INT && t.base != VALUE_UINT && t.base != VALUE_FLOAT &&
	                   t.base != VALUE_DATETIME))
		return wrong_type(p, "Dist", "int, uint, float or datetime", s->attr);
	s->zeros = true;
	if (scalar_from_json(p->arena, t.base, origin, &s->origin) == 0)
		return 0;
	return refuse(p->r, 400, "💔 the origin of Dist must be %.*s as \"%.*s\" is, but got '%.*s'",
	    SPAN_FMT(value_type_text(p->arena, t)), SPAN_FMT(s->attr->name),
	    SPAN_FMT(shown(p->arena, origin)));
}

static int parse_sparse(const struct parser *p, yyjson_val *json, struct score *s)
{
	const char *why;
	int rc = find_attr(p, yyjson_arr_get(json, 0), &s->attr);
	if (rc < 0)
		return rc;
	if (s->attr->type.base != VALUE_SPARSE)
		return wrong_type(p, "SparseKNN", "{}f16", s->attr);
	if (sparse_from_json(p->arena, yyjson_arr_get(json, 2), &s->sparse, &why) < 0)
		return refuse(p->r, 400, "💔 rank_by field \"%.*s\": %s", SPAN_FMT(s->attr->name), why);
	return 0;
}

/* "90s", "1.5h" … in milliseconds; 0 if it is none. */
static double duration_ms(const struct parser *p, struct span text)
{
	static const struct {
		struct span name;
		double ms;
	} units[] = {
	    {SPAN("ms"), 1},
	    {SPAN("s"), 1e3},
	    {SPAN("m"), 60e3},
	    {SPAN("h"), 3600e3},
	    {SPAN("d"), 86400e3},
	    {SPAN("w"), 7 * 86400e3},
	};
	size_t digits = 0;
	while (digits < text.len && (text.ptr[digits] == '.' || (unsigned)(text.ptr[digits] - '0') < 10))
		digits++;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (!span_eq(span_skip(text, digits), units[i].name))
			continue;
		char *end, *number = arena_str(p->arena, span_of(text.ptr, digits));
		double n = strtod(number, &end);
		return *end ? 0 : n * units[i].ms;
	}
	return 0;
}

/* {"midpoint": a positive number, or a duration for the distance of datetimes; "exponent": …}. */
static int parse_bend_options(const struct parser *p, const char *form, yyjson_val *options, struct score *s)
{
	yyjson_val *midpoint = yyjson_obj_get(options, "midpoint"),
	           *exponent = yyjson_obj_get(options, "exponent");
	const struct score *part = s->parts[0];
	bool in_time = part->kind == SCORE_DIST && part->attr->type.base == VALUE_DATETIME;
	s->midpoint = in_time && yyjson_is_str(midpoint) ? duration_ms(p, json_span(midpoint))
	                                                 : yyjson_get_num(midpoint);
	s->exponent = exponent && !yyjson_is_null(exponent) ? yyjson_get_num(exponent) : 1;
	if (!(s->midpoint > 0 && isfinite(s->midpoint)))
		return refuse(p->r, 400, "💔 the midpoint of %s must be a positive number%s, but got '%.*s'",
		    form, in_time ? " of milliseconds or a duration like \"90s\" (ms, s, m, h, d, w)" : "",
		    SPAN_FMT(midpoint ? shown(p->arena, midpoint) : SPAN("nothing")));
	if (!(s->exponent > 0 && isfinite(s->exponent)))
		return refuse(p->r, 400, "💔 the exponent of %s must be a positive number, but got '%.*s'",
		    form, SPAN_FMT(shown(p->arena, exponent)));
	return 0;
}

static int parse_bend(
    const struct parser *p, const char *form, yyjson_val *json, struct place at, struct score *s)
{
	s->parts = arena_one(p->arena, struct score *);
	at.floored = true;
	int rc = parse_part(p, yyjson_arr_get(json, 1), at, s);
	return rc < 0 ? rc : parse_bend_options(p, form, yyjson_arr_get(json, 2), s);
}

/* How an expression is known: by its first element, or by the operator after an attribute. */
static const struct form {
	const char *name;
	bool comes_first;
	size_t least, most; /* elements in all */
	bool vector;        /* ANN and kNN, which stand alone */
	enum score_kind kind;
	const char *usage;
} forms[] = {
    {"Sum", true, 2, 2, false, SCORE_SUM, "[\"Sum\", [expression, …]]"},
    {"Max", true, 2, 2, false, SCORE_MAX, "[\"Max\", [expression or number, …]]"},
    {"Product", true, 3, 3, false, SCORE_PRODUCT, "[\"Product\", weight, expression]"},
    {"Attribute", true, 2, 2, false, SCORE_ATTRIBUTE, "[\"Attribute\", name]"},
    {"Dist", true, 3, 3, false, SCORE_DIST, "[\"Dist\", [\"Attribute\", name], origin]"},
    {"Saturate", true, 3, 3, false, SCORE_SATURATE, "[\"Saturate\", expression, {\"midpoint\": …}]"},
    {"Decay", true, 3, 3, false, SCORE_DECAY, "[\"Decay\", expression, {\"midpoint\": …}]"},
    {"BM25", false, 3, 4, false, SCORE_BM25, "[name, \"BM25\", text, options]"},
    {"SparseKNN", false, 3, 3, false, SCORE_SPARSE, "[name, \"SparseKNN\", {dimension: weight, …}]"},
    {"ANN", false, 3, 3, true, 0, "[name, \"ANN\", vector]"},
    {"kNN", false, 3, 3, true, 0, "[name, \"kNN\", vector]"},
};

/* Attributes may bear the names of expressions: ["Sum", "Eq", 3] is a filter. */
static const struct form *form_find(yyjson_val *json)
{
	yyjson_val *first = yyjson_arr_get(json, 0), *second = yyjson_arr_get(json, 1);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		const struct form *f = &forms[i];
		bool found = f->comes_first ? yyjson_equals_str(first, f->name) &&
		                                  !(yyjson_is_str(second) && yyjson_arr_size(json) >= 3)
		                            : yyjson_is_str(first) && yyjson_equals_str(second, f->name);
		if (found)
			return f;
	}
	return NULL;
}

/* Whether the elements that choose the way of parsing are there. */
static bool form_fits(const struct form *f, yyjson_val *json)
{
	size_t len = yyjson_arr_size(json);
	yyjson_val *second = yyjson_arr_get(json, 1);
	if (len < f->least || len > f->most)
		return false;
	switch (f->kind) {
	case SCORE_SUM:
	case SCORE_MAX:
		return yyjson_is_arr(second);
	case SCORE_ATTRIBUTE:
		return yyjson_is_str(second);
	case SCORE_DIST:
		return yyjson_arr_size(second) == 2 &&
		       yyjson_equals_str(yyjson_arr_get(second, 0), "Attribute") &&
		       yyjson_is_str(yyjson_arr_get(second, 1));
	case SCORE_SATURATE:
	case SCORE_DECAY:
		return yyjson_is_obj(yyjson_arr_get(json, 2));
	default:
		return true;
	}
}

static int parse_form(
    const struct parser *p, const struct form *f, yyjson_val *json, struct place at, struct score *s)
{
	bool fits = form_fits(f, json);
	if (f->vector && (at.depth || fits)) /* rank_by itself may be one, but does not come here */
		return refuse(p->r, 400, "💔 %s cannot be part of another rank_by expression", f->name);
	if (!fits)
		return refuse(p->r, 400, "💔 malformed rank_by expression, expected %s", f->usage);
	s->kind = f->kind;
	switch (f->kind) {
	case SCORE_SUM:
	case SCORE_MAX:
		return parse_list(p, json, at, s);
	case SCORE_PRODUCT:
		return parse_product(p, json, at, s);
	case SCORE_ATTRIBUTE:
		return parse_attribute(p, json, at, s);
	case SCORE_DIST:
		return parse_dist(p, json, s);
	case SCORE_SPARSE:
		return parse_sparse(p, json, s);
	case SCORE_SATURATE:
	case SCORE_DECAY:
		return parse_bend(p, f->name, json, at, s);
	default:
		return parse_bm25(p, json, s);
	}
}

static int parse(const struct parser *p, yyjson_val *json, struct place at, struct score **ret)
{
	if (at.depth > DEPTH_MAX)
		return refuse(p->r, 400, "rank_by is nested more than %d deep", DEPTH_MAX);
	struct score *s = *ret = arena_one(p->arena, struct score);
	const struct form *form = form_find(json);
	if (form)
		return parse_form(p, form, json, at, s);
	if (!filter_looks_like(json))
		return no_expression(p);
	s->kind = SCORE_FILTER;
	return filter_parse(p->ns, json, p->path, p->arena, &s->filter, p->r);
}

static int parse_whole(const struct parser *p, yyjson_val *json, struct score **ret_score)
{
	struct score *s;
	int rc = parse(p, json, (struct place){0}, &s);
	if (rc == 0)
		*ret_score = s;
	return rc;
}

int score_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct score **ret_score, struct refusal *r)
{
	return parse_whole(&(struct parser){ns, a, r, path, false}, json, ret_score);
}

int score_parse_alone(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct score **ret_score, struct refusal *r)
{
	return parse_whole(&(struct parser){ns, a, r, path, true}, json, ret_score);
}
