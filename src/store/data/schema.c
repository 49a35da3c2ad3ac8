#include "store/data/schema.h"

#include "store/data/schema_tables.h"
#include "json/write.h"

struct span metric_name(enum metric m)
{
	static const struct span names[] = {[METRIC_NONE] = SPAN("none"),
#define X(metric, name) [metric] = SPAN(name),
	    METRICS(X)
#undef X
	};
	return names[m];
}

enum metric metric_parse(struct span name)
{
	for (enum metric m = METRIC_COSINE; m < METRICS_LEN; m++) {
		if (span_eq(name, metric_name(m)))
			return m;
	}
	return METRIC_NONE;
}

struct schema *schema_new(void)
{
	struct arena *a = arena_new();
	struct schema *s = arena_one(a, struct schema);
	s->arena = a;
	return s;
}

struct schema *schema_clone(const struct schema *s)
{
	struct schema *copy = schema_new();
	copy->has_id_kind = s->has_id_kind;
	copy->id_kind = s->id_kind;
	copy->metric = s->metric;
	vec_each (&s->attrs, attr) {
		schema_add(copy, *attr);
	}
	return copy;
}

struct schema *schema_free(struct schema *s)
{
	if (s) {
		vec_free(&s->attrs);
		vec_free(&s->vectors);
		map_free(&s->by_name);
		arena_free(s->arena); /* holds s itself */
	}
	return NULL;
}

struct attr *schema_add(struct schema *s, const struct attr *attr)
{
	struct attr *copy = arena_one(s->arena, struct attr);
	*copy = *attr;
	copy->name = arena_copy(s->arena, attr->name);
	copy->index = (uint32_t)s->attrs.len;
	vec_push(&s->attrs, copy);
	if (copy->type.base == VALUE_VECTOR) {
		copy->column = (uint32_t)s->vectors.len;
		vec_push(&s->vectors, copy);
	}
	if (!copy->dropped)
		map_put(&s->by_name, copy->name, copy);
	return copy;
}

void schema_drop(struct schema *s, struct attr *attr)
{
	map_del(&s->by_name, attr->name);
	attr->dropped = true;
	attr->filterable = attr->full_text = attr->glob = attr->regex = attr->fuzzy = false;
}

const struct attr *schema_find(const struct schema *s, struct span name)
{
	return map_get(&s->by_name, name);
}

static void put_key(struct buf *out, bool *first, const char *key)
{
	json_put_key(out, first, span_str(key));
}

static void put_flag(struct buf *out, bool *first, const char *key, bool v)
{
	put_key(out, first, key);
	json_put_bool(out, v);
}

static void put_text_options(struct buf *out, const struct text_options *t)
{
	bool first = true;
	buf_lit(out, "{");
	put_key(out, &first, "k1");
	json_put_f64(out, t->k1);
	put_key(out, &first, "k3");
	json_put_f64(out, t->k3);
	put_key(out, &first, "b");
	json_put_f64(out, t->b);
	put_key(out, &first, "language");
	json_put_string(out, language_name(t->words.language));
	put_flag(out, &first, "stemming", t->words.stemming);
	put_key(out, &first, "max_token_length");
	buf_u64(out, t->words.max_token_length);
	put_flag(out, &first, "remove_stopwords", t->words.remove_stopwords);
	put_flag(out, &first, "ascii_folding", t->words.ascii_folding);
	put_flag(out, &first, "case_sensitive", t->words.case_sensitive);
	put_key(out, &first, "tokenizer");
	json_put_string(out, tokenizer_name(t->tokenizer));
	buf_lit(out, "}");
}

static void put_type(struct buf *out, bool *first, struct value_type t)
{
	struct arena *a = arena_new();
	put_key(out, first, "type");
	json_put_string(out, value_type_text(a, t));
	arena_free(a);
}

static void put_search_flags(struct buf *out, bool *first, const struct attr *attr)
{
	if (attr->glob)
		put_flag(out, first, "glob", true);
	if (attr->regex)
		put_flag(out, first, "regex", true);
	if (attr->fuzzy)
		put_flag(out, first, "fuzzy", true);
}

static void put_attr(struct buf *out, const struct attr *attr)
{
	bool first = true;
	buf_lit(out, "{");
	put_type(out, &first, attr->type);
	if (attr->type.base == VALUE_VECTOR) {
		buf_lit(out, ",\"ann\":true,\"filterable\":null,\"full_text_search\":null}");
		return;
	}
	if (attr->type.base == VALUE_SPARSE) {
		buf_lit(out, ",\"filterable\":null,\"full_text_search\":null}");
		return;
	}
	put_flag(out, &first, "filterable", attr->filterable);
	put_key(out, &first, "full_text_search");
	if (attr->full_text)
		put_text_options(out, &attr->text);
	else
		buf_lit(out, "null");
	put_search_flags(out, &first, attr);
	buf_lit(out, "}");
}

static void put_metadata_attr(struct buf *out, const struct attr *attr, enum metric metric)
{
	bool first = true;
	buf_lit(out, "{");
	put_type(out, &first, attr->type);
	if (attr->type.base == VALUE_VECTOR) {
		buf_lit(out, ",\"ann\":{\"distance_metric\":");
		json_put_string(out, metric_name(metric));
		buf_lit(out, "}}");
		return;
	}
	if (attr->type.base == VALUE_SPARSE) {
		buf_lit(out, ",\"sparse_knn\":{\"distance_metric\":\"dot_product\"}}");
		return;
	}
	put_flag(out, &first, "filterable", attr->filterable);
	if (attr->full_text) {
		put_key(out, &first, "full_text_search");
		put_text_options(out, &attr->text);
	}
	put_search_flags(out, &first, attr);
	buf_lit(out, "}");
}

static void put_id(const struct schema *s, struct buf *out, bool *first, struct span rest)
{
	if (!s->has_id_kind)
		return;
	put_key(out, first, "id");
	buf_lit(out, "{\"type\":");
	json_put_string(out, id_kind_name(s->id_kind));
	buf_append(out, rest);
}

void schema_to_json(const struct schema *s, struct buf *out)
{
	bool first = true;
	buf_lit(out, "{");
	put_id(s, out, &first, SPAN(",\"filterable\":null,\"full_text_search\":null}"));
	vec_each (&s->attrs, attr) {
		if ((*attr)->dropped)
			continue;
		json_put_key(out, &first, (*attr)->name);
		put_attr(out, *attr);
	}
	buf_lit(out, "}");
}

void schema_to_metadata_json(const struct schema *s, struct buf *out)
{
	bool first = true;
	buf_lit(out, "{");
	put_id(s, out, &first, SPAN("}"));
	vec_each (&s->attrs, attr) {
		if ((*attr)->dropped)
			continue;
		json_put_key(out, &first, (*attr)->name);
		put_metadata_attr(out, *attr, s->metric);
	}
	buf_lit(out, "}");
}
