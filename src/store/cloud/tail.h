/* A lagging index: the writes of a namespace that are not indexed yet, and the namespace as eventual queries
 * see it.
 *
 * A second namespace trails behind the first one: each write is kept in its form for the log and applied to
 * it when it becomes visible. So an eventual query reads the state after some earlier write in every respect
 * – replaced and deleted documents are still there, statistics and counts are of that moment – and the query
 * code knows nothing of it. The price is memory: the data once more, and the tail.
 *
 * The schema never lags: it is metadata, and known at once. What was visible once stays so.
 *
 * Thread-safe, except for tail_record() and tail_push(), which come from the namespace's one writer. */
#pragma once

#include "store/log/change.h"

struct tail;

/* See cloud_settings_table.h. */
struct tail_rules {
	uint64_t lag_ns, bytes_per_s, visible_bytes;
};

/* Whether there is any lag. */
static inline bool tail_rules_lag(struct tail_rules r)
{
	return r.lag_ns || r.bytes_per_s;
}

/* When a write will have been indexed, if the one before it was at previous_ns. */
uint64_t tail_indexed_at_ns(
    struct tail_rules rules, uint64_t previous_ns, uint64_t written_ns, uint64_t bytes);

/* All of `ns` is indexed; NULL: it does not exist yet. */
struct tail *tail_new(const struct namespace *ns, uint64_t created_ns);
/* Returns NULL; NULL is fine. */
struct tail *tail_free(struct tail *t);

/* The record of a change that is about to be applied; `schema` is the one in force after it. */
struct buf tail_record(const struct change *c, const struct schema *schema);
/* The namespace has a new schema. */
void tail_set_schema(struct tail *t, const struct schema *schema, uint64_t at_ns);
/* The write behind `record`, which the tail takes over, has been applied to `ns`, at now_ns (monotonic).
 * `unbounded`: it came with disable_backpressure. */
void tail_push(struct tail *t, struct buf record, const struct namespace *ns, uint64_t bytes, uint64_t now_ns,
    bool unbounded);

struct tail_state {
	uint64_t unindexed_bytes;
	bool unbounded; /* part of that came with disable_backpressure */
	/* Of what is indexed. */
	uint64_t rows, logical_bytes;
};
struct tail_state tail_state(struct tail *t, struct tail_rules rules, uint64_t now_ns);

/* The namespace as eventual queries see it at now_ns; it stays as it is until tail_end_read(). */
const struct namespace *tail_begin_read(struct tail *t, struct tail_rules rules, uint64_t now_ns);
void tail_end_read(struct tail *t);
