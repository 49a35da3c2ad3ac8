#include "store/query/highlight_node.h"
#include "store/query/score.h"
#include "store/text/text_query.h"

#define LIMIT_DEFAULT 3

struct parser {
	const struct namespace *ns;
	struct arena *arena;
	struct refusal *r;
	struct span name; /* of the computed attribute */
	const char *path;
	struct highlight *h;
};

static int check_attr(const struct parser *p, struct span name)
{
	const struct attr *attr = p->h->attr = schema_find(p->ns->schema, name);
	if (!attr)
		return refuse(p->r, 400,
		    "computed attribute `%.*s` references `%.*s`, but attribute \"%.*s\" does not exist in "
		    "namespace",
		    SPAN_FMT(p->name), SPAN_FMT(name), SPAN_FMT(name));
	if (!attr->full_text)
		return refuse(p->r, 400,
		    "computed attribute `%.*s` references `%.*s`, which is not enabled for full-text search; "
		    "this "
		    "requires a schema update",
		    SPAN_FMT(p->name), SPAN_FMT(name));
	if (attr->text.tokenizer == PRE_TOKENIZED_ARRAY)
		return refuse(p->r, 400,
		    "computed attribute `%.*s` references `%.*s`, which uses a pre-tokenized tokenizer that "
		    "does not "
		    "support highlighting",
		    SPAN_FMT(p->name), SPAN_FMT(name));
	return 0;
}

typedef VEC(yyjson_val *) clause_list;

/* Every [name, "BM25", …] inside the expression. */
static void collect_bm25(yyjson_val *json, struct span name, clause_list *out)
{
	size_t i, n;
	yyjson_val *part;
	bool clause = yyjson_arr_size(json) >= 3 && yyjson_equals_str(yyjson_arr_get(json, 1), "BM25") &&
	              span_eq(json_span(yyjson_arr_get_first(json)), name);
	if (clause) {
		vec_push(out, json);
		return;
	}
	yyjson_arr_foreach(json, i, n, part)
	{
		collect_bm25(part, name, out);
	}
}

/* The operand has been parsed as part of an expression, so it is fine. */
static void add_words(const struct parser *p, yyjson_val *clause)
{
	struct word_list words = {0};
	bool prefix = yyjson_is_true(yyjson_obj_get(yyjson_arr_get(clause, 3), "last_as_prefix"));
	if (text_query_words(p->arena, p->h->attr, yyjson_arr_get(clause, 2), &words) < 0)
		words.len = 0;
	vec_each (&words, word) {
		if (prefix && word == words.at + words.len - 1)
			vec_push(&p->h->prefixes, *word);
		else
			map_put(&p->h->words, word->text, p->h);
	}
	vec_free(&words);
}

static void highlight_free(void *arg)
{
	struct highlight *h = arg;
	schema_free(h->fragments);
	map_free(&h->words);
	vec_free(&h->prefixes);
}

/* The schema of the fragments has the attribute's analysis under the name that the expressions use. */
static void make_schema(struct highlight *h, struct span name)
{
	struct attr attr = *h->attr;
	attr.name = name;
	attr.type.array = false;
	h->fragments = schema_new();
	h->fragments->has_id_kind = true;
	h->fragments->id_kind = ID_UINT;
	schema_add(h->fragments, &attr);
}

/* Whether the expressions hold for any fragments is seen with none. */
static int check_ranks(const struct parser *p)
{
	struct namespace *none = highlight_fragments(p->h, NULL, 0);
	struct arena *a = arena_new();
	struct score *s;
	int rc = 0;
	for (size_t i = 0; i < p->h->ranks_len && rc == 0; i++)
		rc = score_parse(none, p->h->ranks[i], p->path, a, &s, p->r);
	arena_free(a);
	namespace_free(none);
	return rc;
}

static int parse_ranks(const struct parser *p, yyjson_val *given, yyjson_val *rank_by)
{
	struct highlight *h = p->h;
	struct span name = given ? SPAN("$fragment") : h->attr->name;
	clause_list clauses = {0};
	int rc = 0;
	make_schema(h, name);
	if (given) {
		h->ranks = arena_one(p->arena, yyjson_val *);
		h->ranks[h->ranks_len++] = given;
		rc = check_ranks(p);
	}
	if (rc == 0)
		collect_bm25(given ? given : rank_by, name, &clauses);
	vec_each (&clauses, clause)
		add_words(p, *clause);
	if (!given) {
		h->ranks = arena_array(p->arena, yyjson_val *, clauses.len);
		vec_each (&clauses, clause)
			h->ranks[h->ranks_len++] = *clause;
	}
	vec_free(&clauses);
	if (h->ranks_len == 0)
		return refuse(p->r, 400,
		    "computed attribute `%.*s`: cannot infer `rank_fragments_by` because the query `rank_by` "
		    "has no BM25 "
		    "clause over `%.*s`; provide `rank_fragments_by` explicitly",
		    SPAN_FMT(p->name), SPAN_FMT(name));
	return rc;
}

/* The number of the name that the value is. */
static int parse_name(const struct parser *p, yyjson_val *v, const struct span *names, size_t n, int *ret)
{
	struct span expected = SPAN("");
	if (!yyjson_is_str(v))
		return refuse_type(p->r, p->path, v, "variant identifier");
	for (size_t i = 0; i < n; i++) {
		if (span_eq(json_span(v), names[i])) {
			*ret = (int)i;
			return 0;
		}
		expected = arena_printf(
		    p->arena, "%.*s%s`%.*s`", SPAN_FMT(expected), i ? ", " : "", SPAN_FMT(names[i]));
	}
	return refuse_shape(p->r, p->path, "unknown variant `%.*s`, expected one of %.*s",
	    SPAN_FMT(json_span(v)), SPAN_FMT(expected));
}

static int parse_fragment_by(const struct parser *p, yyjson_val *v)
{
#define X(value, name) SPAN(name),
	static const struct span names[] = {FRAGMENT_BYS(X)};
#undef X
	return parse_name(p, v, names, sizeof names / sizeof *names, &p->h->fragment_by);
}

static int parse_offsets(const struct parser *p, yyjson_val *v)
{
#define X(value, name) SPAN(name),
	static const struct span names[] = {OFFSET_UNITS(X)};
#undef X
	return parse_name(p, v, names, sizeof names / sizeof *names, &p->h->offsets);
}

static int parse_limit(const struct parser *p, yyjson_val *v)
{
	if (!yyjson_is_int(v))
		return refuse_type(p->r, p->path, v, "usize");
	if (!yyjson_is_uint(v) || yyjson_get_uint(v) == 0 || yyjson_get_uint(v) > FRAGMENTS_MAX)
		return refuse(p->r, 400,
		    "computed attribute `%.*s`: `fragment_limit` must be between 1 and %d", SPAN_FMT(p->name),
		    FRAGMENTS_MAX);
	p->h->limit = yyjson_get_uint(v);
	return 0;
}

/* rank_fragments_by is parsed last: it needs the attribute. */
static int accept_rank(const struct parser *p, yyjson_val *v)
{
	return 0;
}

static int parse_option(const struct parser *p, struct span key, yyjson_val *v)
{
	static const struct {
		struct span name;
		int (*parse)(const struct parser *p, yyjson_val *v);
	} options[] = {
	    {SPAN("rank_fragments_by"), accept_rank},
	    {SPAN("fragment_by"), parse_fragment_by},
	    {SPAN("fragment_limit"), parse_limit},
	    {SPAN("include_offsets"), parse_offsets},
	};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		if (span_eq(key, options[i].name))
			return yyjson_is_null(v) ? 0 : options[i].parse(p, v);
	}
	return refuse_shape(p->r, p->path,
	    "unknown field `%.*s`, expected one of `rank_fragments_by`, `fragment_by`, `fragment_limit`, "
	    "`include_offsets`",
	    SPAN_FMT(key));
}

static int parse(const struct parser *p, yyjson_val *json, yyjson_val *rank_by)
{
	yyjson_val *options = yyjson_arr_get(json, 2), *key, *v;
	yyjson_val *given = yyjson_obj_get(options, "rank_fragments_by");
	size_t i, n;
	int rc = check_attr(p, json_span(yyjson_arr_get(json, 1)));
	if (options) { /* yyjson reckons with the members of an object that is not there */
		yyjson_obj_foreach(options, i, n, key, v)
		{
			if (rc == 0)
				rc = parse_option(p, json_span(key), v);
		}
	}
	return rc < 0 ? rc : parse_ranks(p, yyjson_is_null(given) ? NULL : given, rank_by);
}

int highlight_parse(const struct namespace *ns, yyjson_val *json, struct span name, const char *path,
    yyjson_val *rank_by, struct arena *a, struct highlight **ret, struct refusal *r)
{
	struct highlight *h = arena_one(a, struct highlight);
	struct parser p = {ns, a, r, name, path, h};
	*h = (struct highlight){
	    .fragment_by = FRAGMENT_BY_SENTENCE, .offsets = OFFSETS_NONE, .limit = LIMIT_DEFAULT};
	arena_defer(a, highlight_free, h);
	int rc = parse(&p, json, rank_by);
	if (rc == 0)
		*ret = h;
	return rc;
}
