#include "store/query/aggregate.h"

#include "json/write.h"

#define FIGURE_BYTES 8 /* in billing */

struct aggregate {
	struct span label;
	const struct attr *attr; /* of Sum; NULL: Count */
	__int128 whole;          /* 2^64 documents of 64 bits do not fill it */
	double real;
};

struct aggregates {
	size_t len;
	struct aggregate at[];
};

static int parse_sum(const struct namespace *ns, yyjson_val *json, struct aggregate *one, struct refusal *r)
{
	struct span name = json_span(yyjson_arr_get(json, 1));
	one->attr = schema_find(ns->schema, name);
	if (!one->attr)
		return refuse(r, 400, "💔 aggregate_by field \"%.*s\" not found in schema", SPAN_FMT(name));
	struct value_type type = one->attr->type;
	if (!type.array && (type.base == VALUE_INT || type.base == VALUE_UINT || type.base == VALUE_FLOAT))
		return 0;
	return refuse(r, 400,
	    "💔 aggregate_by: Sum needs an attribute of type int, uint or float, but \"%.*s\" is %.*s",
	    SPAN_FMT(name), SPAN_FMT(value_type_text(r->arena, type)));
}

static int parse_one(
    const struct namespace *ns, yyjson_val *json, const char *path, struct aggregate *one, struct refusal *r)
{
	yyjson_val *function = yyjson_arr_get(json, 0), *operand = yyjson_arr_get(json, 1);
	size_t len = yyjson_arr_size(json);
	if (yyjson_equals_str(function, "Sum") && len == 2 && yyjson_is_str(operand))
		return parse_sum(ns, json, one, r);
	if (!yyjson_equals_str(function, "Count") || len > 2 || (operand && !yyjson_is_str(operand)))
		return refuse_shape(
		    r, path, "data did not match any variant of untagged enum AggregateFunction");
	if (operand && !yyjson_equals_str(operand, "id"))
		return refuse(r, 400, "💔 aggregate_by with attributes other than \"id\" not yet supported");
	return 0;
}

bool aggregates_have(const struct aggregates *all, struct span label)
{
	for (size_t i = 0; i < all->len; i++) {
		if (span_eq(all->at[i].label, label))
			return true;
	}
	return false;
}

int aggregates_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct aggregates **ret, struct refusal *r)
{
	size_t n = yyjson_obj_size(json), i, max;
	yyjson_val *label, *function;
	if (!yyjson_is_obj(json))
		return refuse_type(r, path, json, "a map");
	if (n == 0)
		return refuse(r, 400, "💔 aggregate_by requires at least one function");
	struct aggregates *all = arena_zalloc(a, sizeof *all + n * sizeof *all->at);
	yyjson_obj_foreach(json, i, max, label, function)
	{
		struct aggregate *one = &all->at[all->len];
		one->label = json_span(label);
		if (aggregates_have(all, one->label))
			return refuse(r, 400, "💔 aggregate_by names \"%.*s\" twice", SPAN_FMT(one->label));
		all->len++;
		int rc = parse_one(ns, function, path, one, r);
		if (rc < 0)
			return rc;
	}
	*ret = all;
	return 0;
}

struct aggregates *aggregates_copy(const struct aggregates *all, struct arena *a)
{
	struct span bytes = span_of((const char *)all, sizeof *all + all->len * sizeof *all->at);
	struct aggregates *copy = arena_alloc(a, bytes.len);
	memcpy(copy, bytes.ptr, bytes.len);
	return copy;
}

static void add(struct aggregate *one, const struct doc *d)
{
	if (!one->attr) {
		one->whole++;
		return;
	}
	const struct value *v = doc_value(d, one->attr->index);
	if (!v)
		return;
	if (one->attr->type.base == VALUE_FLOAT)
		one->real += v->one.f64;
	else
		one->whole += one->attr->type.base == VALUE_INT ? (__int128)v->one.i64 : (__int128)v->one.u64;
}

void aggregates_add(struct aggregates *all, const struct doc *d)
{
	for (size_t i = 0; i < all->len; i++)
		add(&all->at[i], d);
}

static void put_whole(struct buf *out, __int128 v)
{
	char text[40];
	size_t at = sizeof text;
	unsigned __int128 left = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
	do {
		text[--at] = (char)('0' + (int)(left % 10));
	} while (left /= 10);
	if (v < 0)
		text[--at] = '-';
	buf_append(out, span_of(text + at, sizeof text - at));
}

size_t aggregates_print(const struct aggregates *all, bool *first, struct buf *out)
{
	for (size_t i = 0; i < all->len; i++) {
		const struct aggregate *one = &all->at[i];
		json_put_key(out, first, one->label);
		if (one->attr && one->attr->type.base == VALUE_FLOAT)
			json_put_f64(out, one->real);
		else
			put_whole(out, one->whole);
	}
	return all->len * FIGURE_BYTES;
}
