/* What is written down about a request once it is over: metrics and the access log. */
#include "gateway/edge/edge.h"
#include "gateway/edge/request.h"
#include "gateway/worker.h"

#define STATUS_CLIENT_GONE 499 /* in logs and metrics only: the client left before the answer */

static struct span outcome(const struct request *r)
{
	if (span_eq(r->error, span_str(error_info(ERROR_UPSTREAM_TIMEOUT)->code)))
		return SPAN("timeout");
	if (r->upstream_failed)
		return SPAN("tpuf_error");
	return r->error.len ? SPAN("layer_error") : SPAN("ok");
}

static struct span code_text(int status, char text[3])
{
	text[0] = (char)('0' + status / 100);
	text[1] = (char)('0' + status / 10 % 10);
	text[2] = (char)('0' + status % 10);
	return span_of(text, 3);
}

static void observe(struct metrics_shard *m, enum metric_id id, const struct request *r, uint64_t ns)
{
	metric_observe(metrics_cell(m, id, SPAN_NONE, r->namespace, outcome(r)), ns);
}

static struct span bool_text(bool b)
{
	return b ? SPAN("true") : SPAN("false");
}

static void count_shape(struct metrics_shard *m, const struct request *r)
{
	const struct query_shape *q = &r->query;
	struct span kind = SPAN("turbopuffer");
	if (!q->known)
		return;
	metric_add(metrics_cell(m, METRIC_QUERY_SHAPE, SPAN_NONE, r->namespace, bool_text(q->has_filter),
	               bool_text(q->has_rank_by), outcome(r)),
	    1);
	if (!q->multi)
		return;
	metric_add(metrics_cell(m, METRIC_MULTI_QUERY, r->namespace, kind, outcome(r)), 1);
	metric_observe(metrics_cell(m, METRIC_MULTI_QUERY_LEGS, r->namespace, kind), q->legs);
	metric_observe(
	    metrics_cell(m, METRIC_MULTI_QUERY_UPSTREAM_CALLS, r->namespace, kind), q->upstream_calls);
}

static void count(const struct request *r, int status, uint64_t total_ns, uint64_t own_ns)
{
	struct metrics_shard *m = r->worker->metrics;
	char text[3];
	metric_add(metrics_cell(m, METRIC_HTTP_REQUESTS, r->route ? r->route->pattern : SPAN("none"),
	               code_text(status, text)),
	    1);
	unsigned flags = r->route ? r->route->flags : 0;
	if (flags & TIMED_QUERY) {
		observe(m, METRIC_QUERY_DURATION, r, total_ns);
		observe(m, METRIC_QUERY_TPUF, r, r->upstream_ns);
		observe(m, METRIC_QUERY_OVERHEAD, r, own_ns);
		count_shape(m, r);
	} else if (flags & TIMED_WRITE) {
		observe(m, METRIC_UPSERT_DURATION, r, total_ns);
		observe(m, METRIC_UPSERT_TPUF, r, r->upstream_ns);
		observe(m, METRIC_UPSERT_OVERHEAD, r, own_ns);
	} else if (flags & TIMED_HEAD) {
		observe(m, METRIC_HEAD_DURATION, r, total_ns);
	} else if (flags & TIMED_LIST) {
		observe(m, METRIC_LIST_DURATION, r, total_ns);
	}
}

static void write_line(struct request *r, int status, uint64_t total_ns, uint64_t own_ns)
{
	struct exchange *x = r->x;
	struct span error = r->error.len ? r->error : span_str(x->failure);
	if (!r->worker->log)
		return;
	access_log_write(r->worker->log, &(struct access_line){
	                                     .wall_ns = r->wall_ns,
	                                     .client = stream_peer(http_stream(x->conn)),
	                                     .method = http_method_name(x->req->method),
	                                     .path = x->req->path,
	                                     .route = r->route ? r->route->pattern : SPAN_NONE,
	                                     .namespace = r->namespace,
	                                     .key = r->key_name,
	                                     .status = (unsigned)status,
	                                     .bytes_in = x->body_in,
	                                     .bytes_out = x->body_out,
	                                     .duration_ns = total_ns,
	                                     .upstream_ns = r->upstream_ns,
	                                     .overhead_ns = own_ns,
	                                     .trace = &r->trace,
	                                     .error = error,
	                                 });
}

void edge_finished(struct exchange *x)
{
	struct request refused = {.x = x, .worker = x->ctx, .wall_ns = time_wall_ns()};
	struct request *r = x->own;
	if (!r) { /* it never became a request */
		r = &refused;
		r->trace = trace_continue(SPAN_NONE);
		r->error = span_str(error_info(error_of_status(x->status))->code);
	}
	uint64_t total_ns = time_mono_ns() - x->began_ns;
	uint64_t own_ns = total_ns > r->upstream_ns ? total_ns - r->upstream_ns : 0;
	int status = x->status ? x->status : STATUS_CLIENT_GONE;
	count(r, status, total_ns, own_ns);
	write_line(r, status, total_ns, own_ns);
	worker_config_unref(r->config);
}
