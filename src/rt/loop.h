/* One loop per thread: coroutines, timers, descriptors and messages from other threads all run on it, one at
 * a time. A coroutine never changes loop. The loop reads the clock of base/time; a loop made for a virtual
 * clock moves that clock forward to the next timer whenever nothing else is left to do, so a test runs hours
 * in milliseconds. */
#pragma once

#include "base/time.h"

struct loop;
struct uv_loop_s;

MUST_USE int loop_new(struct loop **ret);
/* A loop on virtual time, for tests: `clock` is installed on the calling thread while the loop runs. */
MUST_USE int loop_new_virtual(struct virtual_clock *clock, struct loop **ret);
/* Frees a loop that is not running; all its coroutines have ended. NULL is fine. */
void loop_free(struct loop *l);

/* Runs until loop_stop() was called and no coroutine is left; on virtual time also until nothing is left that
 * could happen. */
void loop_run(struct loop *l);
/* Lets loop_run() return once the last coroutine has ended. Only from the loop's own thread. */
void loop_stop(struct loop *l);
/* Cancels every coroutine of the loop: each wait returns -E_CANCELLED from now on. */
void loop_cancel_all(struct loop *l);

/* The loop that runs on this thread, or NULL. */
struct loop *loop_current(void);
/* The time at which the turn of this thread's loop began, up to a millisecond ahead of it: costs no look at
 * the clock, and is good for deadlines, not for durations. Outside of a loop it is time_mono_ns(). */
uint64_t loop_now_ns(void);
/* For rt and net only. */
struct uv_loop_s *loop_uv(struct loop *l);

/* A call that another thread asks of a loop. The poster owns the memory until fn is called. */
struct mail {
	struct mail *next;
	void (*fn)(struct mail *m);
};
/* Calls m->fn(m) on the loop, outside of any coroutine. From any thread. */
void loop_post(struct loop *l, struct mail *m);

/* Timers: fn runs on the loop, outside of any coroutine, not before deadline_ns (time_mono_ns). */
struct timer {
	uint64_t deadline_ns;
	void (*fn)(struct timer *t);
	uint64_t queued_ns; /* what it stands in the loop's heap for: its deadline or an earlier one */
	size_t slot;        /* its place there plus one; 0: none */
};
void timer_start(struct loop *l, struct timer *t, uint64_t deadline_ns);
/* It will not fire any more, at no cost: the loop forgets it only later. For what is started again and again;
 * timer_stop() before its memory goes. */
void timer_rest(struct loop *l, struct timer *t);
/* Fine if it was not started. */
void timer_stop(struct loop *l, struct timer *t);

/* How often one turn of the loop took longer than LOOP_BLOCKED_NS. Readable from any thread. */
#define LOOP_BLOCKED_NS (100 * NS_PER_MS)
uint64_t loop_blocked_total(const struct loop *l);
