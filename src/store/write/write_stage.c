#include "store/write/write_planner.h"

#define DOC_MAX ((size_t)64 << 20)

struct entry *stage_entry(struct planner *p, struct span id)
{
	struct entry *e = map_get(&p->entries, id);
	if (e)
		return e;
	e = arena_one(p->arena, struct entry);
	e->id = id;
	map_put(&p->entries, id, e);
	vec_push(&p->in_order, e);
	return e;
}

const struct doc *stage_current(const struct planner *p, const struct entry *e)
{
	if (e->effect == PUT)
		return e->doc;
	return p->ns && e->effect == UNTOUCHED ? namespace_find(p->ns, e->id) : NULL;
}

/* What the row did not set comes from the document; dropped attributes do not. */
static const struct value *merge(struct planner *p, const struct doc *old)
{
	for (size_t i = 0; i < p->schema->attrs.len; i++) {
		const struct value *stays = doc_value(old, i);
		if (p->row_of[i] == p->row)
			p->merged[i] = p->values[i];
		else
			p->merged[i] = stays && !p->schema->attrs.at[i]->dropped ? *stays : (struct value){0};
	}
	return p->merged;
}

/* What a document counts: each value once for each index that it goes into, by half if into none. */
static uint64_t billed_bytes(const struct schema *s, const struct doc *d)
{
	uint64_t halves = 2 * id_logical_size(s->id_kind, d->id);
	for (size_t i = 0; i < d->count; i++) {
		const struct attr *attr = s->attrs.at[i];
		unsigned indexes = (attr->type.base >= VALUE_VECTOR) + attr->filterable + attr->full_text +
		                   attr->glob + attr->regex + attr->fuzzy;
		if (d->values[i].present)
			halves += (indexes ? 2 * indexes : 1) * value_logical_size(attr->type, &d->values[i]);
	}
	return (halves + 1) / 2;
}

int stage_put(struct planner *p, enum operation op, struct entry *e)
{
	struct write_plan *plan = p->plan;
	const struct doc *old = stage_current(p, e);
	size_t columns = p->schema->vectors.len;
	struct doc *doc = doc_new(p->schema, e->id, op == PATCH ? merge(p, old) : p->values);
	if (old)
		doc->slot = old->slot; /* until it is applied: sets of slots know the stored one */
	if (op == UPSERT && columns) {
		e->vectors = arena_array(p->arena, const void *, columns);
		memcpy(e->vectors, p->vectors, columns * sizeof *e->vectors);
	}
	free(e->doc);
	e->doc = doc;
	e->effect = PUT;
	vec_push(op == UPSERT ? &plan->upserted : &plan->patched, e->id);
	plan->bytes_written += billed_bytes(p->schema, doc);
	return doc->logical_size > DOC_MAX ? refuse(p->refusal, 400, "💔 a document can have at most 64 MiB")
	                                   : 0;
}

void stage_delete(struct planner *p, struct entry *e)
{
	free(e->doc);
	e->doc = NULL;
	e->effect = GONE;
	vec_push(&p->plan->deleted, e->id);
	p->plan->bytes_written += id_logical_size(p->schema->id_kind, e->id);
}

void stage_finish(struct planner *p)
{
	struct change *change = &p->plan->change;
	vec_each (&p->in_order, e) {
		struct put put = {.doc = (*e)->doc, .vectors = (*e)->vectors};
		if ((*e)->effect == PUT)
			vec_push(&change->puts, put);
		else if ((*e)->effect == GONE && p->ns && namespace_find(p->ns, (*e)->id))
			vec_push(&change->deletes, (*e)->id);
		(*e)->doc = NULL;
	}
}

void stage_free(struct planner *p)
{
	vec_each (&p->in_order, e) {
		free((*e)->doc);
	}
	vec_free(&p->in_order);
	map_free(&p->entries);
	vec_free(&p->repeated);
}
