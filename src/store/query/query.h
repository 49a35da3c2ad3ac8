/* The query side of the store. */
#pragma once

#include "store/data/namespace.h"

/* Answers the body of POST …/query (single, multi or aggregation) and writes the JSON reply to `out`. Called
 * with the namespace's read lock held. On refusal: -E_INVALID, and `out` is to be thrown away. */
MUST_USE int store_query(
    const struct namespace *ns, yyjson_val *body, struct arena *a, struct buf *out, struct refusal *r);
