/* Inside of rt: what loop.c and coro.c share. */
#pragma once

#include <stdatomic.h>
#include <uv.h>

#include "base/vec.h"
#include "rt/coro.h"
#include "rt/coro_stack.h"

enum coro_state {
	CORO_FREE,    /* loop->spare */
	CORO_READY,   /* loop->ready_first … ready_last */
	CORO_RUNNING, /* loop->running */
	CORO_WAITING, /* whoever will wake it, and its timer */
};

struct coro {
	struct coro_side side;
	enum coro_state state;
	bool cancelled, entered;
	int wake_rc;
	struct coro *next;                  /* in the ready list or among the spare ones */
	struct coro *live_prev, *live_next; /* all that have not ended */
	struct timer timer;
	struct loop *loop;
	void (*fn)(void *arg);
	void *arg;
};

struct loop {
	uv_loop_t uv;
	uv_prepare_t prepare;
	uv_check_t check;
	uv_idle_t idle; /* active while the ready list must not wait for the kernel */
	uv_timer_t wakeup;
	uv_async_t mail_signal;
	uint64_t wakeup_ns;         /* what the one uv timer is set to */
	VEC(struct timer *) timers; /* binary heap, earliest first */

	struct coro_side main; /* the thread's own stack */
	struct coro *running, *ready_first, *ready_last, *live, *spare;
	unsigned spare_count, live_count;

	struct virtual_clock *clock; /* NULL: real time */
	bool stopping;
	uint64_t turn_began_ms;
	atomic_uint_fast64_t blocked_total;
	_Atomic(struct mail *) mail;
};

/* Resumes every coroutine that is ready now; those that become ready meanwhile wait for the next turn. */
void loop_run_ready(struct loop *l);
/* Frees the spare coroutines. */
void coro_free_spare(struct loop *l);
