#include "store/filter/filter_node.h"

#define REF_KEY "$ref_new"

bool filter_is_ref(yyjson_val *operand)
{
	return yyjson_obj_get(operand, REF_KEY) != NULL;
}

/* The type as an attribute would have it: the leaf's own is that of the key where it is on the id. */
static struct value_type shown_type(const struct filter_leaf *leaf)
{
	enum id_kind kind = leaf->ns->schema->id_kind;
	return leaf->attr ? leaf->type : (struct value_type){.base = id_base(kind)};
}

static int find_ref(const struct filter_leaf *leaf, struct filter_ref *ref)
{
	yyjson_val *v = yyjson_obj_get(leaf->operand, REF_KEY);
	struct span name = json_span(v);
	if (!yyjson_is_str(v) || yyjson_obj_size(leaf->operand) != 1)
		return filter_refuse(leaf, "`$ref_new` must be the only key and name an attribute");
	const struct attr *attr = schema_find(leaf->ns->schema, name);
	ref->id_kind = leaf->ns->schema->id_kind;
	if (span_eq(name, SPAN("id"))) {
		ref->attr = FILTER_ON_ID;
		ref->type = (struct value_type){.base = id_base(ref->id_kind)};
		return 0;
	}
	if (!attr)
		return filter_refuse(
		    leaf, "attribute `%.*s` of `$ref_new` not found in schema", SPAN_FMT(name));
	ref->attr = attr->index;
	ref->type = attr->type;
	return 0;
}

int filter_parse_ref(const struct filter_leaf *leaf, enum ref_form form, bool nullable, struct filter *f)
{
	struct filter_ref *ref = arena_one(leaf->arena, struct filter_ref);
	struct value_type want = shown_type(leaf);
	int rc = find_ref(leaf, ref);
	if (rc < 0)
		return rc;
	want.array = form == REF_EITHER ? ref->type.array : form == REF_LIST;
	if (!value_type_eq(want, ref->type))
		return filter_refuse(leaf, "type mismatch, %.*s expects %.*s, but `$ref_new` is of type %.*s",
		    SPAN_FMT(leaf->op), SPAN_FMT(value_type_text(leaf->arena, want)),
		    SPAN_FMT(value_type_text(leaf->arena, ref->type)));
	if (nullable && leaf->type.array)
		f->kind = FILTER_SAME_ITEMS;
	ref->kind = f->kind;
	ref->nullable = nullable;
	f->ref = ref;
	return 0;
}

/* The referred value in the form of the leaf's operand: its items, as keys where the leaf is on the id. */
static union scalar *new_items(
    const struct filter *f, const struct new_row *row, struct arena *a, uint32_t *ret_n)
{
	const struct filter_ref *ref = f->ref;
	bool id = ref->attr == FILTER_ON_ID;
	const struct value *v = id ? NULL : &row->values[ref->attr];
	uint32_t n = id ? 1 : v->count;
	union scalar *items = arena_array(a, union scalar, n);
	for (uint32_t i = 0; i < n; i++) {
		items[i] = id ? id_to_scalar(ref->id_kind, row->id) : value_items(v, ref->type)[i];
		if (f->attr == FILTER_ON_ID)
			items[i].text = id_from_scalar(a, ref->id_kind, &items[i]);
	}
	*ret_n = n;
	return items;
}

static bool is_null(const struct filter_ref *ref, const struct new_row *row)
{
	return !row->values || (ref->attr != FILTER_ON_ID && !row->values[ref->attr].present);
}

static void bind_null(struct filter *f)
{
	bool before = f->negated;
	if (f->ref->nullable)
		filter_compare_with_null(f);
	else
		f->kind = FILTER_SOME; /* of no parts: nothing is an item of null */
	f->ref->flipped = f->negated != before;
}

static void bind(struct filter *f, const struct new_row *row, struct arena *a)
{
	struct filter_ref *ref = f->ref;
	for (size_t i = 0; i < f->parts_len; i++)
		bind(f->parts[i], row, a);
	if (!ref)
		return;
	f->kind = ref->kind;
	f->negated = f->negated != ref->flipped;
	ref->flipped = false;
	if (is_null(ref, row)) {
		bind_null(f);
		return;
	}
	union scalar *items = new_items(f, row, a, &f->operand.count);
	f->operand.present = true;
	if (f->kind == FILTER_ITEM && f->test != TEST_IN) {
		f->operand.one = items[0];
		return;
	}
	if (f->test == TEST_IN)
		filter_sort_items(f->type.base, items, f->operand.count);
	f->operand.many = items;
}

bool condition_match(struct filter *f, const struct doc *d, const struct new_row *row, struct arena *a)
{
	if (f)
		bind(f, row, a);
	return filter_match(f, d);
}
