/* Inside of rt: making and switching stacks, with the sanitizers told of it. */
#pragma once

#include <setjmp.h>
#include <stddef.h>

/* One side of a switch: a coroutine's own stack, or the thread's. */
struct coro_side {
	jmp_buf env;
	void *stack; /* lowest usable byte; NULL for the thread's own */
	size_t size;
	void *fiber; /* sanitizers only */
};

/* A stack with a guard page below it, or -E_NOMEM. */
int coro_side_new(struct coro_side *ret);
void coro_side_free(struct coro_side *s);
/* Arranges that the first switch to s calls entry(arg), which never returns. */
void coro_side_prepare(struct coro_side *from, struct coro_side *s, void (*entry)(void *arg), void *arg);
void coro_side_switch(struct coro_side *from, struct coro_side *to);
