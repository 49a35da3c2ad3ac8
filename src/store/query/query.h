/* The query side of the store. */
#pragma once

#include "store/data/namespace.h"

/* What a reply's times are made of at least, by a simulation: the wait for permits, and the work. */
struct query_times {
	uint64_t wait_ns, work_ns;
};

/* Answers the body of POST …/query (single, multi or aggregation) and writes the JSON reply to `out`. Called
 * with the namespace's read lock held. On refusal: -E_INVALID, and `out` is to be thrown away. */
MUST_USE int store_query(const struct namespace *ns, yyjson_val *body, struct query_times times,
    struct arena *a, struct buf *out, struct refusal *r);
