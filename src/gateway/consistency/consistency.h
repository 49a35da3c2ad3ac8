/* What this gateway knows of the index state of each namespace: the registry that queries read, writes hold
 * back, and the watcher (loops/consistency_watch.h) keeps up to date. The rules are search/watermark's.
 *
 * A namespace is registered by writes, by an Index and by queries; the latter lapse when nobody asks for
 * them any more. At most `capacity` are held, least recently used out. Everything here is thread-safe, and
 * short: one lock, never held across a wait. A namespace is named by its store and its own name. */
#pragma once

#include "base/span.h"
#include "search/watermark.h"

struct consistency;

struct consistency_options {
	struct watermark_cadence cadence;
	uint64_t margin_ms;
	size_t capacity;
	uint64_t lapse_ms; /* of a registration by query */
	uint64_t hold_ms;  /* how long a write of unknown fate holds the watermark back */
	/* Called, from any thread, when something became due earlier than consistency_due() said. */
	void (*wake)(void *ctx);
	void *ctx;
};

struct consistency *consistency_new(const struct consistency_options *options);
/* NULL is fine. */
void consistency_free(struct consistency *c);
/* Sets who is woken; before any other thread uses it. */
void consistency_on_wake(struct consistency *c, void (*wake)(void *ctx), void *ctx);

/* For a query: what is known now, to be read once per request. Registers the namespace. */
struct watermark consistency_read(struct consistency *c, struct span store, struct span namespace);
/* The same without registering: for metadata. */
struct watermark consistency_peek(struct consistency *c, struct span store, struct span namespace);
/* An Index names the namespace: it is watched as long as it exists. */
void consistency_register(struct consistency *c, struct span store, struct span namespace);
/* The store of that name is another one now. */
void consistency_forget_store(struct consistency *c, struct span store);
/* The namespace is gone: nothing is known of it any more. */
void consistency_forget(struct consistency *c, struct span store, struct span namespace);

/* A write begins: returns its stamp, from a clock that never runs backwards in this process, and later than
 * the begin of any poll before it. Until its end the watermark stays below it. */
uint64_t consistency_write_begin(struct consistency *c, struct span store, struct span namespace);
/* Its end. `known`: the store has said what became of it; else it holds the watermark back for hold_ms from
 * its begin. A namespace that is polled at the stable pace is due at once. */
void consistency_write_end(
    struct consistency *c, struct span store, struct span namespace, uint64_t stamp_ms, bool known);
/* The clock of stamps, now. */
uint64_t consistency_clock_ms(struct consistency *c);

/* For the watcher. */

#define CONSISTENCY_NAME_MAX 512

struct consistency_task {
	char names[CONSISTENCY_NAME_MAX];
	struct span store, namespace; /* views into names */
	struct watermark_poll poll;   /* with began_ms and oldest_write_ms */
	uint64_t writes;              /* how many the namespace had seen */
	uint64_t late_ns;             /* how long it has been due */
	void *entry;
};

/* Takes the namespace that is due first and returns true; the caller polls it and must report. False if none
 * is due: *ret_when (time_mono_ns, UINT64_MAX: never) is when one will be. */
bool consistency_due(struct consistency *c, struct consistency_task *ret_task, uint64_t *ret_when);
/* Reports what the poll saw in task->poll; `gone`: the store knows no such namespace. */
void consistency_polled(struct consistency *c, const struct consistency_task *task, bool gone);

/* Namespaces that are registered. */
size_t consistency_count(struct consistency *c);
/* Calls fn, which may not call back, for each of them: for metrics. */
void consistency_each(struct consistency *c,
    void (*fn)(void *ctx, struct span store, struct span namespace, struct watermark w), void *ctx);
