#include "store/filter_node.h"

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
