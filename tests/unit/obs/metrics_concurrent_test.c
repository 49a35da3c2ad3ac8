/* Threads update while others render; for the thread sanitizer, and the sums must be right at the end. */
#include "../test.h"

#include <pthread.h>
#include <stdio.h>

#include "obs/metrics.h"

enum { THREADS = 4, ROUNDS = 20000 };

static void *update(void *arg)
{
	struct metrics_shard *s = metrics_shard_new(arg);
	struct metric_cell *inflight = metrics_cell(s, METRIC_TPUF_INFLIGHT);
	for (unsigned i = 0; i < ROUNDS; i++) {
		char name[16];
		int len = snprintf(name, sizeof name, "n%u", i % 6000);
		struct span ns = span_of(name, (size_t)len);
		metric_add(inflight, 1);
		metric_observe(metrics_cell(s, METRIC_QUERY_TPUF, SPAN(""), ns, SPAN("ok")), i);
		metric_add(metrics_cell(s, METRIC_HTTP_REQUESTS, SPAN("query"), SPAN("200")), 1);
		metric_add(inflight, -1);
	}
	return NULL;
}

static void updates_while_rendering(void **state)
{
	struct metrics *m = metrics_new();
	struct buf out = buf_new(256 << 20);
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, update, m), 0);
	for (int i = 0; i < 3; i++) {
		buf_clear(&out);
		metrics_render(m, &out);
		assert_int_equal(buf_status(&out), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	buf_clear(&out);
	metrics_render(m, &out);
	assert_true(span_contains(
	    buf_span(&out), SPAN("layer_http_requests_total{route=\"query\",code=\"200\"} 80000\n")));
	assert_true(span_contains(buf_span(&out), SPAN("\nlayer_tpuf_inflight 0\n")));
	/* 5,000 names have been admitted; which ones depends on the threads, the rest is "other". */
	assert_true(span_contains(buf_span(&out), SPAN("namespace=\"other\",status=\"ok\",le=\"+Inf\"}")));
	size_t series = 0;
	for (struct span rest = buf_span(&out); rest.len;)
		series += span_starts(span_cut(&rest, '\n'), SPAN("layer_query_tpuf_seconds_count{"));
	assert_int_equal(series, 5001);
	buf_free(&out);
	metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(updates_while_rendering),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
