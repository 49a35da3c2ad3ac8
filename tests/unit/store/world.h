/* A namespace for the tests of queries, made from JSON in which ' stands for ". */
#pragma once

#include "../test.h"

#include "store/log/change.h"
#include "store/query/query.h"

struct world {
	struct arena *arena;
	struct namespace *ns;
};

static inline yyjson_val *world_json(struct world *w, const char *text)
{
	yyjson_val *root;
	char *copy = arena_str(w->arena, span_str(text));
	for (char *p = copy; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	assert_int_equal(json_parse(w->arena, span_str(copy), &root, NULL), 0);
	return root;
}

static inline void put_vector(struct world *w, const struct attr *attr, yyjson_val *v, const void **ret_row)
{
	const float *floats;
	uint32_t dims;
	assert_int_equal(vector_from_json(w->arena, v, &floats, &dims), 0);
	assert_int_equal(dims, attr->type.dims);
	assert_int_equal(vector_pack(w->arena, attr->type, floats, ret_row), 0);
}

static inline struct put world_put(struct world *w, const struct schema *s, yyjson_val *row)
{
	struct span id;
	struct put put = {.vectors = arena_array(w->arena, const void *, VECTOR_COLUMNS_MAX)};
	struct value *values = arena_array(w->arena, struct value, s->attrs.len);
	assert_int_equal(id_from_json(w->arena, s->id_kind, yyjson_obj_get(row, "id"), &id), 0);
	vec_each (&s->attrs, attr) {
		uint32_t i = (*attr)->index;
		yyjson_val *v = json_get(row, (*attr)->name);
		if (!v || yyjson_is_null(v))
			continue;
		values[i].present = true;
		if ((*attr)->type.base == VALUE_VECTOR)
			put_vector(w, *attr, v, &put.vectors[(*attr)->column]);
		else
			assert_int_equal(value_from_json(w->arena, (*attr)->type, v, &values[i]), 0);
	}
	put.doc = doc_new(s, id, values);
	return put;
}

/* Rows in the order of their slots. */
static inline struct world world_new(
    enum id_kind kind, enum metric metric, const char *schema, const char *rows)
{
	struct world w = {.arena = arena_new(), .ns = namespace_new(1)};
	struct refusal r = {.arena = w.arena};
	struct change change = {.rows = true, .at_ns = 1790000000000000000ULL, .schema = schema_new()};
	change.schema->id_kind = kind;
	change.schema->has_id_kind = true;
	change.schema->metric = metric;
	if (schema_plan(change.schema, world_json(&w, schema), true, "schema", &r) < 0)
		fail_msg("%.*s", SPAN_FMT(r.text));
	size_t i, n;
	yyjson_val *row, *list = world_json(&w, rows);
	yyjson_arr_foreach(list, i, n, row)
	{
		vec_push(&change.puts, world_put(&w, change.schema, row));
	}
	namespace_apply(w.ns, &change);
	change_free(&change);
	return w;
}

static inline void world_free(struct world *w)
{
	namespace_free(w->ns);
	arena_free(w->arena);
}

/* The reply up to its `billing`, or "STATUS text" of the refusal; " becomes '. Frees `out`. */
static inline const char *world_reply(struct world *w, int rc, struct buf *out, const struct refusal *r)
{
	struct span text = buf_span(out);
	buf_byte(out, '\0');
	char *billing = rc == 0 ? strstr(out->ptr, ",\"billing\"") : NULL;
	if (billing)
		text = span_between(out->ptr, billing);
	struct span ret = rc == 0 ? arena_copy(w->arena, text)
	                          : arena_printf(w->arena, "%d %.*s", r->status, SPAN_FMT(r->text));
	for (char *p = (char *)(uintptr_t)ret.ptr; *p; p++) {
		if (*p == '"')
			*p = '\'';
	}
	buf_free(out);
	return ret.ptr;
}

typedef int world_fn(
    const struct namespace *ns, yyjson_val *body, struct arena *a, struct buf *out, struct refusal *r);

static inline const char *world_call(struct world *w, world_fn *fn, const char *body)
{
	struct refusal r = {.arena = w->arena};
	struct buf out = buf_new(1 << 20);
	int rc = fn(w->ns, world_json(w, body), w->arena, &out, &r);
	return world_reply(w, rc, &out, &r);
}

static inline const char *world_ask(struct world *w, const char *query)
{
	return world_call(w, store_query, query);
}

struct ask {
	const char *query, *reply;
};

/* Calls it with each body and expects the reply. */
static inline void world_expect(struct world *w, world_fn *fn, const struct ask *asks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = world_call(w, fn, asks[i].query);
		if (strcmp(got, asks[i].reply) != 0)
			fail_msg("%s:\n got %s\nwant %s", asks[i].query, got, asks[i].reply);
	}
}

static inline void ask_all(struct world *w, const struct ask *asks, size_t n)
{
	world_expect(w, store_query, asks, n);
}
