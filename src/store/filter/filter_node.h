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
