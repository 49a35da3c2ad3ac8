/* group_by: the figures of aggregate_by for each combination of values of some attributes. */
#pragma once

#include "store/query/aggregate.h"

#define GROUP_KEYS_MAX 8
#define GROUPS_MAX     1000000 /* before the limit is cut */

struct grouping;

/* Parses [attr, {"label": ["ForEachUnique", array attr]}, …], which stands at `path`, into the arena; each
 * group starts from a copy of `figures`. On refusal -E_INVALID. */
MUST_USE int grouping_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    const struct aggregates *figures, struct grouping **ret, struct refusal *r);
/* Counts the document in its group; with ForEachUnique in one for each different element, or combination of
 * elements. Documents must stay while the grouping is used. */
void grouping_add(struct grouping *g, const struct doc *d);
/* There were more groups than GROUPS_MAX: the figures are worth nothing. */
bool grouping_overflowed(const struct grouping *g);
/* [{"attr": value, …, "label": figure, …}, …], the first `limit` groups in the order of their values, null
 * (missing) first. Returns what they count in billing. */
size_t grouping_print(struct grouping *g, size_t limit, struct buf *out);
