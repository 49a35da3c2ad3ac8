/* The store as a cloud service: a lagging index, back-pressure, permits, latency, failures, operations. All
 * of it follows from settings, a seed, and the time of base/time; nothing in here waits: what a reply says
 * about its delivery (store.h) is for the server to carry out. docs/local-store.md, wire §1.6, §4.6, §6, §8.
 */
#pragma once

#include "store/cloud/mishap.h"
#include "store/cloud/tail.h"
#include "store/handlers.h"

struct cloud;

/* One request on its way through the simulation. */
struct visit {
	struct cloud_settings settings; /* in force for its namespace */
	struct mishap mishap;
	bool eventual;  /* a query at this level */
	bool unbounded; /* a plain write with disable_backpressure */
	/* What it takes in the model: its wait for permits, and the work itself. */
	uint64_t wait_ns, work_ns;
	uint64_t draw[2]; /* for a token */
};

struct cloud *cloud_new(const struct cloud_settings *settings);
/* Returns NULL; NULL is fine. */
struct cloud *cloud_free(struct cloud *c);

/* Answers a request whose body is parsed, by `handle` or instead of it. */
MUST_USE int cloud_handle(struct call *c, enum cloud_class class, int (*handle)(struct call *c));
/* Carries out the operations that are due. */
void cloud_run_due(struct store *st);

/* Around namespace_apply() by the namespace's writer. In between h->data changes. */
struct cloud_write {
	struct buf record;
	uint64_t bytes;
	bool schema; /* is new */
};
struct cloud_write cloud_write_begin(
    struct call *c, struct holder *h, const struct change *change, const struct schema *schema);
void cloud_write_end(struct call *c, struct holder *h, struct cloud_write *w);

/* The rules by which this namespace's index lags. */
struct tail_rules cloud_tail_rules(struct cloud *cloud, struct span ns);
