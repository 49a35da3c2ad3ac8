#include "gateway/worker.h"

#include <stdlib.h>

#include "gateway/edge/edge.h"

/* --- configuration --- */

struct upstream_options worker_upstream_options(const struct gateway *g)
{
	const struct settings *s = &g->settings;
	return (struct upstream_options){
	    .client =
	        {
	            .limits =
	                {
	                    .head_max = HTTP_HEAD_MAX,
	                    .body_max = UINT64_MAX,
	                    .piece_ns = s->upstream_timeout_ms * NS_PER_MS,
	                    .grace_ns = s->upstream_timeout_ms * NS_PER_MS,
	                    .min_rate = s->body_min_rate,
	                },
	            .connect_timeout_ns = s->upstream_connect_timeout_ms * NS_PER_MS,
	            .idle_timeout_ns = s->upstream_idle_timeout_ms * NS_PER_MS,
	            .connections_max = (unsigned)s->upstream_connections_max,
	            .tls = g->tls,
	        },
	    .answer_timeout_ns = s->upstream_timeout_ms * NS_PER_MS,
	    .write_timeout_ns = s->write_timeout_ms * NS_PER_MS,
	};
}

static struct upstream *find_upstream(const struct worker_config *c, const struct config_store *store)
{
	for (size_t i = 0; c && i < c->config->store_count; i++) {
		if (upstream_serves(c->upstreams[i], &store->url, store->credential))
			return c->upstreams[i];
	}
	return NULL;
}

struct worker_config *worker_config_new(struct loop *l, const struct upstream_options *options,
    const struct worker_config *before, struct config *cfg)
{
	struct worker_config *c = calloc(1, sizeof *c);
	if (!c || !(c->upstreams = calloc(cfg->store_count, sizeof(struct upstream *))))
		abort();
	c->refs = 1;
	c->config = cfg;
	for (size_t i = 0; i < cfg->store_count; i++) {
		const struct config_store *store = &cfg->stores[i];
		struct upstream *known = find_upstream(before, store);
		c->upstreams[i] =
		    known ? upstream_ref(known) : upstream_new(l, &store->url, store->credential, options);
	}
	return c;
}

void worker_config_unref(struct worker_config *c)
{
	if (!c || --c->refs)
		return;
	for (size_t i = 0; i < c->config->store_count; i++)
		upstream_unref(c->upstreams[i]);
	free(c->upstreams);
	config_unref(c->config);
	free(c);
}

struct worker_config *worker_config_ref(struct worker *w)
{
	if (w->config)
		w->config->refs++;
	return w->config;
}

struct upstream *worker_upstream(const struct worker_config *c, const struct config_store *store)
{
	return c->upstreams[store->position];
}

struct config_mail {
	struct mail mail;
	struct worker *worker;
	struct config *config;
};

/* Requests under way keep the configuration that they began with. */
static void on_config(struct mail *m)
{
	struct config_mail *cm = (struct config_mail *)m;
	struct worker *w = cm->worker;
	struct worker_config *old = w->config;
	struct upstream_options options = worker_upstream_options(w->gateway);
	w->config = worker_config_new(w->loop, &options, old, cm->config);
	worker_config_unref(old);
	free(cm);
}

void worker_configure(struct worker *w, struct config *cfg)
{
	struct config_mail *m = malloc(sizeof *m);
	if (!m)
		abort();
	*m = (struct config_mail){.mail = {.fn = on_config}, .worker = w, .config = config_ref(cfg)};
	loop_post(w->loop, &m->mail);
}

/* --- life --- */

static struct server_options server_options(struct worker *w)
{
	const struct settings *s = &w->gateway->settings;
	return (struct server_options){
	    .limits =
	        {
	            .head_max = s->head_max,
	            .body_max = s->body_max,
	            .piece_ns = s->body_timeout_ms * NS_PER_MS,
	            .grace_ns = s->body_timeout_ms * NS_PER_MS,
	            .min_rate = s->body_min_rate,
	        },
	    .head_timeout_ns = s->head_timeout_ms * NS_PER_MS,
	    .idle_timeout_ns = s->idle_timeout_ms * NS_PER_MS,
	    .write_timeout_ns = s->write_timeout_ms * NS_PER_MS,
	    .connections_max = w->gateway->connections_max,
	    .handler = edge_handle,
	    .finished = edge_finished,
	    .refusal = edge_refusal,
	    .ctx = w,
	};
}

int worker_new(struct gateway *g, unsigned number, int fd, struct worker **ret)
{
	struct worker *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->gateway = g;
	w->number = number;
	w->server_options = server_options(w);
	w->metrics = metrics_shard_new(g->metrics);
	w->connections = metrics_cell(w->metrics, METRIC_HTTP_CONNECTIONS);
	w->made_room = metrics_cell(w->metrics, METRIC_HTTP_CONNECTIONS_LIMITED, SPAN("made_room"));
	w->turned_away = metrics_cell(w->metrics, METRIC_HTTP_CONNECTIONS_LIMITED, SPAN("turned_away"));
	w->inflight = metrics_cell(w->metrics, METRIC_TPUF_INFLIGHT);
	w->loop_blocked = metrics_cell(w->metrics, METRIC_LOOP_BLOCKED);
	w->log = g->access_log ? access_log_writer_new(g->access_log) : NULL;
	int rc = loop_new(&w->loop);
	if (rc == 0)
		rc = server_new(w->loop, fd, &w->server_options, &w->server);
	if (rc < 0) {
		worker_free(w);
		return rc;
	}
	*ret = w;
	return 0;
}

void worker_run(struct worker *w)
{
	loop_run(w->loop);
	worker_config_unref(w->config);
	w->config = NULL;
	http_free_spare();
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	server_free(w->server);
	loop_free(w->loop);
	free(w);
}

struct drain_mail {
	struct mail mail;
	struct worker *worker;
};

static void drain(void *arg)
{
	struct worker *w = arg;
	const struct settings *s = &w->gateway->settings;
	uint64_t delay_ns = w->gateway->succeeded ? 0 : s->drain_delay_ms * NS_PER_MS;
	(void)!server_drain(w->server, delay_ns, deadline_in(delay_ns + s->drain_timeout_ms * NS_PER_MS));
	loop_stop(w->loop);
}

static void on_drain(struct mail *m)
{
	struct worker *w = ((struct drain_mail *)m)->worker;
	free(m);
	if (!coro_start(w->loop, drain, w))
		abort();
}

void worker_drain(struct worker *w)
{
	struct drain_mail *m = malloc(sizeof *m);
	if (!m)
		abort();
	*m = (struct drain_mail){.mail = {.fn = on_drain}, .worker = w};
	loop_post(w->loop, &m->mail);
}
