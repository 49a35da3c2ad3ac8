#include "rt/coro.h"

#include <assert.h>
#include <stdlib.h>

#include "rt/loop_inside.h"

#define SPARE_MAX 1024 /* stacks kept per loop for the next coroutine */

struct coro *coro_self(void)
{
	struct loop *l = loop_current();
	return l ? l->running : NULL;
}

struct loop *coro_loop(const struct coro *c)
{
	return c->loop;
}

bool coro_cancelled(const struct coro *c)
{
	return c->cancelled;
}

static void make_ready(struct coro *c)
{
	struct loop *l = c->loop;
	c->state = CORO_READY;
	c->next = NULL;
	if (l->ready_last)
		l->ready_last->next = c;
	else
		l->ready_first = c;
	l->ready_last = c;
}

static void on_deadline(struct timer *t)
{
	struct coro *c = (struct coro *)((char *)t - offsetof(struct coro, timer));
	coro_wake(c, -E_TIMEOUT);
}

static void unlink_live(struct coro *c)
{
	struct loop *l = c->loop;
	if (c->live_prev)
		c->live_prev->live_next = c->live_next;
	else
		l->live = c->live_next;
	if (c->live_next)
		c->live_next->live_prev = c->live_prev;
	l->live_count--;
}

/* The body of every coroutine's stack: runs one function after the other, resting among the spare between. */
static void coro_main(void *arg)
{
	struct coro *c = arg;
	for (;;) {
		c->fn(c->arg);
		unlink_live(c);
		c->state = CORO_FREE;
		coro_side_switch(&c->side, &c->loop->main);
	}
}

static struct coro *coro_make(struct loop *l)
{
	struct coro *c = calloc(1, sizeof *c);
	if (!c)
		abort();                   /* as with arenas: without room for this nothing can go on */
	if (coro_side_new(&c->side) < 0) { /* the kernel allows a process only so many maps */
		free(c);
		return NULL;
	}
	c->loop = l;
	c->timer.fn = on_deadline;
	return c;
}

struct coro *coro_start(struct loop *l, void (*fn)(void *arg), void *arg)
{
	struct coro *c = l->spare;
	if (c) {
		l->spare = c->next;
		l->spare_count--;
	} else if (!(c = coro_make(l))) {
		return NULL;
	}
	c->fn = fn;
	c->arg = arg;
	c->cancelled = false;
	c->wake_rc = 0;
	c->live_prev = NULL;
	c->live_next = l->live;
	if (l->live)
		l->live->live_prev = c;
	l->live = c;
	l->live_count++;
	make_ready(c);
	return c;
}

static void coro_free(struct coro *c)
{
	timer_stop(c->loop, &c->timer);
	coro_side_free(&c->side);
	free(c);
}

void coro_free_spare(struct loop *l)
{
	while (l->spare) {
		struct coro *c = l->spare;
		l->spare = c->next;
		coro_free(c);
	}
}

static void resume(struct loop *l, struct coro *c)
{
	if (!c->entered) { /* only the loop's own side may enter a stack first */
		c->entered = true;
		coro_side_prepare(&l->main, &c->side, coro_main, c);
	}
	c->state = CORO_RUNNING;
	l->running = c;
	coro_side_switch(&l->main, &c->side);
	l->running = NULL;
	if (c->state != CORO_FREE)
		return;
	if (l->spare_count < SPARE_MAX) {
		c->next = l->spare;
		l->spare = c;
		l->spare_count++;
	} else {
		coro_free(c);
	}
}

void loop_run_ready(struct loop *l)
{
	struct coro *c = l->ready_first, *last = l->ready_last;
	while (c) {
		l->ready_first = c->next;
		if (!c->next)
			l->ready_last = NULL;
		bool end = c == last;
		resume(l, c);
		c = end ? NULL : l->ready_first;
	}
}

int coro_wait(uint64_t deadline_ns)
{
	struct loop *l = loop_current();
	struct coro *c = l->running;
	assert(c);
	if (c->cancelled)
		return -E_CANCELLED;
	c->state = CORO_WAITING;
	timer_start(l, &c->timer, deadline_ns);
	coro_side_switch(&c->side, &l->main);
	timer_rest(l, &c->timer);
	return c->wake_rc;
}

void coro_wake(struct coro *c, int rc)
{
	if (c->state != CORO_WAITING)
		return;
	c->wake_rc = rc;
	make_ready(c);
}

void coro_cancel(struct coro *c)
{
	c->cancelled = true;
	coro_wake(c, -E_CANCELLED);
}

void loop_cancel_all(struct loop *l)
{
	for (struct coro *c = l->live; c; c = c->live_next)
		coro_cancel(c);
}

int coro_sleep_until(uint64_t deadline_ns)
{
	int rc = coro_wait(deadline_ns);
	return rc == -E_TIMEOUT ? 0 : rc;
}

int coro_yield(void)
{
	struct coro *c = coro_self();
	if (c->cancelled)
		return -E_CANCELLED;
	c->wake_rc = 0;
	make_ready(c);
	coro_side_switch(&c->side, &c->loop->main);
	return c->cancelled ? -E_CANCELLED : 0;
}

struct group_member {
	struct group_member *prev, *next;
	struct group *group;
	struct coro *coro;
	void (*fn)(void *arg);
	void *arg;
};

static void member_main(void *arg)
{
	struct group_member *m = arg;
	struct group *g = m->group;
	m->fn(m->arg);
	if (m->prev)
		m->prev->next = m->next;
	else
		g->members = m->next;
	if (m->next)
		m->next->prev = m->prev;
	free(m);
	if (--g->running == 0 && g->joiner)
		coro_wake(g->joiner, 0);
}

void group_start(struct group *g, void (*fn)(void *arg), void *arg)
{
	struct group_member *m = malloc(sizeof *m);
	if (!m)
		abort();
	*m = (struct group_member){.next = g->members, .group = g, .fn = fn, .arg = arg};
	if (g->members)
		g->members->prev = m;
	g->members = m;
	g->running++;
	m->coro = coro_start(loop_current(), member_main, m);
	if (!m->coro)
		abort(); /* its caller, who has a stack, could not go on either */
}

void group_cancel(struct group *g)
{
	for (struct group_member *m = g->members; m; m = m->next)
		coro_cancel(m->coro);
}

int group_join(struct group *g, uint64_t deadline_ns)
{
	struct coro *self = coro_self();
	int rc = 0;
	g->joiner = self;
	while (g->running && rc == 0)
		rc = coro_wait(deadline_ns);
	if (g->running) {
		/* The members still use the caller's memory: cancelled, they end soon, and are waited for
		 * even though the caller itself is cancelled. */
		bool cancelled = self->cancelled;
		group_cancel(g);
		self->cancelled = false;
		while (g->running)
			(void)!coro_wait(DEADLINE_NONE);
		self->cancelled |= cancelled;
	}
	g->joiner = NULL;
	return rc;
}
