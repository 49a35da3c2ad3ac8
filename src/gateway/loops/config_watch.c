#include "gateway/loops/config_watch.h"

#include <stdlib.h>

#include "base/log.h"
#include "rt/watch.h"

#define SETTLE_NS (50 * NS_PER_MS) /* editors and kubelets change several entries at once */

struct config_watch {
	struct loop *control;
	struct gateway *gateway;
	struct worker **workers;
	unsigned worker_count;
	struct consistency_watch *consistency;
	struct watch *dir;
	struct timer settle;
	struct metrics_shard *metrics;
};

static void report(const struct problems *p)
{
	for (size_t i = 0; i < p->len; i++)
		log_error("config.problem", LOG_SPAN("file", p->at[i].file), LOG_U64("line", p->at[i].line),
		    LOG_SPAN("field", p->at[i].field), LOG_SPAN("message", p->at[i].message));
	if (p->dropped)
		log_error("config.problem", LOG_U64("more", p->dropped));
}

static int load(struct config_watch *w)
{
	struct problems problems = {0};
	struct config *cfg;
	const char *dir = w->gateway->settings.config_dir;
	int rc = dir[0] ? config_load_dir(dir, &cfg, &problems) : config_from_env(&cfg, &problems);
	w->gateway->config_valid = rc == 0;
	metric_add(metrics_cell(w->metrics, METRIC_CONFIG_RELOADS, rc == 0 ? SPAN("ok") : SPAN("error")), 1);
	metric_set(metrics_cell(w->metrics, METRIC_CONFIG_VALID), rc == 0);
	report(&problems);
	problems_free(&problems);
	if (rc < 0)
		return rc;
	for (unsigned i = 0; i < w->worker_count; i++)
		worker_configure(w->workers[i], cfg);
	if (w->consistency)
		consistency_watch_configure(w->consistency, cfg);
	log_info("config.loaded", LOG_U64("stores", cfg->store_count), LOG_U64("indexes", cfg->index_count),
	    LOG_SPAN("default_store", cfg->default_store->name));
	w->gateway->configured = true;
	config_unref(cfg);
	return 0;
}

void config_watch_reload(struct config_watch *w)
{
	if (load(w) < 0)
		log_error("config.kept",
		    LOG_STR("message", "the configuration has errors; the last good one stays in force"));
}

static void on_settled(struct timer *t)
{
	config_watch_reload((struct config_watch *)((char *)t - offsetof(struct config_watch, settle)));
}

static void on_change(void *ctx)
{
	struct config_watch *w = ctx;
	timer_start(w->control, &w->settle, deadline_in(SETTLE_NS));
}

int config_watch_start(struct loop *control, struct gateway *g, struct worker **workers, unsigned count,
    struct consistency_watch *consistency, struct config_watch **ret)
{
	struct config_watch *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	*w = (struct config_watch){
	    .control = control,
	    .gateway = g,
	    .workers = workers,
	    .worker_count = count,
	    .consistency = consistency,
	    .settle = {.fn = on_settled},
	    .metrics = metrics_shard_new(g->metrics),
	};
	metric_set(metrics_cell(w->metrics, METRIC_BUILD_INFO, SPAN(LAYER_VERSION)), 1);
	int rc = 0;
	/* The watch comes first, so that no change falls between loading and watching. */
	if (g->settings.config_dir[0])
		rc = watch_dir(control, g->settings.config_dir, on_change, w, &w->dir);
	if (rc < 0)
		log_error("config.watch", LOG_STR("directory", g->settings.config_dir), LOG_ERR(rc));
	if (rc == 0)
		rc = load(w);
	if (rc < 0) {
		config_watch_stop(w);
		return -E_CONFIG;
	}
	*ret = w;
	return 0;
}

void config_watch_stop(struct config_watch *w)
{
	if (!w)
		return;
	timer_stop(w->control, &w->settle);
	watch_stop(w->dir);
	free(w);
}
