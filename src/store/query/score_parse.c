#include <float.h>

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

static int parse_bm25(const struct parser *p, yyjson_val *json, struct score *s)
{
	struct span name = json_span(yyjson_arr_get(json, 0));
	yyjson_val *operand = yyjson_arr_get(json, 2);
	const struct attr *attr = schema_find(p->ns->schema, name);
	if (!attr)
		return refuse(p->r, 400, "💔 rank_by field \"%.*s\" not found in schema", SPAN_FMT(name));
	if (!attr->full_text)
		return refuse(p->r, 400,
		    "💔 rank_by field \"%.*s\" is not enabled for full-text search; this requires a schema "
		    "update",
		    SPAN_FMT(name));
	if (yyjson_arr_size(json) > 3)
		return refuse_unsupported(p->r, "last_as_prefix");
	if (yyjson_is_arr(operand) != (attr->text.tokenizer == PRE_TOKENIZED_ARRAY))
		return wrong_text(p, attr, operand);
	struct word_list words = {0};
	int rc = text_query_words(p->arena, attr, operand, &words);
	if (rc == -E_TOO_LARGE)
		rc = refuse(p->r, 400, "💔 full-text query is longer than %d characters", TEXT_QUERY_MAX);
	else if (rc < 0)
		rc = wrong_text(p, attr, operand);
	s->text = namespace_text(p->ns, attr);
	if (rc == 0 && s->text) {
		s->bm25 = (struct bm25){(float)attr->text.k1, (float)attr->text.b, (float)attr->text.k3,
		    p->alone ? 0 : (float)text_index_documents(s->text),
		    p->alone ? 1 : (float)text_index_average_length(s->text)};
		resolve_terms(p, &words, s);
	}
	vec_free(&words);
	return rc;
}

static int parse(const struct parser *p, yyjson_val *json, int depth, struct score **ret);

/* A weight or floor: a number that is not negative. */
static int parse_number(const struct parser *p, const char *name, yyjson_val *json, float *ret)
{
	if (!yyjson_is_num(json) || yyjson_get_num(json) < 0 || yyjson_get_num(json) > (double)FLT_MAX)
		return refuse(p->r, 400, "💔 %s takes non-negative numbers of f32 only", name);
	*ret = (float)yyjson_get_num(json);
	return 0;
}

static int parse_list(const struct parser *p, yyjson_val *list, int depth, struct score *s)
{
	size_t i, n;
	yyjson_val *item;
	s->parts = arena_array(p->arena, struct score *, yyjson_arr_size(list));
	yyjson_arr_foreach(list, i, n, item)
	{
		float floor = 0;
		int rc;
		if (!yyjson_is_num(item)) {
			rc = parse(p, item, depth + 1, &s->parts[s->parts_len++]);
		} else if (s->kind == SCORE_SUM) {
			rc = refuse(p->r, 400, "Sum aggregations can only contain other text queries");
		} else {
			rc = parse_number(p, "Max", item, &floor);
			if (rc == 0 && floor > s->number)
				s->number = floor;
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int parse_product(const struct parser *p, yyjson_val *json, int depth, struct score *s)
{
	yyjson_val *weight = yyjson_arr_get(json, 1), *part = yyjson_arr_get(json, 2);
	if (!yyjson_is_num(weight)) {
		yyjson_val *swap = weight;
		weight = part;
		part = swap;
	}
	s->parts = arena_one(p->arena, struct score *);
	s->parts_len = 1;
	int rc = parse_number(p, "Product", weight, &s->number);
	return rc < 0 ? rc : parse(p, part, depth + 1, &s->parts[0]);
}

enum form { FORM_LIST, FORM_PRODUCT, FORM_BM25, FORM_VECTOR, FORM_UNSUPPORTED };

/* How an expression is known: by its first element, or by the operator after an attribute. */
static const struct form_of {
	struct span name;
	bool comes_first;
	size_t len; /* elements in all; 0: any number */
	enum form form;
	enum score_kind kind;
} forms[] = {
    {SPAN("Sum"), true, 2, FORM_LIST, SCORE_SUM},
    {SPAN("Max"), true, 2, FORM_LIST, SCORE_MAX},
    {SPAN("Product"), true, 3, FORM_PRODUCT, SCORE_PRODUCT},
    {SPAN("BM25"), false, 0, FORM_BM25, SCORE_BM25},
    {SPAN("ANN"), false, 0, FORM_VECTOR, 0},
    {SPAN("kNN"), false, 0, FORM_VECTOR, 0},
    {SPAN("SparseKNN"), false, 0, FORM_UNSUPPORTED, 0},
    {SPAN("Attribute"), true, 2, FORM_UNSUPPORTED, 0},
    {SPAN("Saturate"), true, 3, FORM_UNSUPPORTED, 0},
    {SPAN("Decay"), true, 3, FORM_UNSUPPORTED, 0},
    {SPAN("Dist"), true, 3, FORM_UNSUPPORTED, 0},
};

/* Attributes may bear the names of expressions: ["Sum", "Eq", 3] is a filter. */
static const struct form_of *form_find(yyjson_val *json)
{
	size_t len = yyjson_arr_size(json);
	struct span first = json_span(yyjson_arr_get(json, 0)), second = json_span(yyjson_arr_get(json, 1));
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		const struct form_of *f = &forms[i];
		bool found = f->comes_first
		                 ? span_eq(first, f->name) && len == f->len && !(second.ptr && len >= 3)
		                 : first.ptr && span_eq(second, f->name) && len >= 3;
		if (found)
			return f;
	}
	return NULL;
}

static int parse_form(
    const struct parser *p, const struct form_of *form, yyjson_val *json, int depth, struct score *s)
{
	yyjson_val *list = yyjson_arr_get(json, 1);
	s->kind = form->kind;
	switch (form->form) {
	case FORM_BM25:
		return parse_bm25(p, json, s);
	case FORM_LIST:
		return yyjson_is_arr(list) ? parse_list(p, list, depth, s) : no_expression(p);
	case FORM_PRODUCT:
		return parse_product(p, json, depth, s);
	case FORM_VECTOR:
		return refuse(
		    p->r, 400, "💔 %.*s cannot be part of another rank_by expression", SPAN_FMT(form->name));
	case FORM_UNSUPPORTED:
		break;
	}
	return refuse_unsupported(p->r, arena_str(p->arena, form->name));
}

static int parse(const struct parser *p, yyjson_val *json, int depth, struct score **ret)
{
	if (depth > DEPTH_MAX)
		return refuse(p->r, 400, "rank_by is nested more than %d deep", DEPTH_MAX);
	struct score *s = *ret = arena_one(p->arena, struct score);
	const struct form_of *form = form_find(json);
	if (form)
		return parse_form(p, form, json, depth, s);
	if (!filter_looks_like(json))
		return no_expression(p);
	s->kind = SCORE_FILTER;
	return filter_parse(p->ns, json, p->path, p->arena, &s->filter, p->r);
}

static int parse_whole(const struct parser *p, yyjson_val *json, struct score **ret_score)
{
	struct score *s;
	int rc = parse(p, json, 0, &s);
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
