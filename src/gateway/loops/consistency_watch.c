#include "gateway/loops/consistency_watch.h"

#include <stdlib.h>

#include "gateway/consistency/index_state.h"
#include "rt/coro.h"

#define POLLS_MAX    64
#define METADATA_MAX ((size_t)16 << 20)
#define ANSWER_NS    (20 * NS_PER_S) /* a store that is slower counts as not answering */

struct consistency_watch {
	struct loop *control;
	struct gateway *gateway;
	struct worker_config *config; /* NULL before the first one */
	struct metrics_shard *metrics;
	struct coro *watcher;
	struct group polls;
	unsigned polling;
	bool stopping;
	struct mail wake; /* posted by whoever makes something due */
	_Atomic bool woken;
};

struct poll {
	struct consistency_watch *watch;
	struct consistency_task task;
	struct worker_config *config;
	struct upstream *upstream;
};

static void on_mail(struct mail *m)
{
	struct consistency_watch *w =
	    (struct consistency_watch *)((char *)m - offsetof(struct consistency_watch, wake));
	w->woken = false;
	if (w->watcher)
		coro_wake(w->watcher, 0);
}

static void on_due(void *ctx)
{
	struct consistency_watch *w = ctx;
	if (!atomic_exchange(&w->woken, true))
		loop_post(w->control, &w->wake);
}

/* One poll */

/* The status of the answer, with its body; or a negative code. */
static int ask(struct poll *p, struct buf *body)
{
	struct arena *a = arena_new();
	struct span target = arena_printf(a, "/v2/namespaces/%.*s/metadata", SPAN_FMT(p->task.namespace));
	int status = upstream_get(p->upstream, target, body);
	arena_free(a);
	return status < 0 ? status : buf_status(body) < 0 ? buf_status(body) : status;
}

static void count_poll(struct consistency_watch *w, const struct consistency_task *task, int status)
{
	static const struct span names[] = {
	    [WATERMARK_UNKNOWN] = SPAN("error"),
	    [WATERMARK_UPDATING] = SPAN("updating"),
	    [WATERMARK_STABLE] = SPAN("stable"),
	};
	struct span name = status == 404 ? SPAN("missing") : names[task->poll.seen];
	struct consistency *c = w->gateway->consistency;
	struct watermark mark = consistency_peek(c, task->store, task->namespace);
	metric_add(metrics_cell(w->metrics, METRIC_POLLS, name), 1);
	metric_observe(metrics_cell(w->metrics, METRIC_POLL_DELAY), task->late_ns);
	metric_set(metrics_cell(w->metrics, METRIC_NAMESPACES_WATCHED), (int64_t)consistency_count(c));
	if (mark.at_ms)
		metric_set(metrics_cell(w->metrics, METRIC_WATERMARK_AGE, task->namespace),
		    (int64_t)((consistency_clock_ms(c) - mark.at_ms) * NS_PER_MS));
}

static void run_poll(void *arg)
{
	struct poll *p = arg;
	struct consistency_watch *w = p->watch;
	struct buf body = buf_new(METADATA_MAX);
	int status = ask(p, &body);
	if (status == 200)
		index_state_read(&p->task.poll, buf_span(&body));
	consistency_polled(w->gateway->consistency, &p->task, status == 404);
	count_poll(w, &p->task, status);
	buf_free(&body);
	worker_config_unref(p->config);
	free(p);
	w->polling--;
	if (w->watcher)
		coro_wake(w->watcher, 0);
}

/* The watcher */

static void begin_poll(struct consistency_watch *w, const struct consistency_task *task)
{
	const struct config_store *store = config_store_named(w->config->config, task->store);
	if (!store) {
		consistency_polled(w->gateway->consistency, task, true);
		return;
	}
	struct poll *p = malloc(sizeof *p);
	if (!p)
		abort();
	*p = (struct poll){.watch = w, .task = *task, .config = w->config};
	w->config->refs++;
	p->task.store = span_of(p->task.names, task->store.len);
	p->task.namespace = span_of(p->task.names + task->store.len + 1, task->namespace.len);
	p->upstream = worker_upstream(w->config, store);
	w->polling++;
	group_start(&w->polls, run_poll, p);
}

static void watch(void *arg)
{
	struct consistency_watch *w = arg;
	struct consistency_task task;
	while (!w->stopping) {
		uint64_t when = DEADLINE_NONE;
		while (w->config && w->polling < POLLS_MAX &&
		       consistency_due(w->gateway->consistency, &task, &when))
			begin_poll(w, &task);
		(void)!coro_wait(w->polling < POLLS_MAX ? when : DEADLINE_NONE);
	}
	w->watcher = NULL;
	(void)!group_join(&w->polls, DEADLINE_NONE);
}

struct consistency_watch *consistency_watch_start(struct loop *control, struct gateway *g)
{
	struct consistency_watch *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->control = control;
	w->gateway = g;
	w->metrics = metrics_shard_new(g->metrics);
	w->wake.fn = on_mail;
	consistency_on_wake(g->consistency, on_due, w);
	w->watcher = coro_start(control, watch, w);
	return w;
}

static bool same_store(const struct config_store *a, const struct config_store *b)
{
	return b && a->url.tls == b->url.tls && a->url.port == b->url.port &&
	       span_eq(a->url.host, b->url.host) && span_eq(a->url.path, b->url.path);
}

void consistency_watch_configure(struct consistency_watch *w, struct config *cfg)
{
	struct consistency *c = w->gateway->consistency;
	struct worker_config *old = w->config;
	for (size_t i = 0; old && i < old->config->store_count; i++) {
		const struct config_store *store = &old->config->stores[i];
		if (!same_store(store, config_store_named(cfg, store->name)))
			consistency_forget_store(c, store->name);
	}
	struct upstream_options options = worker_upstream_options(w->gateway);
	if (options.answer_timeout_ns > ANSWER_NS)
		options.answer_timeout_ns = ANSWER_NS;
	w->config = worker_config_new(w->control, &options, old, config_ref(cfg));
	worker_config_unref(old);
	map_each (&cfg->indexes, slot) {
		const struct config_index *index = slot->value;
		consistency_register(c, index->store->name, index->namespace);
	}
	if (w->watcher)
		coro_wake(w->watcher, 0);
}

void consistency_watch_stop(struct consistency_watch *w)
{
	w->stopping = true;
	if (!w->watcher)
		return;
	group_cancel(&w->polls);
	coro_wake(w->watcher, 0);
}

void consistency_watch_free(struct consistency_watch *w)
{
	if (!w)
		return;
	worker_config_unref(w->config);
	free(w);
}
