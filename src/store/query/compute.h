/* compute_attributes: values that a query computes for each row that it returns (wire §5.7). */
#pragma once

#include "store/data/namespace.h"
#include "store/query/topk.h"

#define COMPUTED_MAX 256

struct computed;

/* Parses {"name": expression, …}, which stands at `path` beside this rank_by (NULL: none), into the arena. On
 * refusal -E_INVALID. */
MUST_USE int computed_parse(const struct namespace *ns, yyjson_val *json, const char *path,
    yyjson_val *rank_by, struct arena *a, struct computed **ret, struct refusal *r);
/* Computes the scores of these rows. */
void computed_run(struct computed *c, struct topk rows, struct arena *a);
bool computed_has(const struct computed *c, struct span name);
/* Writes the members ,"name": value of row i of those, which is document d; without those that one of the `n`
 * `others` has. Returns what they count in billing. */
size_t computed_print(const struct computed *c, size_t i, const struct doc *d,
    const struct computed *const *others, size_t n, struct buf *out);
