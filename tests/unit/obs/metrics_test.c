#include "../test.h"

#include <stdio.h>
#include <stdlib.h>

#include "obs/metrics.h"

static struct span render(const struct metrics *m, struct buf *out)
{
	buf_clear(out);
	metrics_render(m, out);
	assert_int_equal(buf_status(out), 0);
	return buf_span(out);
}

static void assert_has(struct span text, const char *line)
{
	if (!span_contains(text, span_str(line)))
		fail_msg("no \"%s\" in\n%.*s", line, SPAN_FMT(text));
}

static void assert_lacks(struct span text, const char *line)
{
	if (span_contains(text, span_str(line)))
		fail_msg("\"%s\" in\n%.*s", line, SPAN_FMT(text));
}

static void sums_over_shards(void **state)
{
	struct metrics *m = metrics_new();
	struct metrics_shard *one = metrics_shard_new(m), *two = metrics_shard_new(m);
	struct buf out = buf_new(1 << 20);
	metric_add(metrics_cell(one, METRIC_HTTP_REQUESTS, SPAN("query"), SPAN("200")), 3);
	metric_add(metrics_cell(two, METRIC_HTTP_REQUESTS, SPAN("query"), SPAN("200")), 4);
	metric_add(metrics_cell(two, METRIC_HTTP_REQUESTS, SPAN("query"), SPAN("404")), 1);
	metric_add(metrics_cell(one, METRIC_HTTP_CONNECTIONS), 1);
	metric_add(metrics_cell(two, METRIC_HTTP_CONNECTIONS), -3);
	metric_set(metrics_cell(one, METRIC_CONFIG_VALID), 1);
	metrics_cell(one, METRIC_LOG_LINES_DROPPED);
	struct span text = render(m, &out);
	assert_has(text, "# TYPE layer_http_requests_total counter\n"
	                 "layer_http_requests_total{route=\"query\",code=\"200\"} 7\n"
	                 "layer_http_requests_total{route=\"query\",code=\"404\"} 1\n");
	assert_has(text, "\nlayer_http_connections -2\n");
	assert_has(text, "\nlayer_config_valid 1\n");
	assert_has(text, "\nlayer_log_lines_dropped_total 0\n");
	assert_lacks(text, "layer_query_duration_seconds");
	assert_ptr_equal(metrics_cell(one, METRIC_CONFIG_VALID), metrics_cell(one, METRIC_CONFIG_VALID));
	buf_free(&out);
	metrics_free(m);
}

static void histograms(void **state)
{
	static const uint64_t ns[] = {0, 10000, 10001, 2500000000, 60000000001};
	struct metrics *m = metrics_new();
	struct metrics_shard *s = metrics_shard_new(m);
	struct buf out = buf_new(1 << 20);
	struct metric_cell *c = metrics_cell(s, METRIC_QUERY_DURATION, SPAN(""), SPAN("n"), SPAN("ok"));
	for (size_t i = 0; i < COUNT(ns); i++)
		metric_observe(c, ns[i]);
	metric_observe(metrics_cell(s, METRIC_MULTI_QUERY_LEGS, SPAN("n"), SPAN("turbopuffer")), 5);
	struct span text = render(m, &out);
#define LABELS "pipeline_id=\"\",namespace=\"n\",status=\"ok\""
	assert_has(text, "# TYPE layer_query_duration_seconds histogram\n"
	                 "layer_query_duration_seconds_bucket{" LABELS ",le=\"0.00001\"} 2\n"
	                 "layer_query_duration_seconds_bucket{" LABELS ",le=\"0.000025\"} 3\n");
	assert_has(
	    text, "{" LABELS ",le=\"1\"} 3\nlayer_query_duration_seconds_bucket{" LABELS ",le=\"2.5\"} 4\n");
	assert_has(text, "{" LABELS ",le=\"60\"} 4\n"
	                 "layer_query_duration_seconds_bucket{" LABELS ",le=\"+Inf\"} 5\n"
	                 "layer_query_duration_seconds_sum{" LABELS "} 62.500020002\n"
	                 "layer_query_duration_seconds_count{" LABELS "} 5\n");
	assert_has(text,
	    "hevlayer_multi_query_legs_bucket{namespace=\"n\",store_kind=\"turbopuffer\",le=\"4\"} 0\n");
	assert_has(text,
	    "hevlayer_multi_query_legs_bucket{namespace=\"n\",store_kind=\"turbopuffer\",le=\"6\"} 1\n");
	assert_has(text, "hevlayer_multi_query_legs_sum{namespace=\"n\",store_kind=\"turbopuffer\"} 5\n");
	buf_free(&out);
	metrics_free(m);
}

static void label_values(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"plain", "version=\"plain\"}"},
	    {"", "version=\"\"}"},
	    {"a\"b\\c\nd", "version=\"a\\\"b\\\\c\\nd\"}"},
	    {"caf\xc3\xa9", "version=\"caf\xc3\xa9\"}"},
	    {"not utf-8 \xff", "version=\"other\"}"},
	};
	struct buf out = buf_new(1 << 20);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct metrics *m = metrics_new();
		metric_set(metrics_cell(metrics_shard_new(m), METRIC_BUILD_INFO, span_str(cases[i].in)), 1);
		assert_has(render(m, &out), cases[i].out);
		metrics_free(m);
	}
	char lengthy[METRIC_LABEL_BYTES_MAX + 1];
	memset(lengthy, 'x', sizeof lengthy);
	struct metrics *m = metrics_new();
	metrics_cell(metrics_shard_new(m), METRIC_BUILD_INFO, span_of(lengthy, sizeof lengthy));
	assert_has(render(m, &out), "version=\"other\"}");
	metrics_free(m);
	buf_free(&out);
}

/* The caps hold for the process: what one shard has admitted, the others know. */
static void caps_fold_into_other(void **state)
{
	struct metrics *m = metrics_new();
	struct metrics_shard *shards[] = {metrics_shard_new(m), metrics_shard_new(m)};
	struct buf out = buf_new(64 << 20);
	for (int i = 0; i < 60; i++) {
		char name[16];
		int len = snprintf(name, sizeof name, "p%02d", i);
		metric_add(metrics_cell(shards[i % 2], METRIC_QUERY_SHAPE, span_of(name, (size_t)len),
		               SPAN("n"), SPAN("true"), SPAN("true"), SPAN("ok")),
		    1);
	}
	struct metric_cell *known = metrics_cell(
	    shards[0], METRIC_QUERY_SHAPE, SPAN("p49"), SPAN("n"), SPAN("true"), SPAN("true"), SPAN("ok"));
	metric_add(known, 1);
	struct span text = render(m, &out);
	assert_has(text, "{pipeline_id=\"p49\",namespace=\"n\",has_filter=\"true\",has_rank_by=\"true\","
	                 "status=\"ok\"} 2\n");
	assert_lacks(text, "p50");
	assert_has(text, "{pipeline_id=\"other\",namespace=\"n\",has_filter=\"true\",has_rank_by=\"true\","
	                 "status=\"ok\"} 10\n");
	buf_free(&out);
	metrics_free(m);
}

static void series_of_a_metric_are_capped(void **state)
{
	struct metrics *m = metrics_new();
	struct metrics_shard *s = metrics_shard_new(m);
	struct buf out = buf_new(64 << 20);
	for (int ns = 0; ns < 4200; ns++) {
		for (int code = 0; code < 5; code++) {
			char name[16], kind[16];
			int len = snprintf(name, sizeof name, "n%d", ns);
			int kind_len = snprintf(kind, sizeof kind, "k%d", code);
			metric_add(metrics_cell(s, METRIC_MULTI_QUERY, span_of(name, (size_t)len),
			               span_of(kind, (size_t)kind_len), SPAN("ok")),
			    1);
		}
	}
	struct span text = render(m, &out);
	assert_has(text, "{namespace=\"other\",store_kind=\"other\",status=\"other\"} 1000\n");
	size_t series = 0;
	for (struct span line; text.len;) {
		line = span_cut(&text, '\n');
		series += span_starts(line, SPAN("hevlayer_multi_query_total{"));
	}
	assert_int_equal(series, METRIC_SERIES_MAX + 1);
	buf_free(&out);
	metrics_free(m);
}

static void process_figures(void **state)
{
	struct metrics *m = metrics_new();
	struct buf out = buf_new(1 << 20);
	struct span text = render(m, &out);
	static const char *const names[] = {"\nprocess_cpu_seconds_total 0.",
	    "\nprocess_resident_memory_bytes ", "\nprocess_virtual_memory_bytes ", "\nprocess_open_fds ",
	    "\nprocess_max_fds ", "\nprocess_start_time_seconds 1"};
	for (size_t i = 0; i < COUNT(names); i++)
		assert_has(text, names[i]);
	assert_lacks(text, "process_resident_memory_bytes 0\n");
	assert_lacks(text, "process_open_fds 0\n");
	buf_free(&out);
	metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_over_shards),
	    cmocka_unit_test(histograms),
	    cmocka_unit_test(label_values),
	    cmocka_unit_test(caps_fold_into_other),
	    cmocka_unit_test(series_of_a_metric_are_capped),
	    cmocka_unit_test(process_figures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
