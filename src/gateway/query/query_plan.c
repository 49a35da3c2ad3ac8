#include "gateway/query/query_plan.h"

#include <inttypes.h>

#include "json/splice.h"

static const struct span names[QUERY_MEMBERS] = {
    [QUERY_FILTERS] = SPAN("filters"),
    [QUERY_INCLUDE] = SPAN("include_attributes"),
    [QUERY_EXCLUDE] = SPAN("exclude_attributes"),
    [QUERY_RANK_BY] = SPAN("rank_by"),
    [QUERY_AGGREGATE_BY] = SPAN("aggregate_by"),
    [QUERY_CONSISTENCY] = SPAN("consistency"),
    [QUERY_QUERIES] = SPAN("queries"),
    [QUERY_RERANK_BY] = SPAN("rerank_by"),
};

/* A member that is there and not null. */
static bool has(const struct query_part *part, enum query_member m)
{
	struct span value = part->members[m].value;
	return value.ptr && json_type_of(value) != JSON_NULL;
}

static int read_part(struct query_part *part, struct span text, struct json_error *err)
{
	part->text = text;
	for (int i = 0; i < QUERY_MEMBERS; i++)
		part->members[i].name = names[i];
	return json_find_members(text, part->members, QUERY_MEMBERS, err);
}

static void note_shape(struct query_plan *p, const struct query_part *part)
{
	p->shape.has_filter |= has(part, QUERY_FILTERS);
	p->shape.has_rank_by |= has(part, QUERY_RANK_BY);
}

/* The legs of a batch. What is no list of at most 16 objects is for the store to refuse. */
static int read_legs(struct query_plan *p, struct json_error *err)
{
	struct json_scan s;
	struct span leg;
	json_scan_init(&s, p->root.members[QUERY_QUERIES].value);
	p->shape.multi = json_scan_type(&s) == JSON_ARRAY;
	p->untouched = !p->shape.multi;
	if (p->untouched)
		return 0;
	json_scan_enter(&s, JSON_ARRAY);
	while (json_scan_element(&s) && json_scan_value(&s, &leg) == 0) {
		p->shape.legs++;
		p->untouched |= json_type_of(leg) != JSON_OBJECT || p->leg_count == QUERY_LEGS_MAX;
		if (p->untouched)
			continue;
		int rc = read_part(&p->legs[p->leg_count], leg, err);
		if (rc < 0) {
			err->offset += (size_t)(leg.ptr - p->body.ptr);
			return rc;
		}
		note_shape(p, &p->legs[p->leg_count++]);
	}
	return 0;
}

/* {"level":"strong"}: only a sound one counts, the store refuses others. */
static bool is_strong(struct span consistency)
{
	struct json_member level = {.name = SPAN("level")};
	return consistency.ptr && json_find_members(consistency, &level, 1, NULL) == 0 && level.value.ptr &&
	       json_type_of(level.value) == JSON_STRING && json_string_eq(level.value, SPAN("strong"));
}

int query_plan_read(struct query_plan *p, struct span body, struct json_error *ret_error)
{
	*p = (struct query_plan){.body = body};
	int rc = read_part(&p->root, body, ret_error);
	if (rc == -E_INVALID) {
		p->untouched = true; /* sound JSON, but no object */
		return 0;
	}
	if (rc == 0 && has(&p->root, QUERY_QUERIES))
		rc = read_legs(p, ret_error);
	if (rc < 0)
		return rc;
	note_shape(p, &p->root);
	p->shape.known = true;
	size_t space = span_find(body, '{');
	p->root.text = span_skip(body, space);
	p->fused = has(&p->root, QUERY_RERANK_BY);
	p->asks_strong = is_strong(p->root.members[QUERY_CONSISTENCY].value);
	return 0;
}

enum watermark_wish query_plan_wish(const struct query_plan *p, bool index_eventual)
{
	return p->asks_strong || p->fused || p->untouched ? WATERMARK_WISH_STRONG
	       : index_eventual                           ? WATERMARK_WISH_EVENTUAL
	                                                  : WATERMARK_WISH_STABLE;
}

/* ["attr", "kNN", …] without a filter is refused by the store, and shall be. */
static bool needs_own_filter(const struct query_part *part)
{
	struct json_scan s;
	struct span op;
	json_scan_init(&s, part->members[QUERY_RANK_BY].value);
	if (!has(part, QUERY_RANK_BY) || json_scan_type(&s) != JSON_ARRAY)
		return false;
	json_scan_enter(&s, JSON_ARRAY);
	bool attribute = json_scan_element(&s), function = attribute && json_scan_element(&s);
	return function && json_scan_type(&s) == JSON_STRING && json_scan_value(&s, &op) == 0 &&
	       json_string_eq(op, SPAN("kNN"));
}

static void add_predicate(
    struct json_splice *sp, struct arena *a, const struct query_part *part, uint64_t watermark_ms)
{
	struct span filters = part->members[QUERY_FILTERS].value;
	struct span predicate =
	    arena_printf(a, "[\"_hevlayer_upserted_at\",\"Lte\",%" PRIu64 "]", watermark_ms);
	if (has(part, QUERY_FILTERS)) {
		json_splice_insert(sp, filters.ptr, SPAN("[\"And\",["));
		json_splice_insert(
		    sp, filters.ptr + filters.len, arena_printf(a, ",%.*s]]", SPAN_FMT(predicate)));
	} else if (needs_own_filter(part)) {
		return;
	} else if (filters.ptr) {
		json_splice_replace(sp, filters, predicate);
	} else {
		json_splice_add(sp, part->text, arena_printf(a, "\"filters\":%.*s,", SPAN_FMT(predicate)));
	}
}

/* Everything becomes everything but the reserved names; a list of exclusions gets them too. */
static void hide_reserved(
    struct json_splice *sp, struct arena *a, const struct query_part *part, struct span reserved)
{
	const struct json_member *include = &part->members[QUERY_INCLUDE],
	                         *exclude = &part->members[QUERY_EXCLUDE];
	if (exclude->value.ptr) {
		if (!has(part, QUERY_INCLUDE) && json_type_of(exclude->value) == JSON_ARRAY)
			json_splice_add(sp, exclude->value, reserved);
	} else if (include->value.ptr && json_type_of(include->value) == JSON_TRUE) {
		json_splice_replace(sp, include->key, SPAN("\"exclude_attributes\""));
		json_splice_replace(
		    sp, include->value, arena_printf(a, "[%.*s]", (int)reserved.len - 1, reserved.ptr));
	}
}

struct span query_plan_body(const struct query_plan *p, struct arena *a, enum watermark_read read,
    uint64_t watermark_ms, struct span reserved)
{
	struct json_splice sp;
	if (p->untouched || p->fused)
		return p->body;
	json_splice_init(&sp, p->body);
	const struct query_part *parts = p->leg_count ? p->legs : &p->root;
	size_t n = p->leg_count ? p->leg_count : 1;
	for (size_t i = 0; i < n; i++) {
		if (read == WATERMARK_READ_FILTERED)
			add_predicate(&sp, a, &parts[i], watermark_ms);
		hide_reserved(&sp, a, &parts[i], reserved);
	}
	if (!p->root.members[QUERY_CONSISTENCY].key.ptr)
		json_splice_add(&sp, p->root.text, SPAN("\"consistency\":{\"level\":\"eventual\"},"));
	struct buf out = buf_new(SIZE_MAX);
	json_splice_append(&sp, &out);
	struct span body = arena_copy(a, buf_span(&out));
	buf_free(&out);
	json_splice_free(&sp);
	return body;
}
