/* The query side of the store. All of it is called with the namespace's read lock held; on refusal it is
 * -E_INVALID and `out` is to be thrown away. */
#pragma once

#include "store/data/namespace.h"

/* Answers the body of POST …/query (single, multi or aggregation) and writes the JSON reply to `out`. */
MUST_USE int store_query(
    const struct namespace *ns, yyjson_val *body, struct arena *a, struct buf *out, struct refusal *r);
/* The same; its reply reports these times, if they are more than what was measured. */
struct query_times {
	uint64_t wait_ns, work_ns; /* for permits; of the query itself */
};
MUST_USE int store_query_timed(const struct namespace *ns, yyjson_val *body, struct query_times times,
    struct arena *a, struct buf *out, struct refusal *r);
/* Answers the body of POST …/explain_query, which is a query's, with {"plan_text": …} (wire §5.10). 400 where
 * there is no index to explain; the query is checked before. */
MUST_USE int store_explain(const struct namespace *ns, bool indexed, yyjson_val *body, struct arena *a,
    struct buf *out, struct refusal *r);
/* Answers the body of POST …/_debug/recall (wire §7.6). */
MUST_USE int store_recall(
    const struct namespace *ns, yyjson_val *body, struct arena *a, struct buf *out, struct refusal *r);
