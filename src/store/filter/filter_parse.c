#include <stdlib.h>

#include "store/data/shown.h"
#include "store/filter/filter_node.h"

#define DEPTH_MAX 64

enum operand {
	OPERAND_VALUE,    /* one value */
	OPERAND_NULLABLE, /* one value or null */
	OPERAND_LIST,     /* several values */
	OPERAND_SET,      /* several values or one */
	OPERAND_GLOB,
	OPERAND_IGLOB,
	OPERAND_FUZZY,
	OPERAND_TOKENS,
	OPERAND_REGEX,
};

/* The types of attribute that an operator takes. */
enum on { ON_ANY, ON_SCALAR, ON_ARRAY };

static const struct filter_op {
	struct span name;
	enum operand operand;
	enum on on;
	enum item_test test;
	bool negated;
} operators[] = {
    {SPAN("Eq"), OPERAND_NULLABLE, ON_ANY, TEST_EQ, false},
    {SPAN("NotEq"), OPERAND_NULLABLE, ON_ANY, TEST_EQ, true},
    {SPAN("In"), OPERAND_SET, ON_ANY, TEST_IN, false},
    {SPAN("NotIn"), OPERAND_SET, ON_ANY, TEST_IN, true},
    {SPAN("Contains"), OPERAND_VALUE, ON_ARRAY, TEST_EQ, false},
    {SPAN("NotContains"), OPERAND_VALUE, ON_ARRAY, TEST_EQ, true},
    {SPAN("ContainsAny"), OPERAND_LIST, ON_ARRAY, TEST_IN, false},
    {SPAN("NotContainsAny"), OPERAND_LIST, ON_ARRAY, TEST_IN, true},
    {SPAN("Lt"), OPERAND_NULLABLE, ON_SCALAR, TEST_GTE, true},
    {SPAN("Lte"), OPERAND_NULLABLE, ON_SCALAR, TEST_GT, true},
    {SPAN("Gt"), OPERAND_NULLABLE, ON_SCALAR, TEST_GT, false},
    {SPAN("Gte"), OPERAND_NULLABLE, ON_SCALAR, TEST_GTE, false},
    {SPAN("AnyLt"), OPERAND_VALUE, ON_ARRAY, TEST_LT, false},
    {SPAN("AnyLte"), OPERAND_VALUE, ON_ARRAY, TEST_LTE, false},
    {SPAN("AnyGt"), OPERAND_VALUE, ON_ARRAY, TEST_GT, false},
    {SPAN("AnyGte"), OPERAND_VALUE, ON_ARRAY, TEST_GTE, false},
    {SPAN("Glob"), OPERAND_GLOB, ON_ANY, TEST_GLOB, false},
    {SPAN("NotGlob"), OPERAND_GLOB, ON_ANY, TEST_GLOB, true},
    {SPAN("IGlob"), OPERAND_IGLOB, ON_ANY, TEST_GLOB, false},
    {SPAN("NotIGlob"), OPERAND_IGLOB, ON_ANY, TEST_GLOB, true},
    {SPAN("Fuzzy"), OPERAND_FUZZY, ON_ANY, TEST_FUZZY, false},
    {SPAN("ContainsAllTokens"), OPERAND_TOKENS, ON_ANY, 0, false},
    {SPAN("ContainsAnyToken"), OPERAND_TOKENS, ON_ANY, 0, false},
    {SPAN("ContainsTokenSequence"), OPERAND_TOKENS, ON_ANY, 0, false},
    {SPAN("Regex"), OPERAND_REGEX, ON_ANY, 0, false},
};

static const struct filter_op *filter_op_find(struct span name)
{
	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		if (span_eq(operators[i].name, name))
			return &operators[i];
	}
	return NULL;
}

int filter_mismatch(const struct filter_leaf *leaf, struct span expected)
{
	struct span got = shown(leaf->arena, leaf->operand);
	return refuse(leaf->r, 400,
	    "filter error in key `%.*s`: type mismatch, %.*s expects %.*s, but got '%.*s'",
	    SPAN_FMT(leaf->name), SPAN_FMT(leaf->op), SPAN_FMT(expected), SPAN_FMT(got));
}

static int no_filter(const char *path, struct refusal *r)
{
	return refuse_shape(r, path, "data did not match any variant of untagged enum Filter");
}

/* The name of the items' type: an id's kind, else "string", "uint", … */
static struct span base_name(const struct filter_leaf *leaf)
{
	if (!leaf->attr)
		return id_kind_name(leaf->ns->schema->id_kind);
	return value_type_text(leaf->arena, (struct value_type){.base = leaf->type.base});
}

static int parse_item(const struct filter_leaf *leaf, yyjson_val *json, union scalar *ret)
{
	if (leaf->attr)
		return scalar_from_json(leaf->arena, leaf->type.base, json, ret);
	return id_from_json(leaf->arena, leaf->ns->schema->id_kind, json, &ret->text);
}

/* Refuses what no list of operands may hold: lists, objects, values of different JSON types. */
static int check_list(const struct filter_leaf *leaf)
{
	size_t i, n;
	yyjson_val *item, *first = yyjson_arr_get_first(leaf->operand);
	yyjson_arr_foreach(leaf->operand, i, n, item)
	{
		bool mixed = yyjson_get_type(item) != yyjson_get_type(first) && !yyjson_is_null(item) &&
		             !yyjson_is_null(first);
		if (mixed || yyjson_is_ctn(item))
			return no_filter(leaf->path, leaf->r);
	}
	return 0;
}

/* The items of a list, or one that stands alone; `expected` is what a mismatch names. */
static int parse_list(const struct filter_leaf *leaf, struct span expected, struct value *ret)
{
	int rc = check_list(leaf);
	if (rc < 0)
		return rc;
	bool alone = !yyjson_is_arr(leaf->operand);
	size_t n = alone ? 1 : yyjson_arr_size(leaf->operand);
	union scalar *items = arena_array(leaf->arena, union scalar, n);
	yyjson_val *item = alone ? leaf->operand : yyjson_arr_get_first(leaf->operand);
	for (size_t i = 0; i < n; i++, item = unsafe_yyjson_get_next(item)) {
		if (parse_item(leaf, item, &items[i]) < 0)
			return filter_mismatch(leaf, expected);
	}
	*ret = (struct value){.present = true, .count = (uint32_t)n, .many = items};
	return 0;
}

static int by_base(const void *a, const void *b, void *base)
{
	return scalar_cmp(*(const enum value_base *)base, a, b);
}

void filter_sort_items(enum value_base base, union scalar *items, size_t n)
{
	qsort_r(items, n, sizeof *items, by_base, &base);
}

static int parse_set(const struct filter_leaf *leaf, bool may_stand_alone, struct filter *f)
{
	struct span name = base_name(leaf);
	struct span list = arena_printf(leaf->arena, "[]%.*s", SPAN_FMT(name));
	struct span either = arena_printf(leaf->arena, "%.*s or []%.*s", SPAN_FMT(name), SPAN_FMT(name));
	if (!may_stand_alone && !yyjson_is_arr(leaf->operand))
		return filter_mismatch(leaf, list);
	int rc = parse_list(leaf, may_stand_alone ? either : list, &f->operand);
	if (rc < 0)
		return rc;
	filter_sort_items(f->type.base, (union scalar *)(uintptr_t)f->operand.many, f->operand.count);
	return 0;
}

/* Gt null asks for presence, Gte null for nothing. */
void filter_compare_with_null(struct filter *f)
{
	f->kind = f->test == TEST_GTE ? FILTER_EVERY : FILTER_PRESENT;
	if (f->test == TEST_EQ)
		f->negated = !f->negated;
}

static int parse_value(const struct filter_leaf *leaf, bool nullable, struct filter *f)
{
	if (nullable && yyjson_is_null(leaf->operand)) {
		filter_compare_with_null(f);
		return 0;
	}
	if (nullable && leaf->type.array) {
		f->kind = FILTER_SAME_ITEMS;
		struct span expected = arena_printf(leaf->arena, "[]%.*s", SPAN_FMT(base_name(leaf)));
		return yyjson_is_arr(leaf->operand) ? parse_list(leaf, expected, &f->operand)
		                                    : filter_mismatch(leaf, expected);
	}
	f->operand = (struct value){.present = true, .count = 1};
	if (parse_item(leaf, leaf->operand, &f->operand.one) < 0)
		return filter_mismatch(leaf, base_name(leaf));
	return 0;
}

/* 400 unless the attribute holds text and has the schema option. */
static int require_text(const struct filter_leaf *leaf, bool enabled, const char *option)
{
	bool text = leaf->attr ? leaf->type.base == VALUE_STRING : leaf->ns->schema->id_kind == ID_STRING;
	if (text && enabled)
		return 0;
	return filter_refuse(leaf, "%.*s needs an attribute of type string or []string with `%s` enabled",
	    SPAN_FMT(leaf->op), option);
}

static int parse_glob(const struct filter_leaf *leaf, bool ignore_case, struct filter *f)
{
	const char *why = NULL;
	int rc = require_text(leaf, !leaf->attr || leaf->attr->glob || leaf->attr->filterable, "glob");
	if (rc < 0)
		return rc;
	if (!yyjson_is_str(leaf->operand))
		return filter_mismatch(leaf, SPAN("string"));
	if (glob_compile(leaf->arena, json_span(leaf->operand), ignore_case, &f->glob, &why) < 0)
		return filter_refuse(leaf, "invalid glob pattern: %s", why);
	return 0;
}

static int require_filterable(const struct filter_leaf *leaf)
{
	if (!leaf->attr || leaf->attr->filterable)
		return 0;
	return filter_refuse(leaf, "attribute isn't filterable");
}

static int require_form(const struct filter_leaf *leaf, enum on on)
{
	if (on == ON_ANY || (on == ON_ARRAY) == leaf->type.array ||
	    (on == ON_SCALAR && yyjson_is_null(leaf->operand)))
		return 0;
	return filter_refuse(leaf, "%.*s needs %s attribute, but its type is %.*s", SPAN_FMT(leaf->op),
	    on == ON_ARRAY ? "an array" : "a scalar",
	    SPAN_FMT(leaf->attr ? value_type_text(leaf->arena, leaf->type) : base_name(leaf)));
}

static int parse_ref(const struct filter_leaf *leaf, const struct filter_op *op, struct filter *f)
{
	switch (op->operand) {
	case OPERAND_VALUE:
	case OPERAND_NULLABLE:
		return filter_parse_ref(leaf, op->on == ON_ANY && leaf->type.array ? REF_LIST : REF_ONE,
		    op->operand == OPERAND_NULLABLE, f);
	case OPERAND_LIST:
		return filter_parse_ref(leaf, REF_LIST, false, f);
	case OPERAND_SET:
		return filter_parse_ref(leaf, REF_EITHER, false, f);
	default:
		return filter_refuse(leaf, "`$ref_new` cannot be the operand of %.*s", SPAN_FMT(leaf->op));
	}
}

static int parse_operand(const struct filter_leaf *leaf, const struct filter_op *op, struct filter *f)
{
	int rc;
	if (filter_is_ref(leaf->operand) && !leaf->condition)
		return filter_refuse(leaf, "`$ref_new` can only stand in the condition of a write");
	if (filter_is_ref(leaf->operand) && op->operand >= OPERAND_GLOB)
		return parse_ref(leaf, op, f);
	switch (op->operand) {
	case OPERAND_GLOB:
	case OPERAND_IGLOB:
		return parse_glob(leaf, op->operand == OPERAND_IGLOB, f);
	case OPERAND_FUZZY:
		rc = require_text(leaf, !leaf->attr || leaf->attr->fuzzy, "fuzzy");
		return rc < 0 ? rc : filter_parse_fuzzy(leaf, f);
	case OPERAND_TOKENS:
		rc = require_text(leaf, leaf->attr && leaf->attr->full_text, "full_text_search");
		return rc < 0 ? rc : filter_parse_tokens(leaf, f);
	case OPERAND_REGEX:
		rc = require_text(leaf, leaf->attr && leaf->attr->regex, "regex");
		return rc < 0 ? rc : filter_parse_regex(leaf, f);
	default:
		break;
	}
	rc = require_filterable(leaf);
	if (rc == 0)
		rc = require_form(leaf, op->on);
	if (rc < 0)
		return rc;
	if (filter_is_ref(leaf->operand))
		return parse_ref(leaf, op, f);
	if (op->operand == OPERAND_LIST || op->operand == OPERAND_SET)
		return parse_set(leaf, op->operand == OPERAND_SET, f);
	return parse_value(leaf, op->operand == OPERAND_NULLABLE, f);
}

/* Fuzzy has to have options, the token operators may have some. */
static int check_length(const struct filter_leaf *leaf, const struct filter_op *op, size_t len)
{
	size_t least = op->operand == OPERAND_FUZZY ? 4 : 3;
	size_t most = op->operand == OPERAND_TOKENS ? 4 : least;
	if (len >= least && len <= most)
		return 0;
	return filter_refuse(leaf, "%.*s takes %s, but got %zu elements after the attribute and operator",
	    SPAN_FMT(leaf->op),
	    most == 3    ? "one operand"
	    : least == 4 ? "an operand and options"
	                 : "an operand and at most one set of options",
	    len - 2);
}

static int parse_leaf(const struct filter_leaf *outer, yyjson_val *json, struct filter *f)
{
	static const struct value_type id_type = {.base = VALUE_STRING}; /* of its key */
	struct filter_leaf leaf = *outer;
	leaf.name = json_span(yyjson_arr_get(json, 0));
	leaf.op = json_span(yyjson_arr_get(json, 1));
	leaf.operand = yyjson_arr_get(json, 2);
	leaf.option = yyjson_arr_get(json, 3);
	const struct filter_op *op = filter_op_find(leaf.op);
	if (!op)
		return refuse_shape(leaf.r, leaf.path, "unknown filter operator `%.*s`", SPAN_FMT(leaf.op));
	bool on_id = span_eq(leaf.name, SPAN("id"));
	leaf.attr = on_id ? NULL : schema_find(leaf.ns->schema, leaf.name);
	if (!on_id && !leaf.attr)
		return filter_refuse(&leaf, "attribute not found in schema");
	leaf.type = on_id ? id_type : leaf.attr->type;
	int rc = check_length(&leaf, op, yyjson_arr_size(json));
	if (rc < 0)
		return rc;
	*f = (struct filter){
	    .kind = FILTER_ITEM,
	    .negated = op->negated,
	    .test = op->test,
	    .attr = on_id ? FILTER_ON_ID : leaf.attr->index,
	    .type = leaf.type,
	};
	return parse_operand(&leaf, op, f);
}

static int parse(const struct filter_leaf *outer, yyjson_val *json, int depth, struct filter **ret);

static int parse_parts(const struct filter_leaf *outer, yyjson_val *list, int depth, struct filter *f)
{
	size_t i, n;
	yyjson_val *part;
	f->parts_len = yyjson_arr_size(list);
	f->parts = arena_array(outer->arena, struct filter *, f->parts_len);
	yyjson_arr_foreach(list, i, n, part)
	{
		int rc = parse(outer, part, depth + 1, &f->parts[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool is_combinator(yyjson_val *json, struct span *ret_name)
{
	*ret_name = json_span(yyjson_arr_get_first(json));
	return yyjson_arr_size(json) == 2 && yyjson_is_arr(yyjson_arr_get(json, 1)) &&
	       (span_eq(*ret_name, SPAN("And")) || span_eq(*ret_name, SPAN("Or")) ||
	           span_eq(*ret_name, SPAN("Not")));
}

static bool is_leaf(yyjson_val *json)
{
	return yyjson_arr_size(json) >= 3 && yyjson_is_str(yyjson_arr_get(json, 0)) &&
	       yyjson_is_str(yyjson_arr_get(json, 1));
}

static int parse(const struct filter_leaf *outer, yyjson_val *json, int depth, struct filter **ret)
{
	struct span name;
	int rc;
	if (depth > DEPTH_MAX)
		return refuse(outer->r, 400, "filters are nested more than %d deep", DEPTH_MAX);
	if (!is_combinator(json, &name) && !is_leaf(json))
		return no_filter(outer->path, outer->r);
	if (is_combinator(json, &name) && span_eq(name, SPAN("Not"))) {
		rc = parse(outer, yyjson_arr_get(json, 1), depth + 1, ret);
		if (rc == 0)
			(*ret)->negated = !(*ret)->negated;
		return rc;
	}
	struct filter *f = arena_one(outer->arena, struct filter);
	if (is_combinator(json, &name)) {
		f->kind = span_eq(name, SPAN("And")) ? FILTER_EVERY : FILTER_SOME;
		rc = parse_parts(outer, yyjson_arr_get(json, 1), depth, f);
	} else {
		rc = parse_leaf(outer, json, f);
	}
	if (rc == 0)
		*ret = f;
	return rc;
}

bool filter_looks_like(yyjson_val *json)
{
	struct span name;
	return is_combinator(json, &name) ||
	       (is_leaf(json) && filter_op_find(json_span(yyjson_arr_get(json, 1))));
}

int filter_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct filter **ret_filter, struct refusal *r)
{
	struct filter_leaf outer = {.ns = ns, .arena = a, .r = r, .path = path};
	return parse(&outer, json, 0, ret_filter);
}

int condition_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct filter **ret_filter, struct refusal *r)
{
	struct filter_leaf outer = {.ns = ns, .arena = a, .r = r, .path = path, .condition = true};
	return parse(&outer, json, 0, ret_filter);
}
