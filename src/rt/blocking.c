#include "rt/blocking.h"

#include <pthread.h>
#include <stdlib.h>

#include "rt/loop_inside.h"

struct job {
	struct mail done; /* first: the mail is the job */
	struct job *next;
	struct coro *coro;
	void (*fn)(void *arg);
	void *arg;
	bool finished;
};

struct blocking_pool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct job *first, *last;
	unsigned queued, depth, threads_max, threads_idle;
	bool closing;
	VEC(pthread_t) threads;
};

static void on_done(struct mail *m)
{
	struct job *j = (struct job *)m;
	j->finished = true;
	coro_wake(j->coro, 0);
}

static void *thread_main(void *arg)
{
	struct blocking_pool *p = arg;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		p->threads_idle++;
		while (!p->first && !p->closing)
			pthread_cond_wait(&p->work, &p->lock);
		p->threads_idle--;
		struct job *j = p->first;
		if (!j)
			break;
		p->first = j->next;
		p->queued--;
		pthread_mutex_unlock(&p->lock);
		struct loop *l = j->coro->loop;
		j->fn(j->arg);
		loop_post(l, &j->done);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

int blocking_pool_new(unsigned threads, unsigned depth, struct blocking_pool **ret)
{
	struct blocking_pool *p = calloc(1, sizeof *p);
	if (!p)
		return -E_NOMEM;
	p->threads_max = threads;
	p->depth = depth;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	*ret = p;
	return 0;
}

void blocking_pool_free(struct blocking_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->closing = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	vec_each (&p->threads, t)
		pthread_join(*t, NULL);
	vec_free(&p->threads);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->work);
	free(p);
}

static int enqueue(struct blocking_pool *p, struct job *j)
{
	int rc = 0;
	pthread_mutex_lock(&p->lock);
	if (p->queued >= p->threads_idle && p->threads.len < p->threads_max) {
		pthread_t t;
		if (pthread_create(&t, NULL, thread_main, p) == 0)
			vec_push(&p->threads, t);
	}
	if (p->queued >= p->depth || p->threads.len == 0) {
		rc = -E_FULL;
	} else {
		if (p->first)
			p->last->next = j;
		else
			p->first = j;
		p->last = j;
		p->queued++;
		pthread_cond_signal(&p->work);
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

int blocking_run(struct blocking_pool *p, void (*fn)(void *arg), void *arg)
{
	struct coro *self = coro_self();
	if (self->loop->clock) {
		fn(arg);
		return 0;
	}
	struct job j = {.done = {.fn = on_done}, .coro = self, .fn = fn, .arg = arg};
	int rc = enqueue(p, &j);
	if (rc < 0)
		return rc;
	bool cancelled = self->cancelled;
	self->cancelled = false; /* fn uses our memory: only its end ends this wait */
	while (!j.finished) {
		(void)!coro_wait(DEADLINE_NONE);
		cancelled |= self->cancelled;
		self->cancelled = false;
	}
	self->cancelled = cancelled;
	return 0;
}
