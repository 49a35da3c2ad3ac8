/* The parsed form of filters, private to filter_*.c.
 *
 * The null rules come out of one reading: an ordinary leaf asks whether *some item* of the attribute passes a
 * test, where a missing attribute has no items, and `negated` turns the answer round. NotEq is a negated Eq;
 * Lt is a negated Gte (so a missing attribute is less than any value), Lte a negated Gt. */
#pragma once

#include "store/data/slots.h"
#include "store/filter/filter.h"
#include "store/filter/fuzzy.h"
#include "store/filter/glob.h"

enum filter_kind {
	FILTER_EVERY, /* parts: all of them pass; without parts every document does */
	FILTER_SOME,  /* parts: one of them passes */
	FILTER_PRESENT,
	FILTER_ITEM,       /* some item passes the test */
	FILTER_SAME_ITEMS, /* the array equals `operand` */
	FILTER_SLOTS,      /* bit d->slot of `slots` is set */
};

enum item_test { TEST_EQ, TEST_LT, TEST_LTE, TEST_GT, TEST_GTE, TEST_IN, TEST_GLOB, TEST_FUZZY };

#define FILTER_ON_ID UINT32_MAX

/* The operand {"$ref_new": attribute} of a condition. */
struct filter_ref {
	uint32_t attr; /* its index, or FILTER_ON_ID */
	struct value_type type;
	enum id_kind id_kind;  /* of the namespace */
	enum filter_kind kind; /* of the leaf, when the new value is not null */
	bool nullable;         /* the operator takes null */
	bool flipped;          /* `negated` of the leaf is turned round for a null */
};

struct filter {
	enum filter_kind kind;
	bool negated;
	uint32_t attr;          /* its index, or FILTER_ON_ID: the id's key as a string */
	struct value_type type; /* of the attribute */
	enum item_test test;
	struct value operand; /* one scalar, or the sorted `many` of TEST_IN, or the `many` of SAME_ITEMS */
	struct glob *glob;
	struct fuzzy fuzzy;
	uint64_t *slots;
	struct filter_ref *ref; /* NULL: the operand is fixed */
	struct filter **parts;
	size_t parts_len;
};

/* A leaf that is being parsed: [name, op, operand, option]. */
struct filter_leaf {
	const struct namespace *ns;
	struct arena *arena;
	struct refusal *r;
	const char *path;
	struct span name, op;
	bool condition;          /* of a write: $ref_new may stand as an operand */
	const struct attr *attr; /* NULL: the id */
	struct value_type type;
	yyjson_val *operand, *option; /* option: NULL without */
};

/* "filter error in key `NAME`: …", 400; fmt is a literal. */
#define filter_refuse(leaf, fmt, ...)                                                                        \
	refuse((leaf)->r, 400, "filter error in key `%.*s`: " fmt, SPAN_FMT((leaf)->name), ##__VA_ARGS__)
/* "type mismatch, OP expects EXPECTED, but got 'OPERAND'". */
int filter_mismatch(const struct filter_leaf *leaf, struct span expected);
/* The operands of Fuzzy, and of Regex and the token operators: SLOTS. */
MUST_USE int filter_parse_fuzzy(const struct filter_leaf *leaf, struct filter *f);
MUST_USE int filter_parse_regex(const struct filter_leaf *leaf, struct filter *f);
MUST_USE int filter_parse_tokens(const struct filter_leaf *leaf, struct filter *f);

/* {"$ref_new": attribute} in the place of one value, of a list, or of either. */
enum ref_form { REF_ONE, REF_LIST, REF_EITHER };
bool filter_is_ref(yyjson_val *operand);
MUST_USE int filter_parse_ref(
    const struct filter_leaf *leaf, enum ref_form form, bool nullable, struct filter *f);
/* Null is less than every value and equal to a missing one: makes the leaf compare with it. */
void filter_compare_with_null(struct filter *f);
/* Sorts the items of TEST_IN. */
void filter_sort_items(enum value_base base, union scalar *items, size_t n);
