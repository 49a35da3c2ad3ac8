#include "store/query/query.h"

#include "base/time.h"
#include "store/query/query_plan.h"

int store_query_timed(const struct namespace *ns, yyjson_val *body, struct query_times times, struct arena *a,
    struct buf *out, struct refusal *r)
{
	uint64_t started_ns = time_mono_ns();
	struct query *q;
	int rc = query_parse(ns, body, a, &q, r);
	if (rc < 0)
		return rc;
	q->times = times;
	rc = query_run(q, r);
	if (rc == 0)
		query_print(q, started_ns, out);
	return rc;
}

int store_query(
    const struct namespace *ns, yyjson_val *body, struct arena *a, struct buf *out, struct refusal *r)
{
	return store_query_timed(ns, body, (struct query_times){0}, a, out, r);
}
