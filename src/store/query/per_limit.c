#include "store/query/per_limit.h"

struct per_limit {
	struct arena *arena;
	const struct namespace *ns;
	const struct attr **keys; /* NULL: the id */
	size_t keys_len, limit;
	struct map by_key; /* the key's values as JSON → the group's best rows */
	VEC(struct topk *) groups;
	struct buf scratch;
};

static void per_limit_free(void *arg)
{
	struct per_limit *per = arg;
	map_free(&per->by_key);
	vec_free(&per->groups);
	buf_free(&per->scratch);
}

static int no_limit(const char *path, struct refusal *r)
{
	return refuse_shape(r, path, "data did not match any variant of untagged enum LimitInput");
}

static int parse_key(struct per_limit *per, yyjson_val *json, const char *path, struct refusal *r)
{
	struct span name = json_span(json);
	const struct attr *attr = schema_find(per->ns->schema, name);
	if (!yyjson_is_str(json))
		return no_limit(path, r);
	if (!attr && !span_eq(name, SPAN("id")))
		return refuse(r, 400, "💔 limit.per attribute \"%.*s\" not found in schema", SPAN_FMT(name));
	if (attr && (attr->type.array || !value_base_compares(attr->type.base)))
		return refuse(r, 400, "💔 limit.per attribute \"%.*s\" of type %.*s cannot be grouped by",
		    SPAN_FMT(name), SPAN_FMT(value_type_text(r->arena, attr->type)));
	per->keys[per->keys_len++] = attr;
	return 0;
}

int per_limit_parse(const struct namespace *ns, yyjson_val *json, const char *path, size_t total,
    struct arena *a, struct per_limit **ret, struct refusal *r)
{
	yyjson_val *names = yyjson_obj_get(json, "attributes"), *limit = yyjson_obj_get(json, "limit"), *name;
	size_t i, n = yyjson_arr_size(names);
	if (!yyjson_is_arr(names) || !yyjson_is_uint(limit))
		return no_limit(path, r);
	if (n == 0 || n > ATTRS_MAX)
		return refuse(r, 400, "💔 limit.per.attributes must name 1 to %d attributes", ATTRS_MAX);
	if (yyjson_get_uint(limit) == 0 || yyjson_get_uint(limit) > total)
		return refuse(
		    r, 400, "💔 limit.per.limit must be between 1 and limit.total, which is %zu", total);
	struct per_limit *per = arena_one(a, struct per_limit);
	*per = (struct per_limit){
	    .arena = a, .ns = ns, .limit = yyjson_get_uint(limit), .scratch = buf_new(SIZE_MAX / 2)};
	arena_defer(a, per_limit_free, per);
	per->keys = arena_array(a, const struct attr *, n);
	yyjson_arr_foreach(names, i, n, name)
	{
		int rc = parse_key(per, name, path, r);
		if (rc < 0)
			return rc;
	}
	*ret = per;
	return 0;
}

int per_limit_check(const struct per_limit *per, const bool *include, bool include_id, struct refusal *r)
{
	for (size_t i = 0; i < per->keys_len; i++) {
		const struct attr *attr = per->keys[i];
		if (!(attr ? include[attr->index] : include_id))
			return refuse(r, 400, "💔 limit.per attribute \"%.*s\" must be in include_attributes",
			    SPAN_FMT(attr ? attr->name : SPAN("id")));
	}
	return 0;
}

static void write_key(struct per_limit *per, const struct doc *d)
{
	buf_clear(&per->scratch);
	for (size_t i = 0; i < per->keys_len; i++) {
		const struct attr *attr = per->keys[i];
		const struct value *v = attr ? doc_value(d, attr->index) : NULL;
		if (!attr)
			id_to_json(&per->scratch, per->ns->schema->id_kind, d->id);
		else if (v)
			value_to_json(&per->scratch, attr->type, v);
		buf_byte(&per->scratch, ',');
	}
}

void per_limit_offer(struct per_limit *per, const struct topk *rows, float key, const struct doc *d)
{
	write_key(per, d);
	struct topk *group = map_get(&per->by_key, buf_span(&per->scratch));
	if (!group) {
		group = arena_one(per->arena, struct topk);
		*group = topk_new(per->arena, per->limit, namespace_row_count(per->ns), rows->tie, rows->ctx);
		map_put(&per->by_key, arena_copy(per->arena, buf_span(&per->scratch)), group);
		vec_push(&per->groups, group);
	}
	topk_offer(group, key, d->slot);
}

void per_limit_collect(const struct per_limit *per, struct topk *rows)
{
	vec_each (&per->groups, group) {
		for (size_t i = 0; i < (*group)->len; i++)
			topk_offer(rows, (*group)->at[i].key, (*group)->at[i].slot);
	}
}
