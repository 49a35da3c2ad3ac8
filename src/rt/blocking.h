/* A pool of threads for what would block a loop: files, fdatasync, name resolution by libraries. */
#pragma once

#include "rt/coro.h"

struct blocking_pool;

/* A pool of up to `threads` threads, started as needed, and at most `depth` jobs that wait for one. */
MUST_USE int blocking_pool_new(unsigned threads, unsigned depth, struct blocking_pool **ret);
/* Waits for the jobs under way. NULL is fine. */
void blocking_pool_free(struct blocking_pool *p);

/* Runs fn(arg) on a thread of the pool while the calling coroutine waits. There is no deadline: fn uses the
 * caller's memory, so the wait ends when fn does, even if the coroutine is cancelled meanwhile.
 * 0, or -E_FULL if too many jobs wait already. On virtual time fn runs at once, in place. */
MUST_USE int blocking_run(struct blocking_pool *p, void (*fn)(void *arg), void *arg);
