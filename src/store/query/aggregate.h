/* aggregate_by: figures over all documents that pass the filter, instead of rows. */
#pragma once

#include "store/data/namespace.h"

struct aggregates;

/* Parses {"label": ["Count"] or ["Sum", attr], …}, which stands at `path`, into the arena. On refusal
 * -E_INVALID. */
MUST_USE int aggregates_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct aggregates **ret, struct refusal *r);
bool aggregates_have(const struct aggregates *all, struct span label);
struct aggregates *aggregates_copy(const struct aggregates *all, struct arena *a);
void aggregates_add(struct aggregates *all, const struct doc *d);
/* Members "label": figure, … of an object: counts, and sums of integers exactly; sums of floats as floats.
 * Returns what they count in billing: 8 bytes each. */
size_t aggregates_print(const struct aggregates *all, bool *first, struct buf *out);
