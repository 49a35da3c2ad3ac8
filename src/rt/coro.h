/* Stackful coroutines: a handler reads top to bottom and waits where it must. Made with ucontext, switched
 * with setjmp/longjmp; 64 KiB stacks with a guard page, pooled by the loop. A coroutine is resumed through
 * its loop's ready list only, never from inside a callback. */
#pragma once

#include "rt/loop.h"

struct coro;

#define DEADLINE_NONE UINT64_MAX

/* A deadline that many nanoseconds from now (loop_now_ns). */
static inline uint64_t deadline_in(uint64_t ns)
{
	uint64_t now = loop_now_ns();
	return ns > DEADLINE_NONE - now ? DEADLINE_NONE : now + ns;
}

/* Starts fn(arg) on the loop, which must be this thread's. It runs after the caller waits or returns. NULL if
 * there is no room for another stack: who starts one for a stranger must reckon with that. */
struct coro *coro_start(struct loop *l, void (*fn)(void *arg), void *arg);
/* The running coroutine, or NULL outside of one. */
struct coro *coro_self(void);
struct loop *coro_loop(const struct coro *c);

/* Suspends the running coroutine until coro_wake(). Returns the code given there, -E_TIMEOUT at the deadline,
 * -E_CANCELLED after coro_cancel(), also if that came before. */
MUST_USE int coro_wait(uint64_t deadline_ns);
/* Lets a waiting coroutine go on with rc; without effect if it is not waiting. Same thread only. */
void coro_wake(struct coro *c, int rc);
/* From now on every wait of c returns -E_CANCELLED at once. */
void coro_cancel(struct coro *c);
bool coro_cancelled(const struct coro *c);
/* 0 once the time has come, or -E_CANCELLED. */
MUST_USE int coro_sleep_until(uint64_t deadline_ns);
/* Lets the other ready coroutines run. */
MUST_USE int coro_yield(void);

/* A fan-out: start some, then join them all. Zeroed is empty. */
struct group {
	unsigned running;
	struct coro *joiner;
	struct group_member *members;
};
/* fn(arg) as a coroutine of the group. */
void group_start(struct group *g, void (*fn)(void *arg), void *arg);
/* Waits until every member has ended. If the deadline passes or the caller is cancelled, the members are
 * cancelled and still waited for: no member outlives the join. Returns 0 or that reason. */
MUST_USE int group_join(struct group *g, uint64_t deadline_ns);
void group_cancel(struct group *g);
