#include "../test.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "obs/access_log.h"
#include "obs/timing.h"

static struct trace trace;

static struct access_line sample(void)
{
	int rc = trace_parse(SPAN("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), &trace);
	assert_int_equal(rc, 0);
	return (struct access_line){
	    .wall_ns = 1788256800 * NS_PER_S + 7 * NS_PER_MS,
	    .client = SPAN("127.0.0.1:1234"),
	    .method = SPAN("POST"),
	    .path = SPAN("/v2/namespaces/a\"b/query?x=\x01\xff"),
	    .route = SPAN("query"),
	    .namespace = SPAN("ab"),
	    .key = SPAN("reader"),
	    .status = 200,
	    .bytes_in = 157,
	    .bytes_out = 10700,
	    .duration_ns = 3520499,
	    .upstream_ns = 3400500,
	    .overhead_ns = 119999,
	    .trace = &trace,
	    .error = SPAN("upstream_error"),
	};
}

static void formats(void **state)
{
	struct buf out = buf_new(4096);
	struct access_line line = sample();
	access_line_format(&line, &out);
	assert_span(buf_span(&out),
	    "{\"ts\":\"2026-09-01T10:00:00.007Z\","
	    "\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\",\"client\":\"127.0.0.1:1234\","
	    "\"key\":\"reader\",\"method\":\"POST\",\"path\":\"/v2/namespaces/a\\\"b/"
	    "query?x=\\u0001\xEF\xBF\xBD\","
	    "\"route\":\"query\",\"namespace\":\"ab\",\"status\":200,\"bytes_in\":157,\"bytes_out\":10700,"
	    "\"duration_ms\":3.520,\"upstream_ms\":3.401,\"overhead_us\":119,\"error\":\"upstream_error\"}"
	    "\n");
	buf_clear(&out);
	access_line_format(&(struct access_line){.wall_ns = 1788256801 * NS_PER_S + 999 * NS_PER_MS}, &out);
	assert_span(buf_span(&out),
	    "{\"ts\":\"2026-09-01T10:00:01.999Z\",\"status\":0,\"bytes_in\":0,\"bytes_out\":0,"
	    "\"duration_ms\":0.000,\"upstream_ms\":0.000,\"overhead_us\":0}\n");
	buf_free(&out);
}

static void server_timing(void **state)
{
	struct buf out = buf_new(100);
	timing_put_header(&out, 120000, 61003400499);
	assert_span(buf_span(&out), "layer;dur=0.120, upstream;dur=61003.400");
	buf_free(&out);
}

/* What was written before the stop is there after it, from every writer and in its order. */
static void writes_all_lines(void **state)
{
	FILE *f = tmpfile();
	struct access_log *log;
	assert_int_equal(access_log_start(fileno(f), &log), 0);
	struct access_log_writer *writers[] = {access_log_writer_new(log), access_log_writer_new(log)};
	struct access_line line = sample();
	for (unsigned i = 0; i < 4000; i++) {
		line.status = i;
		line.method = i % 2 ? SPAN("b") : SPAN("a");
		access_log_write(writers[i % 2], &line);
	}
	assert_int_equal(access_log_dropped(log), 0);
	access_log_stop(log);
	rewind(f);
	char text[1024], *at;
	unsigned status, next[2] = {0, 1}, lines = 0;
	for (; fgets(text, sizeof text, f); lines++) {
		at = strstr(text, "\"status\":");
		assert_non_null(at);
		assert_int_equal(sscanf(at, "\"status\":%u", &status), 1);
		assert_int_equal(status, next[status % 2]);
		next[status % 2] += 2;
	}
	assert_int_equal(lines, 4000);
	fclose(f);
}

/* Nobody reads the pipe: writing goes on, lines are dropped and counted, the stop comes back. */
static void stuck_output_drops(void **state)
{
	int fds[2];
	struct access_log *log;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(access_log_start(fds[1], &log), 0);
	struct access_log_writer *w = access_log_writer_new(log);
	struct access_line line = sample();
	for (unsigned i = 0; i < 20000; i++)
		access_log_write(w, &line);
	assert_true(access_log_dropped(log) > 1000);
	/* Readers gone: the writer gives up on what it holds, counts it, and no signal ends the process. */
	close(fds[0]);
	access_log_stop(log);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(formats),
	    cmocka_unit_test(server_timing),
	    cmocka_unit_test(writes_all_lines),
	    cmocka_unit_test(stuck_output_drops),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
