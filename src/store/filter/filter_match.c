#include "store/filter/filter_node.h"

/* TEST_IN's operands are sorted. */
static bool is_among(const struct value *operand, enum value_base base, const union scalar *item)
{
	size_t from = 0, to = operand->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int c = scalar_cmp(base, item, &operand->many[middle]);
		if (c == 0)
			return true;
		if (c < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return false;
}

static bool item_passes(struct filter *f, const union scalar *item)
{
	switch (f->test) {
	case TEST_EQ:
		return scalar_cmp(f->type.base, item, &f->operand.one) == 0;
	case TEST_LT:
		return scalar_cmp(f->type.base, item, &f->operand.one) < 0;
	case TEST_LTE:
		return scalar_cmp(f->type.base, item, &f->operand.one) <= 0;
	case TEST_GT:
		return scalar_cmp(f->type.base, item, &f->operand.one) > 0;
	case TEST_GTE:
		return scalar_cmp(f->type.base, item, &f->operand.one) >= 0;
	case TEST_IN:
		return is_among(&f->operand, f->type.base, item);
	case TEST_GLOB:
		return glob_match(f->glob, item->text);
	case TEST_FUZZY:
		return fuzzy_find(&f->fuzzy, item->text);
	}
	return false;
}

static bool some_item_passes(struct filter *f, const struct doc *d)
{
	if (f->attr == FILTER_ON_ID)
		return item_passes(f, &(const union scalar){.text = d->id});
	const struct value *v = doc_value(d, f->attr);
	if (!v)
		return false;
	const union scalar *items = value_items(v, f->type);
	for (uint32_t i = 0; i < v->count; i++) {
		if (item_passes(f, &items[i]))
			return true;
	}
	return false;
}

static bool same_items(const struct filter *f, const struct value *v)
{
	if (!v || v->count != f->operand.count)
		return false;
	for (uint32_t i = 0; i < v->count; i++) {
		if (scalar_cmp(f->type.base, &v->many[i], &f->operand.many[i]) != 0)
			return false;
	}
	return true;
}

/* Whether one of the parts answers so. */
static bool some_part(const struct filter *f, const struct doc *d, bool answer)
{
	for (size_t i = 0; i < f->parts_len; i++) {
		if (filter_match(f->parts[i], d) == answer)
			return true;
	}
	return false;
}

static bool positive(struct filter *f, const struct doc *d)
{
	switch (f->kind) {
	case FILTER_EVERY:
		return !some_part(f, d, false);
	case FILTER_SOME:
		return some_part(f, d, true);
	case FILTER_PRESENT:
		return f->attr == FILTER_ON_ID || doc_value(d, f->attr);
	case FILTER_ITEM:
		return some_item_passes(f, d);
	case FILTER_SAME_ITEMS:
		return same_items(f, doc_value(d, f->attr));
	case FILTER_SLOTS:
		return slots_has(f->slots, d->slot);
	}
	return false;
}

bool filter_match(struct filter *f, const struct doc *d)
{
	return !f || positive(f, d) != f->negated;
}

/* Operands of TEST_IN are sorted: the same ones are neighbours. */
static size_t find_ids(const struct filter *f, const struct namespace *ns, uint32_t *slots)
{
	const union scalar *ids = f->test == TEST_IN ? f->operand.many : &f->operand.one;
	size_t len = 0;
	for (uint32_t i = 0; i < f->operand.count; i++) {
		const struct doc *d = namespace_find(ns, ids[i].text);
		if (d && (len == 0 || slots[len - 1] != d->slot))
			slots[len++] = d->slot;
	}
	return len;
}

bool filter_names_ids(const struct filter *f, const struct namespace *ns, struct arena *a,
    const uint32_t **ret_slots, size_t *ret_len)
{
	if (!f || f->negated)
		return false;
	for (size_t i = 0; f->kind == FILTER_EVERY && i < f->parts_len; i++) {
		if (filter_names_ids(f->parts[i], ns, a, ret_slots, ret_len))
			return true;
	}
	if (f->kind != FILTER_ITEM || f->attr != FILTER_ON_ID || (f->test != TEST_EQ && f->test != TEST_IN))
		return false;
	uint32_t *slots = arena_array(a, uint32_t, f->operand.count);
	*ret_len = find_ids(f, ns, slots);
	*ret_slots = slots;
	return true;
}
