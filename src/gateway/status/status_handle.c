#include "gateway/status/status.h"

#include <unistd.h>

#include "gateway/edge/request.h"
#include "gateway/openapi.h"
#include "gateway/worker.h"
#include "json/write.h"

#define METRICS_MAX (64 * 1024 * 1024)

static bool draining(const struct gateway *g)
{
	return g->draining || (g->settings.drain_marker[0] && access(g->settings.drain_marker, F_OK) == 0);
}

/* Always 200 while the process serves: a liveness probe must not restart what only waits for its store. */
void health_handle(struct request *r)
{
	const struct gateway *g = r->worker->gateway;
	struct buf b = buf_new(1 << 20);
	buf_lit(&b, "{\"status\":\"ok\",\"version\":\"" LAYER_VERSION "\",\"configuration\":{\"state\":");
	json_put_string(&b, !g->configured    ? SPAN("missing")
	                    : g->config_valid ? SPAN("current")
	                                      : SPAN("stale"));
	buf_lit(&b, "},\"stores\":[");
	for (size_t i = 0; r->config && i < r->config->config->store_count; i++) {
		const struct config_store *s = &r->config->config->stores[i];
		buf_append(&b, i ? SPAN(",{\"name\":") : SPAN("{\"name\":"));
		json_put_string(&b, s->name);
		buf_lit(&b, ",\"default\":");
		json_put_bool(&b, s == r->config->config->default_store);
		buf_lit(&b, ",\"inflight\":");
		buf_u64(&b, upstream_inflight(r->config->upstreams[i]));
		buf_byte(&b, '}');
	}
	buf_lit(&b, "],\"draining\":");
	json_put_bool(&b, draining(g));
	buf_byte(&b, '}');
	request_reply(r, 200, SPAN("application/json"), buf_span(&b));
	buf_free(&b);
}

void ready_handle(struct request *r)
{
	const struct gateway *g = r->worker->gateway;
	if (!g->configured || !r->config)
		request_error(r, ERROR_UNAVAILABLE, "not configured yet");
	else if (draining(g))
		request_error(r, ERROR_UNAVAILABLE, "draining");
	else
		request_reply(r, 200, SPAN("application/json"), SPAN("{\"status\":\"ready\"}"));
}

/* Figures that are kept elsewhere, of every worker. */
static void refresh(const struct gateway *g)
{
	for (unsigned i = 0; i < g->worker_count; i++) {
		const struct worker *w = g->workers[i];
		struct server_counts counts = server_counts(w->server);
		metric_set(w->connections, counts.connections);
		metric_set(w->made_room, (int64_t)counts.made_room);
		metric_set(w->turned_away, (int64_t)counts.turned_away);
		metric_set(w->loop_blocked, (int64_t)loop_blocked_total(w->loop));
	}
	if (g->access_log)
		metric_set(g->log_dropped, (int64_t)access_log_dropped(g->access_log));
}

void metrics_handle(struct request *r)
{
	struct buf b = buf_new(METRICS_MAX);
	refresh(r->worker->gateway);
	metrics_render(r->worker->gateway->metrics, &b);
	if (buf_status(&b) < 0)
		request_error(r, ERROR_INTERNAL_ERROR, "the metrics do not fit");
	else
		request_reply(r, 200, SPAN(METRICS_CONTENT_TYPE), buf_span(&b));
	buf_free(&b);
}

void openapi_json_handle(struct request *r)
{
	request_reply(r, 200, SPAN("application/json"), openapi_json);
}

void openapi_yaml_handle(struct request *r)
{
	request_reply(r, 200, SPAN("application/yaml"), openapi_yaml);
}
