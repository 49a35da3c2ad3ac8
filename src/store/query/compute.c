#include "store/query/compute.h"

#include <math.h>

#include "store/query/distance.h"
#include "store/query/highlight.h"
#include "store/query/rank.h"
#include "json/write.h"

enum computed_kind { COMPUTED_SCORE, COMPUTED_DISTANCE, COMPUTED_HIGHLIGHT };

struct computation {
	struct span name;
	enum computed_kind kind;
	struct score *score;
	struct rank vector; /* of COMPUTED_DISTANCE */
	struct highlight *highlight;
	const float *scores; /* of the run, by row, not finite where there is none; NULL: a highlight */
};

struct computed {
	const struct namespace *ns;
	size_t len;
	struct computation at[];
};

/* Where a computation is parsed. */
struct place {
	const struct namespace *ns;
	const char *path;
	yyjson_val *rank_by;
	struct arena *arena;
	struct refusal *r;
};

bool computed_has(const struct computed *c, struct span name)
{
	for (size_t i = 0; i < c->len; i++) {
		if (span_eq(c->at[i].name, name))
			return true;
	}
	return false;
}

static int check_name(const struct place *p, const struct computed *before, struct span name)
{
	if (schema_find(p->ns->schema, name))
		return refuse(p->r, 400,
		    "💔 computed attribute `%.*s` has the name of an attribute of the schema", SPAN_FMT(name));
	if (span_eq(name, SPAN("id")) || span_eq(name, SPAN("$dist")))
		return refuse(p->r, 400, "💔 computed attribute `%.*s` has a reserved name", SPAN_FMT(name));
	if (computed_has(before, name))
		return refuse(p->r, 400, "💔 compute_attributes names \"%.*s\" twice", SPAN_FMT(name));
	return 0;
}

/* An attribute may be called Highlight: ["Highlight", "Eq", "x"] is a filter. */
static bool is_highlight(yyjson_val *json)
{
	yyjson_val *options = yyjson_arr_get(json, 2);
	return yyjson_equals_str(yyjson_arr_get(json, 0), "Highlight") &&
	       yyjson_is_str(yyjson_arr_get(json, 1)) &&
	       (yyjson_arr_size(json) == 2 ||
	           (yyjson_arr_size(json) == 3 && (yyjson_is_obj(options) || yyjson_is_null(options))));
}

static int parse_distance(const struct place *p, const char *path, yyjson_val *json, struct computation *one)
{
	yyjson_val *operand = yyjson_arr_get(json, 2);
	one->kind = COMPUTED_DISTANCE;
	if (yyjson_equals_str(yyjson_arr_get(operand, 0), "Embed"))
		return refuse_shape(
		    p->r, path, "data did not match any variant of untagged enum ComputeAttributeInput");
	return rank_parse_vector(p->ns, json, path, p->arena, &one->vector, p->r);
}

static int parse_one(const struct place *p, yyjson_val *json, struct computation *one)
{
	const char *path = arena_printf(p->arena, "%s.%.*s", p->path, SPAN_FMT(one->name)).ptr;
	if (is_highlight(json)) {
		one->kind = COMPUTED_HIGHLIGHT;
		return highlight_parse(
		    p->ns, json, one->name, path, p->rank_by, p->arena, &one->highlight, p->r);
	}
	if (yyjson_arr_size(json) == 3 && yyjson_equals_str(yyjson_arr_get(json, 1), "VectorDist"))
		return parse_distance(p, path, json, one);
	one->kind = COMPUTED_SCORE;
	return score_parse_alone(p->ns, json, path, p->arena, &one->score, p->r);
}

int computed_parse(const struct namespace *ns, yyjson_val *json, const char *path, yyjson_val *rank_by,
    struct arena *a, struct computed **ret, struct refusal *r)
{
	struct place p = {ns, path, rank_by, a, r};
	size_t n = yyjson_obj_size(json), i, max;
	yyjson_val *name, *expression;
	if (!yyjson_is_obj(json))
		return refuse_type(r, path, json, "a map");
	if (n > COMPUTED_MAX)
		return refuse(
		    r, 400, "💔 compute_attributes takes at most %d expressions, got %zu", COMPUTED_MAX, n);
	struct computed *all = arena_zalloc(a, sizeof *all + n * sizeof *all->at);
	all->ns = ns;
	yyjson_obj_foreach(json, i, max, name, expression)
	{
		struct computation *one = &all->at[all->len];
		one->name = json_span(name);
		int rc = check_name(&p, all, one->name);
		all->len++;
		if (rc == 0)
			rc = parse_one(&p, expression, one);
		if (rc < 0)
			return rc;
	}
	*ret = all;
	return 0;
}

/* A score that is no row's and not 0 comes from a Dist without a value: there is none. */
static void run_score(const struct computed *c, struct computation *one, struct topk rows, struct arena *a)
{
	uint32_t *slots = arena_array(a, uint32_t, rows.len);
	for (size_t i = 0; i < rows.len; i++)
		slots[i] = rows.at[i].slot;
	struct scores s = score_slots(c->ns, one->score, (struct slot_list){slots, rows.len}, a);
	float *scores = arena_array(a, float, rows.len);
	for (size_t i = 0; i < rows.len; i++)
		scores[i] = s.rows[i] || s.at[i] == 0 ? s.at[i] : INFINITY;
	one->scores = scores;
}

static void run_distance(const struct computed *c, struct computation *one, struct topk rows, struct arena *a)
{
	float *to = arena_array(a, float, rows.len);
	const struct distances distances = distances_from(c->ns, one->vector.attr, one->vector.vector);
	for (size_t i = 0; i < rows.len; i++)
		to[i] = distance_to(&distances, rows.at[i].slot);
	one->scores = to;
}

void computed_run(struct computed *c, struct topk rows, struct arena *a)
{
	for (size_t i = 0; i < c->len; i++) {
		struct computation *one = &c->at[i];
		if (one->kind == COMPUTED_SCORE)
			run_score(c, one, rows, a);
		else if (one->kind == COMPUTED_DISTANCE)
			run_distance(c, one, rows, a);
	}
}

static size_t put_value(const struct computation *one, size_t i, const struct doc *d, struct buf *out)
{
	if (!one->scores)
		return highlight_print(one->highlight, d, out);
	json_put_f32(out, one->scores[i]);
	return sizeof one->scores[i];
}

size_t computed_print(const struct computed *c, size_t i, const struct doc *d,
    const struct computed *const *others, size_t n, struct buf *out)
{
	size_t bytes = 0;
	bool first = false;
	for (size_t k = 0; k < c->len; k++) {
		bool taken = false;
		for (size_t o = 0; o < n && !taken; o++)
			taken = computed_has(others[o], c->at[k].name);
		if (taken || (c->at[k].scores && !isfinite(c->at[k].scores[i])))
			continue;
		json_put_key(out, &first, c->at[k].name);
		bytes += put_value(&c->at[k], i, d, out);
	}
	return bytes;
}
