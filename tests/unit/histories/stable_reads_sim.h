/* One history of stable reads: writers, readers and gateways on virtual time, over the store as a library and
 * the gateway's own rules, registry, stamps and bodies. What goes between them is an event with a random
 * delay, so that everything overtakes everything; all of it follows from the history's number.
 *
 * Checked, by letter:
 * (a) with the predicate at w: no row above w in any leg, page or count, and the header says w;
 * (b) one decision and one w per request;
 * (c) the w of a gateway never decreases;
 * (d) nothing joins a cut: no row stamped ≤ an announced w becomes visible after that;
 * (e) an acknowledged row is in every cut w ≥ its stamp, and w gets there in time;
 * (f) no 429 for backlog; any other is retried once, with the predicate, then relayed with its retry-after;
 * (s) all rows of a write have its one stamp.
 * (d) and (e) only if the history keeps to what the margin promises (struct weather, `strict`). */
#pragma once

#include "../store/store_kit.h"

#include "base/time.h"
#include "gateway/consistency/consistency.h"
#include "gateway/query/query_plan.h"
#include "store/cloud/chance.h"
#include "store/cloud/cloud_settings.h"

#define SIM_IDS      5
#define SIM_WRITES   10
#define SIM_ROWS     (3 * SIM_WRITES)
#define SIM_QUERIES  6
#define SIM_GATEWAYS 2
#define SIM_CALLS    3
#define SIM_EVENTS   128

/* What a gateway that is wrong in one way does instead. */
enum mutant {
	MUTANT_NONE,
	MUTANT_POLL_END,      /* w taken at the poll's end */
	MUTANT_NO_TRACKING,   /* margin 0 without in-flight tracking */
	MUTANT_UPDATING,      /* w advanced while updating */
	MUTANT_READ_PER_LEG,  /* w read again per leg */
	MUTANT_STAMP_PER_ROW, /* one stamp per row instead of per request */
	MUTANT_RETRY_PLAIN,   /* the retry without the filter */
	MUTANTS,
};

/* What may happen in a history, and how long things take. */
struct weather {
	unsigned gateways, writes, queries;
	uint64_t span_ms; /* in which writes and queries begin */
	uint64_t fast_ms, margin_ms;
	uint64_t write_ms, poll_ms, read_ms; /* at most, one way */
	int64_t skew_ms;                     /* at most */
	bool steps, restarts, kills, direct, copies, lost;
	bool strict;
	struct cloud_settings cloud;
};

enum event_kind {
	EVENT_WRITE,       /* a gateway has read the body of a write … */
	EVENT_WRITE_STORE, /* … it is at the store … */
	EVENT_WRITE_END,   /* … and answered, or given up */
	EVENT_QUERY,       /* the same for a query */
	EVENT_QUERY_STORE, /* one of its calls */
	EVENT_POLL_STORE,  /* the watcher's question is at the store … */
	EVENT_POLL_END,    /* … and answered */
	EVENT_TICK,        /* the watcher looks at what is due */
	EVENT_DROP,        /* the namespace is deleted */
	EVENT_DIRECT,      /* a write past the gateway */
	EVENT_CLOCK,       /* a gateway's clock is set */
	EVENT_RESTART,     /* a gateway ends, in good order or not, and another one begins */
};

struct event {
	uint64_t at_ms;
	uint64_t order; /* among those of the same time */
	enum event_kind kind;
	unsigned which;    /* write, query or gateway */
	unsigned lifetime; /* of the gateway that waits for it */
};

/* A row as one write made it; its attribute n is its index here plus one. */
struct version {
	unsigned id, write;
	bool patch;
	bool applied, acknowledged, rewritten /* or deleted, maybe */, seen;
};

struct sim_write {
	unsigned gateway, lifetime;
	uint64_t stamp;
	char body[1024];
	size_t first, count; /* versions */
	int gone;            /* an id that it deletes, or -1 */
	bool begun, ended, known, lost;
	uint64_t store_ms, answer_ms; /* how long it takes to get there, and back */
};

struct sim_query {
	unsigned gateway;
	struct watermark_cut cut;
	uint64_t w;    /* what the header says */
	bool filtered; /* by the page's own table */
	bool retried;
	unsigned calls, call;
	unsigned shapes[SIM_CALLS];
};

struct sim_gateway {
	struct consistency *c;
	unsigned lifetime; /* counts restarts */
	int64_t skew_ms;
	uint64_t tick_ms; /* the next one; 0: none */
	bool polling;
	struct consistency_task task;
	bool gone;
	bool updating; /* as the last poll saw it: for MUTANT_UPDATING */
	uint64_t w;    /* the greatest so far */
};

struct sim {
	uint64_t number;
	enum mutant mutant;
	bool loud; /* prints what happens */
	struct chance chance;
	struct weather weather;
	struct virtual_clock clock; /* its wall clock is that of whoever acts */
	uint64_t wall_ns;           /* the true one */
	struct kit kit;
	struct sim_gateway gateways[SIM_GATEWAYS];
	struct event events[SIM_EVENTS];
	size_t events_len;
	struct sim_write writes[SIM_WRITES];
	struct version versions[SIM_ROWS];
	size_t versions_len;
	int current[SIM_IDS]; /* versions at the store, or -1 */
	struct sim_query queries[SIM_QUERIES];
	uint64_t announced; /* the greatest w of any gateway */
	bool draining;
	/* The first thing that is wrong: its letter and what. */
	char failed;
	char problem[2048];
	uint64_t filtered_reads, retries, relayed, advances; /* that these happen at all */
};

/* Plays the history; s->failed says how it went. */
void sim_play(struct sim *s, uint64_t number, enum mutant mutant, bool loud);
