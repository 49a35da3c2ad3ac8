#include "store/query/group.h"

#include <stdlib.h>

#include "json/write.h"

struct key {
	struct span label;
	const struct attr *attr;
	bool each; /* ForEachUnique */
};

struct group {
	struct aggregates *figures;
	const union scalar *values[GROUP_KEYS_MAX]; /* NULL: missing */
};

struct grouping {
	struct arena *arena;
	const struct aggregates *figures;
	struct key keys[GROUP_KEYS_MAX];
	size_t keys_len;
	struct map by_values; /* the values as JSON → struct group */
	VEC(struct group *) groups;
	bool overflowed; /* there are more than GROUPS_MAX */
	struct buf scratch;
	VEC(const union scalar *) choices[GROUP_KEYS_MAX]; /* of the document: each key's different values */
};

static void grouping_free(void *arg)
{
	struct grouping *g = arg;
	map_free(&g->by_values);
	vec_free(&g->groups);
	buf_free(&g->scratch);
	for (size_t i = 0; i < GROUP_KEYS_MAX; i++)
		vec_free(&g->choices[i]);
}

static int parse_attr(const struct namespace *ns, struct span name, struct key *key, struct refusal *r)
{
	if (span_eq(name, SPAN("id")))
		return refuse(r, 400, "💔 group_by cannot group by id");
	key->attr = schema_find(ns->schema, name);
	if (!key->attr)
		return refuse(r, 400, "💔 group_by field \"%.*s\" not found in schema", SPAN_FMT(name));
	enum value_base base = key->attr->type.base;
	if (key->attr->type.array == key->each && value_base_compares(base))
		return 0;
	return refuse(r, 400, "💔 group_by field \"%.*s\" of type %.*s cannot be grouped by%s", SPAN_FMT(name),
	    SPAN_FMT(value_type_text(r->arena, key->attr->type)),
	    key->each               ? " with ForEachUnique"
	    : key->attr->type.array ? " without ForEachUnique"
	                            : "");
}

/* "attr", or {"label": ["ForEachUnique", "attr"]}. */
static int parse_key(
    const struct namespace *ns, yyjson_val *json, const char *path, struct key *key, struct refusal *r)
{
	if (yyjson_is_str(json)) {
		key->label = json_span(json);
		return parse_attr(ns, key->label, key, r);
	}
	yyjson_obj_iter members = yyjson_obj_iter_with(json);
	yyjson_val *label = yyjson_obj_iter_next(&members), *function = yyjson_obj_iter_get_val(label);
	if (yyjson_obj_size(json) != 1 || yyjson_arr_size(function) != 2 ||
	    !yyjson_equals_str(yyjson_arr_get(function, 0), "ForEachUnique") ||
	    !yyjson_is_str(yyjson_arr_get(function, 1)))
		return refuse_shape(r, path, "data did not match any variant of untagged enum GroupByInput");
	key->label = json_span(label);
	key->each = true;
	return parse_attr(ns, json_span(yyjson_arr_get(function, 1)), key, r);
}

static int check_key(const struct grouping *g, const struct key *key, struct refusal *r)
{
	if (aggregates_have(g->figures, key->label))
		return refuse(r, 400, "💔 group_by and aggregate_by both name \"%.*s\"", SPAN_FMT(key->label));
	for (const struct key *other = g->keys; other < key; other++) {
		if (other->attr == key->attr || span_eq(other->label, key->label))
			return refuse(r, 400, "💔 group_by names \"%.*s\" twice", SPAN_FMT(key->label));
	}
	return 0;
}

int grouping_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    const struct aggregates *figures, struct grouping **ret, struct refusal *r)
{
	size_t i, n;
	yyjson_val *item;
	struct grouping *g = arena_one(a, struct grouping);
	*g = (struct grouping){.arena = a, .figures = figures, .scratch = buf_new(SIZE_MAX / 2)};
	arena_defer(a, grouping_free, g);
	if (!yyjson_is_arr(json))
		return refuse_type(r, path, json, "a sequence");
	if (yyjson_arr_size(json) > GROUP_KEYS_MAX)
		return refuse(r, 400, "💔 group_by takes at most %d attributes", GROUP_KEYS_MAX);
	yyjson_arr_foreach(json, i, n, item)
	{
		struct key *key = &g->keys[g->keys_len++];
		int rc = parse_key(ns, item, path, key, r);
		if (rc == 0)
			rc = check_key(g, key, r);
		if (rc < 0)
			return rc;
	}
	*ret = g;
	return 0;
}

static struct group *find_group(struct grouping *g, const union scalar *const *values)
{
	buf_clear(&g->scratch);
	for (size_t i = 0; i < g->keys_len; i++) {
		if (values[i])
			scalar_to_json(&g->scratch, g->keys[i].attr->type.base, values[i]);
		buf_byte(&g->scratch, ',');
	}
	struct group *group = map_get(&g->by_values, buf_span(&g->scratch));
	g->overflowed |= !group && g->groups.len == GROUPS_MAX;
	if (group || g->overflowed)
		return group;
	group = arena_one(g->arena, struct group);
	group->figures = aggregates_copy(g->figures, g->arena);
	memcpy(group->values, values, g->keys_len * sizeof *values);
	map_put(&g->by_values, arena_copy(g->arena, buf_span(&g->scratch)), group);
	vec_push(&g->groups, group);
	return group;
}

static int by_value(const void *x, const void *y, void *base)
{
	return scalar_cmp(
	    *(const enum value_base *)base, *(const union scalar *const *)x, *(const union scalar *const *)y);
}

/* The different values of the document that a key can take: one, or each of an array's elements; NULL if it
 * has none. */
static void find_choices(struct grouping *g, size_t i, const struct doc *d)
{
	struct key *key = &g->keys[i];
	const struct value *v = doc_value(d, key->attr->index);
	size_t n = v ? v->count : 0, kept = 0;
	const union scalar *items = v ? value_items(v, key->attr->type) : NULL;
	g->choices[i].len = 0;
	for (size_t k = 0; k < n; k++)
		vec_push(&g->choices[i], &items[k]);
	if (n == 0)
		vec_push(&g->choices[i], NULL);
	if (n < 2)
		return;
	const union scalar **at = g->choices[i].at;
	enum value_base base = key->attr->type.base;
	qsort_r(at, n, sizeof *at, by_value, &base);
	for (size_t k = 0; k < n; k++) {
		if (k == 0 || scalar_cmp(base, at[kept - 1], at[k]) != 0)
			at[kept++] = at[k];
	}
	g->choices[i].len = kept;
}

/* Counts the document once for each combination of its keys' choices. */
static void count_combinations(struct grouping *g, const struct doc *d)
{
	const union scalar *values[GROUP_KEYS_MAX] = {NULL};
	size_t place[GROUP_KEYS_MAX] = {0}, i = 0;
	while (i < g->keys_len && !g->overflowed) {
		for (i = 0; i < g->keys_len; i++)
			values[i] = g->choices[i].at[place[i]];
		struct group *group = find_group(g, values);
		if (group)
			aggregates_add(group->figures, d);
		for (i = 0; i < g->keys_len && ++place[i] == g->choices[i].len; i++)
			place[i] = 0;
	}
}

void grouping_add(struct grouping *g, const struct doc *d)
{
	for (size_t i = 0; i < g->keys_len; i++)
		find_choices(g, i, d);
	count_combinations(g, d);
}

bool grouping_overflowed(const struct grouping *g)
{
	return g->overflowed;
}

static int group_cmp(const void *x, const void *y, void *arg)
{
	const struct group *a = *(struct group *const *)x, *b = *(struct group *const *)y;
	const struct grouping *g = arg;
	for (size_t i = 0; i < g->keys_len; i++) {
		const union scalar *u = a->values[i], *v = b->values[i];
		int c = u && v ? scalar_cmp(g->keys[i].attr->type.base, u, v) : (u != NULL) - (v != NULL);
		if (c)
			return c;
	}
	return 0;
}

/* Returns the bytes that it counts. */
static size_t put_value(struct buf *out, enum value_base base, const union scalar *v)
{
	if (!v) {
		buf_lit(out, "null");
		return 0;
	}
	scalar_to_json(out, base, v);
	return value_logical_size(
	    (struct value_type){.base = base}, &(const struct value){.present = true, .count = 1, .one = *v});
}

size_t grouping_print(struct grouping *g, size_t limit, struct buf *out)
{
	size_t bytes = 0;
	if (g->groups.len)
		qsort_r(g->groups.at, g->groups.len, sizeof *g->groups.at, group_cmp, g);
	buf_byte(out, '[');
	for (size_t at = 0; at < g->groups.len && at < limit; at++) {
		const struct group *group = g->groups.at[at];
		bool first = true;
		buf_append(out, at ? SPAN(",{") : SPAN("{"));
		for (size_t i = 0; i < g->keys_len; i++) {
			json_put_key(out, &first, g->keys[i].label);
			bytes += put_value(out, g->keys[i].attr->type.base, group->values[i]);
		}
		bytes += aggregates_print(group->figures, &first, out);
		buf_byte(out, '}');
	}
	buf_byte(out, ']');
	return bytes;
}
