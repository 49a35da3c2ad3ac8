/* The rules of stable reads: what a poll of a namespace's index says about it, up to which stamp its rows are
 * known to be indexed (the watermark), when to poll again, and what a query does with it. Pure. Contract:
 * page api/query "Stable reads", decisions section 1.
 *
 * The watermark w of a namespace: every row with a stamp ≤ w was indexed when w was announced, and nothing
 * with such a stamp appears later. It never goes back. */
#pragma once

#include "base/span.h"

enum watermark_state {
	WATERMARK_UNKNOWN, /* never polled, or the last poll failed */
	WATERMARK_UPDATING,
	WATERMARK_STABLE,
};

/* What a request needs to know; it fits into one word, which is read once per request. */
struct watermark {
	enum watermark_state state;
	bool filterable; /* the store's schema has the stamp, and it can be filtered by */
	uint64_t at_ms;  /* 0: none yet */
};

uint64_t watermark_pack(struct watermark w);
struct watermark watermark_unpack(uint64_t word);

/* What one poll saw. */
struct watermark_poll {
	uint64_t began_ms;         /* by the clock of stamps, before anything was sent */
	uint64_t oldest_write_ms;  /* the least stamp of a write that was under way then; UINT64_MAX: none */
	enum watermark_state seen; /* WATERMARK_UNKNOWN: the poll failed */
	bool filterable;
};

/* What is known after the poll. Writes that were under way when it began, and rows within the margin before
 * it, are not yet counted in: nobody knows whether the store had seen them when it answered. */
struct watermark watermark_after(
    struct watermark before, const struct watermark_poll *poll, uint64_t margin_ms);

struct watermark_cadence {
	uint64_t fast_ms, stable_ms;
};
/* How long to wait before the next poll: the stable pace only when the namespace is stable, and the watermark
 * has passed the stamp of its newest write. */
uint64_t watermark_pause_ms(struct watermark w, uint64_t newest_write_ms, const struct watermark_cadence *c);

/* How a query reads. */
enum watermark_read {
	WATERMARK_READ_PLAIN,    /* eventual, without the predicate */
	WATERMARK_READ_FILTERED, /* eventual, rows with a stamp ≤ w only */
	WATERMARK_READ_STRONG,   /* as the caller asks: no predicate, no second try */
};
/* What the caller and the Index ask for. */
enum watermark_wish {
	WATERMARK_WISH_STABLE,   /* nothing, or `eventual`: the default */
	WATERMARK_WISH_EVENTUAL, /* Index.spec.consistency: eventual */
	WATERMARK_WISH_STRONG,   /* `strong` in the query */
};
enum watermark_read watermark_decide(struct watermark w, enum watermark_wish wish);
/* How one request reads, decided once: every leg and every try is at the cut of this mark. */
struct watermark_cut {
	struct watermark mark;
	enum watermark_wish wish;
	enum watermark_read read;
	bool tried; /* once already */
};
struct watermark_cut watermark_cut_at(struct watermark mark, enum watermark_wish wish);
/* Whether, after an answer with this status, all of the request is sent once more, as cut->read then says: a
 * 429 is tried again with the predicate, a 400 of the predicate without it. */
bool watermark_cut_again(struct watermark_cut *cut, int status);
