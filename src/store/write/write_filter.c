#include "store/write/write_planner.h"

/* delete_by_filter and patch_by_filter. */

struct matches {
	VEC(const struct doc *) docs;
};

static int by_id(const void *a, const void *b)
{
	return span_cmp((*(const struct doc *const *)a)->id, (*(const struct doc *const *)b)->id);
}

/* The documents as the request leaves them so far that pass, in the order of their ids. */
static void find(struct planner *p, struct filter *f, struct matches *out)
{
	const uint32_t *slots = NULL;
	size_t n = p->view.docs.len;
	bool named = filter_names_ids(f, &p->view, p->arena, &slots, &n);
	if (!named)
		n = p->view.docs.len;
	for (size_t i = 0; i < n; i++) {
		const struct doc *d = p->view.docs.at[named ? slots[i] : i];
		const struct entry *e = d ? map_get(&p->entries, d->id) : NULL;
		if (d && !(e && e->effect == GONE) && filter_match(f, d))
			vec_push(&out->docs, d);
	}
	if (out->docs.len)
		qsort(out->docs.at, out->docs.len, sizeof *out->docs.at, by_id);
}

/* The matches of the filter, cut to the limit if that is allowed. */
static int find_within(struct planner *p, yyjson_val *json, const char *path, const char *name, size_t limit,
    bool partial, struct matches *out)
{
	struct filter *f;
	int rc = filter_parse(&p->view, json, path, p->arena, &f, p->refusal);
	if (rc < 0)
		return rc;
	find(p, f, out);
	p->plan->may_be_partial |= partial;
	if (out->docs.len <= limit)
		return 0;
	if (!partial)
		return refuse(p->refusal, 400,
		    "💔 %s matches %zu documents, the limit of one request is %zu; set %s_allow_partial to "
		    "process as many, and repeat the request while rows_remaining is true",
		    name, out->docs.len, limit, name);
	out->docs.len = limit;
	p->plan->rows_remaining = true;
	return 0;
}

static struct entry *entry_of(struct planner *p, const struct doc *d)
{
	struct entry *e = map_get(&p->entries, d->id);
	return e ? e : stage_entry(p, arena_copy(p->arena, d->id)); /* the reply outlives the document */
}

static int plan_delete(struct planner *p, yyjson_val *filter, bool partial, size_t limit)
{
	struct matches found = {0};
	int rc = find_within(p, filter, "delete_by_filter", "delete_by_filter", limit, partial, &found);
	vec_each (&found.docs, d) {
		if (rc == 0)
			stage_delete(p, entry_of(p, *d));
	}
	vec_free(&found.docs);
	return rc;
}

/* The patch is read once, as a row without an id. */
static int take_patch(struct planner *p, yyjson_val *patch)
{
	size_t i, n;
	yyjson_val *key, *v;
	rows_begin(p);
	yyjson_obj_foreach(patch, i, n, key, v)
	{
		struct cell cell = {json_span(key), v};
		if (span_eq(cell.name, SPAN("id")))
			return refuse(p->refusal, 400, "💔 patch_by_filter cannot change the id");
		int rc = rows_take_cell(p, PATCH, SPAN_NONE, &cell);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int plan_patch(struct planner *p, yyjson_val *json, bool partial, size_t limit)
{
	struct matches found = {0};
	int rc = take_patch(p, yyjson_obj_get(json, "patch"));
	if (rc == 0)
		rc = find_within(p, yyjson_obj_get(json, "filters"), "patch_by_filter.filters",
		    "patch_by_filter", limit, partial, &found);
	for (size_t i = 0; rc == 0 && i < found.docs.len; i++)
		rc = stage_put(p, PATCH, entry_of(p, found.docs.at[i]));
	vec_free(&found.docs);
	rows_end(p);
	return rc;
}

int filter_writes_infer(struct planner *p, yyjson_val *body)
{
	size_t i, n;
	yyjson_val *json = write_field(body, "patch_by_filter"), *key, *v;
	yyjson_val *patch = yyjson_obj_get(json, "patch");
	if (!json)
		return 0;
	if (!yyjson_is_obj(json))
		return refuse_type(p->refusal, "patch_by_filter", json, "struct PatchByFilter");
	if (!yyjson_obj_get(json, "filters"))
		return refuse_shape(p->refusal, "patch_by_filter", "missing field `filters`");
	if (!patch)
		return refuse_shape(p->refusal, "patch_by_filter", "missing field `patch`");
	if (!yyjson_is_obj(patch))
		return refuse_type(p->refusal, "patch_by_filter.patch", patch, "a map");
	yyjson_obj_foreach(patch, i, n, key, v)
	{
		int rc = rows_infer_from(p, json_span(key), v);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int filter_writes_plan(struct planner *p, yyjson_val *body, const struct write_limits *limits)
{
	yyjson_val *delete = write_field(body, "delete_by_filter");
	yyjson_val *patch = write_field(body, "patch_by_filter");
	int rc = 0;
	if (delete)
		rc = plan_delete(
		    p, delete, write_flag(body, "delete_by_filter_allow_partial"), limits->delete_rows);
	if (rc == 0 && patch)
		rc = plan_patch(
		    p, patch, write_flag(body, "patch_by_filter_allow_partial"), limits->patch_rows);
	return rc;
}
