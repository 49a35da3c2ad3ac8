/* The simulated cloud through store_handle(), on virtual time: each switch, with what a client would see of
 * it and how the reply says it is to be delivered. */
#include <stdio.h>

#include "store_kit.h"

#include "base/time.h"
#include "store/cloud/cloud_settings.h"

#define QUERY "POST /v2/namespaces/a/query"
#define WRITE "POST /v2/namespaces/a"
#define META  "GET /v2/namespaces/a/metadata"
#define ALL   "{\"rank_by\":[\"id\",\"asc\"],\"limit\":99,\"include_attributes\":true}"
#define EVENTUAL                                                                                             \
	"{\"rank_by\":[\"id\",\"asc\"],\"limit\":99,\"include_attributes\":true,\"consistency\":{\"level\":" \
	"\"eventual\"}}"
#define ROW(id) "{\"upsert_rows\":[{\"id\":" #id ",\"n\":" #id "}]}"

static struct virtual_clock clock_;

/* A store with these settings, "name=value …", whose admin route is on. */
static struct kit open_cloud(const char *settings)
{
	struct cloud_settings s;
	struct span rest = span_str(settings);
	const char *wanted;
	cloud_settings_init(&s, false);
	while (rest.len) {
		struct span value = span_cut(&rest, ' '), name = span_cut(&value, '=');
		assert_int_equal(cloud_settings_set(&s, name, value, &wanted), 0);
	}
	assert_null(cloud_settings_problem(&s));
	clock_ = (struct virtual_clock){100 * NS_PER_S, 1790000000 * NS_PER_S};
	time_use_virtual(&clock_);
	return kit_open_with(NULL, &(struct store_options){.cloud = &s, .admin = true});
}

static void close_cloud(struct kit *k)
{
	kit_close(k);
	time_use_virtual(NULL);
}

static void pass_ms(uint64_t ms)
{
	clock_.mono_ns += ms * NS_PER_MS;
	clock_.wall_ns += ms * NS_PER_MS;
}

static struct span header(const struct kit *k, const char *name)
{
	for (size_t i = 0; i < k->reply.delivery.headers_len; i++) {
		if (span_eq(k->reply.delivery.headers[i].name, span_str(name)))
			return k->reply.delivery.headers[i].value;
	}
	return SPAN_NONE;
}

static uint64_t delay_ms(const struct kit *k)
{
	uint64_t ready_ns = k->reply.delivery.ready_ns;
	return ready_ns > clock_.mono_ns ? (ready_ns - clock_.mono_ns) / NS_PER_MS : 0;
}

static void expect_header(const struct kit *k, const char *name, const char *value)
{
	struct span got = header(k, name);
	if (!span_eq(got, span_str(value)))
		fail_msg("%s: %.*s, not %s", name, SPAN_FMT(got), value);
}

/* Index lag */

static void replaced_and_deleted_rows_are_still_seen(void **state)
{
	struct kit k = open_cloud("index_lag_ms=1000 eventual_bytes=0");
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":1,\"n\":1},{\"id\":2,\"n\":1}]}", 200, "OK");
	kit_expect(&k, QUERY, EVENTUAL, 200, "\"rows\":[]");
	pass_ms(1000);
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":1,\"n\":2}],\"deletes\":[2]}", 200, "OK");
	kit_expect(&k, QUERY, EVENTUAL, 200, "\"rows\":[{\"id\":1,\"n\":1},{\"id\":2,\"n\":1}]");
	kit_expect(&k, QUERY, ALL, 200, "\"rows\":[{\"id\":1,\"n\":2}]");
	kit_expect(&k, META, "", 200, "\"index\":{\"status\":\"updating\",\"unindexed_bytes\":24}");
	pass_ms(999);
	kit_expect(&k, QUERY, EVENTUAL, 200, "\"rows\":[{\"id\":1,\"n\":1},{\"id\":2,\"n\":1}]");
	pass_ms(1);
	kit_expect(&k, QUERY, EVENTUAL, 200, "\"rows\":[{\"id\":1,\"n\":2}]");
	kit_expect(&k, META, "", 200, "\"index\":{\"status\":\"up-to-date\"}");
	close_cloud(&k);
}

static void the_schema_never_lags(void **state)
{
	struct kit k = open_cloud("index_lag_ms=1000 eventual_bytes=0");
	kit_expect(&k, WRITE, ROW(1), 200, "OK");
	pass_ms(1000);
	kit_expect(&k, WRITE,
	    "{\"upsert_rows\":[{\"id\":2,\"t\":\"harbour\"}],\"schema\":{\"t\":{\"type\":\"string\","
	    "\"full_text_search\":true,\"filterable\":true}}}",
	    200, "OK");
	kit_expect(&k, QUERY,
	    "{\"rank_by\":[\"id\",\"asc\"],\"limit\":9,\"filters\":[\"t\",\"Eq\",null],\"consistency\":{"
	    "\"level\":\"eventual\"}}",
	    200, "\"rows\":[{\"id\":1}]");
	kit_expect(&k, QUERY,
	    "{\"rank_by\":[\"t\",\"BM25\",\"harbour\"],\"limit\":9,\"consistency\":{\"level\":\"eventual\"}}",
	    200, "\"rows\":[]");
	pass_ms(1000);
	kit_expect(&k, QUERY,
	    "{\"rank_by\":[\"t\",\"BM25\",\"harbour\"],\"limit\":9,\"consistency\":{\"level\":\"eventual\"}}",
	    200, "\"rows\":[{\"id\":2,");
	close_cloud(&k);
}

static void a_deleted_namespace_is_gone_at_once(void **state)
{
	struct kit k = open_cloud("index_lag_ms=1000 eventual_bytes=0");
	kit_expect(&k, WRITE, ROW(1), 200, "OK");
	pass_ms(1000);
	kit_expect(&k, "DELETE /v2/namespaces/a", "", 200, "OK");
	kit_expect(&k, QUERY, EVENTUAL, 404, "not found");
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":\"x\"}]}", 200, "OK");
	kit_expect(&k, QUERY, EVENTUAL, 200, "\"rows\":[]");
	close_cloud(&k);
}

/* A lag that begins with rows in place starts from them, and one that ends leaves nothing behind. */
static void lag_can_be_switched_on_and_off(void **state)
{
	struct kit k = open_cloud("eventual_bytes=0");
	kit_expect(&k, WRITE,
	    "{\"upsert_rows\":[{\"id\":1,\"vector\":[1,2]}],\"distance_metric\":"
	    "\"cosine_distance\"}",
	    200, "OK");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"namespaces\":{\"a\":{\"index_lag_ms\":5000}}}", 200,
	    "\"namespaces\":{\"a\":{\"index_lag_ms\":5000}}");
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":2,\"vector\":[3,4]}]}", 200, "OK");
	kit_expect(&k, QUERY, EVENTUAL, 200, "\"rows\":[{\"id\":1,\"vector\":[1.0,2.0]}]");
	kit_expect(&k, "POST /v2/namespaces/b", ROW(7), 200, "OK");
	kit_expect(&k, "POST /v2/namespaces/b/query", EVENTUAL, 200, "\"rows\":[{\"id\":7,\"n\":7}]");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"namespaces\":{\"a\":null}}", 200, "\"namespaces\":{}}");
	kit_expect(&k, QUERY, EVENTUAL, 200, "\"vector\":[3.0,4.0]}]");
	kit_expect(&k, META, "", 200, "up-to-date");
	kit_expect(&k, WRITE, "{\"patch_rows\":[{\"id\":2,\"n\":5}]}", 200, "OK");
	kit_expect(&k, QUERY, EVENTUAL, 200, "\"n\":5");
	close_cloud(&k);
}

/* Counts stay as they were indexed. 200 rows of 1,000 bytes pass the least size that is counted at all. */
static void approximate_counts_freeze(void **state)
{
	struct kit k = open_cloud("index_lag_ms=1000");
	struct buf b = buf_new(1 << 20);
	char text[1001] = {0};
	memset(text, 'x', 1000);
	buf_lit(&b, "{\"upsert_rows\":[");
	for (int i = 0; i < 200; i++)
		buf_printf(&b, "%s{\"id\":%d,\"t\":\"%s\"}", i ? "," : "", i, text);
	buf_lit(&b, "]}");
	buf_byte(&b, 0);
	kit_expect(&k, WRITE, b.ptr, 200, "OK");
	kit_expect(&k, META, "", 200, "\"approx_row_count\":0,\"approx_logical_bytes\":0");
	pass_ms(1000);
	kit_expect(&k, META, "", 200, "\"approx_row_count\":200,\"approx_logical_bytes\":201600");
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":200,\"t\":\"y\"}],\"deletes\":[0,1]}", 200, "OK");
	kit_expect(&k, META, "", 200, "\"approx_row_count\":200,\"approx_logical_bytes\":201600");
	pass_ms(1000);
	kit_expect(&k, META, "", 200, "\"approx_row_count\":199,\"approx_logical_bytes\":199593");
	buf_free(&b);
	close_cloud(&k);
}

/* 429 */

static void backlogs_are_refused(void **state)
{
	struct kit k = open_cloud("index_lag_ms=60000 backpressure_bytes=20 strong_backlog_bytes=20");
	kit_expect(&k, WRITE, ROW(1), 200, "OK");
	kit_expect(&k, WRITE, ROW(2), 200, "OK"); /* 16 bytes waited */
	kit_expect(&k, WRITE, ROW(3), 429, "💔 write back-pressure: 32 bytes");
	expect_header(&k, "retry-after", "1");
	expect_header(&k, "retry-after-ms", "1000");
	kit_expect(&k, QUERY, ALL, 200, "\"id\":2"); /* nobody disabled back-pressure */
	static const char *const not_plain[] = {
	    "{\"disable_backpressure\":true,\"patch_rows\":[{\"id\":1,\"n\":9}]}",
	    "{\"disable_backpressure\":true,\"delete_by_filter\":[\"n\",\"Eq\",1]}",
	    "{\"disable_backpressure\":true,\"upsert_rows\":[{\"id\":1}],\"upsert_condition\":[\"n\",\"Eq\","
	    "1]}",
	};
	for (size_t i = 0; i < sizeof not_plain / sizeof *not_plain; i++)
		kit_expect(&k, WRITE, not_plain[i], 429, "back-pressure");
	kit_expect(&k, WRITE,
	    "{\"disable_backpressure\":true,\"upsert_rows\":[{\"id\":3,\"n\":3}],\"deletes\":[1]}", 200,
	    "OK");
	kit_expect(&k, QUERY, ALL, 429, "💔 strong queries are not possible");
	expect_header(&k, "retry-after", "1");
	kit_expect(&k, QUERY, EVENTUAL, 200, "\"id\":3");
	kit_expect(&k, META, "", 200, "updating");
	kit_expect(&k, "POST /v2/namespaces/b", ROW(3), 200, "OK"); /* each for itself */
	pass_ms(60000);
	kit_expect(&k, QUERY, ALL, 200, "\"rows\":[{\"id\":2,\"n\":2},{\"id\":3,\"n\":3}]");
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":4,\"n\":4},{\"id\":5,\"n\":5}]}", 200, "OK");
	kit_expect(&k, QUERY, ALL, 200, "\"id\":5"); /* nobody does any more */
	close_cloud(&k);
}

static void permits_run_out(void **state)
{
	struct kit k = open_cloud("permits=2 read_p50_ms=500 permit_wait_ms=800 retry_after_ms=250");
	kit_expect(&k, WRITE,
	    "{\"upsert_rows\":[{\"id\":1,\"vector\":[1,2]}],\"distance_metric\":"
	    "\"cosine_distance\"}",
	    200, "OK");
	kit_expect(&k, QUERY, ALL, 200, "\"server_total_ms\":500,\"query_execution_ms\":500");
	assert_int_equal(delay_ms(&k), 500);
	kit_expect(&k, QUERY, ALL, 200, "\"server_total_ms\":500");
	kit_expect(&k, QUERY,
	    "{\"rank_by\":[\"vector\",\"kNN\",[1,2]],\"filters\":[\"id\",\"Eq\",1],\"limit\":1}", 200,
	    "\"server_total_ms\":1000,\"query_execution_ms\":500");
	assert_int_equal(delay_ms(&k), 1000);
	kit_expect(&k, QUERY, ALL, 429, "💔 too many concurrent queries");
	expect_header(&k, "retry-after", "1");
	expect_header(&k, "retry-after-ms", "250");
	assert_int_equal(delay_ms(&k), 800); /* it has waited in vain */
	kit_expect(&k, "POST /v2/namespaces/b", ROW(1), 200, "OK");
	kit_expect(&k, "POST /v2/namespaces/b/query", ALL, 200, "\"server_total_ms\":500");
	pass_ms(1000);
	kit_expect(&k, QUERY, "{\"queries\":[" ALL "," ALL "]}", 200, "\"server_total_ms\":500");
	kit_expect(&k, QUERY, "{\"aggregate_by\":{\"n\":[\"Count\"]}}", 200, "\"server_total_ms\":1000");
	kit_expect(&k, QUERY, "{\"rank_by\":[\"nope\",\"BM25\",\"x\"],\"limit\":1}", 429, "permits");
	kit_expect(&k, META, "", 200, "schema"); /* takes none */
	close_cloud(&k);
}

/* Latency */

static void latency_is_drawn_for_reads_and_writes(void **state)
{
	struct kit k = open_cloud("read_p50_ms=20 read_p99_ms=80 write_p50_ms=300 operation_p50_ms=4000");
	uint64_t least = UINT64_MAX, most = 0;
	kit_expect(&k, WRITE, ROW(1), 200, "\"server_total_ms\":300");
	assert_int_equal(delay_ms(&k), 300);
	for (int i = 0; i < 200; i++) {
		kit_expect(&k, META, "", 200, "schema");
		uint64_t ms = delay_ms(&k);
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_in_range(least, 1, 12);
	assert_in_range(most, 60, 400);
	kit_expect(&k, "POST /v2/namespaces/a",
	    "{\"upsert_rows\":[{\"id\":1,\"n\":2}],\"disable_backpressure\":true}", 200, "OK");
	kit_expect(&k, "POST /v1/namespaces/a/_debug/recall", "{}", 400, "vector");
	assert_int_equal(delay_ms(&k), 4000);
	close_cloud(&k);
}

/* Mishaps */

static void failures_come_before_or_after(void **state)
{
	struct kit k = open_cloud("status_rate=1 statuses=503 faults_on=write");
	kit_expect(&k, WRITE, ROW(1), 503, "💔 simulated failure 503");
	expect_header(&k, "retry-after", "1");
	kit_expect(&k, META, "", 404, "not found");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"applied_rate\":1,\"statuses\":\"500\"}", 200, "settings");
	kit_expect(&k, WRITE, ROW(1), 500, "💔 simulated failure 500");
	assert_int_equal(k.reply.delivery.headers_len, 0);
	kit_expect(&k, QUERY, ALL, 200, "\"id\":1");
	kit_expect(&k, WRITE, "{}", 500, "simulated"); /* would have been 400 */
	kit_expect(
	    &k, "PATCH /_admin/cloud", "{\"status_rate\":0,\"cut_rate\":1,\"applied_rate\":0}", 200, "");
	kit_ask(&k, WRITE, ROW(2));
	assert_int_equal(k.reply.delivery.cut, CUT_HEAD);
	kit_expect(&k, QUERY, ALL, 200, "\"rows\":[{\"id\":1,\"n\":1}]");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"applied_rate\":1}", 200, "");
	kit_ask(&k, WRITE, ROW(2));
	assert_int_equal(k.reply.delivery.cut, CUT_HEAD);
	kit_expect(&k, QUERY, ALL, 200, "\"id\":2");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"cut_rate\":0,\"cut_body_rate\":1}", 200, "");
	kit_expect(&k, WRITE, ROW(3), 200, "OK");
	assert_int_equal(k.reply.delivery.cut, CUT_BODY);
	assert_in_range(k.reply.delivery.cut_permille, 0, 999);
	kit_expect(&k, QUERY, ALL, 200, "\"id\":3");
	close_cloud(&k);
}

static void garbage_and_slowness(void **state)
{
	struct kit k = open_cloud("garbage_rate=1 faults_prefix=a faults_on=query,metadata");
	int cut = 0, pages = 0;
	kit_expect(&k, WRITE, ROW(1), 200, "committed");
	kit_expect(&k, "POST /v2/namespaces/b", ROW(1), 200, "committed");
	kit_expect(&k, "GET /v2/namespaces/b/metadata", "", 200, "\"index\":{\"status\":\"up-to-date\"}}");
	for (int i = 0; i < 40; i++) {
		assert_int_equal(kit_ask(&k, META, ""), 200);
		struct span body = buf_span(&k.reply.body);
		bool page = span_starts(body, SPAN("<html>"));
		pages += page;
		cut += !page && !span_ends(body, SPAN("}}"));
		assert_true(page == (strcmp(k.reply.content_type, "text/html") == 0));
	}
	assert_true(cut + pages == 40 && cut > 5 && pages > 5);
	kit_expect(&k, "GET /v2/namespaces/absent/metadata", "", 404, "not found"); /* stays what it is */
	kit_expect(&k, "PATCH /_admin/cloud", "{\"garbage_rate\":0,\"slow_rate\":1,\"slow_bytes_per_s\":77}",
	    200, "");
	kit_expect(&k, META, "", 200, "schema");
	assert_int_equal(k.reply.delivery.bytes_per_s, 77);
	close_cloud(&k);
}

static void the_same_seed_fails_the_same_requests(void **state)
{
	char seen[2][201] = {{0}};
	for (int run = 0; run < 2; run++) {
		struct kit k = open_cloud("status_rate=0.3 statuses=500 cut_rate=0.2");
		for (int i = 0; i < 200; i++) {
			char what[64];
			snprintf(what, sizeof what, "GET /v2/namespaces/n%d/metadata",
			    run == 0 ? i % 3 : 2 - i % 3);
			int status = kit_ask(&k, what, "");
			seen[run][(i / 3) * 3 + (run == 0 ? i % 3 : 2 - i % 3)] = k.reply.delivery.cut ? 'c'
			                                                          : status == 500      ? 'f'
			                                                                               : '-';
		}
		close_cloud(&k);
	}
	assert_memory_equal(seen[0], seen[1], 198); /* whatever other namespaces did in between */
	assert_non_null(strchr(seen[0], 'c'));
	assert_non_null(strchr(seen[0], 'f'));
}

/* respond-async */

static void ask_operation(struct kit *k, const char *location, int status, const char *text)
{
	char what[256];
	snprintf(what, sizeof what, "GET %s", location);
	kit_expect(k, what, "", status, text);
}

static void operations_take_effect_once_when_due(void **state)
{
	struct kit k = open_cloud("async_after_ms=100 write_p50_ms=300 async_routes=write");
	char location[2][256];
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":1,\"n\":1}]}", 200, "OK"); /* nobody asked for it */
	k.respond_async = true;
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":1,\"n\":2}]}", 202, "{\"token\":\"");
	expect_header(&k, "preference-applied", "respond-async");
	snprintf(location[0], sizeof location[0], "%.*s", SPAN_FMT(header(&k, "location")));
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":\"mixed\"}]}", 202, "{\"token\":\"");
	snprintf(location[1], sizeof location[1], "%.*s", SPAN_FMT(header(&k, "location")));
	k.respond_async = false;
	ask_operation(&k, location[0], 200, "{\"status\":\"running\"}");
	pass_ms(299);
	kit_expect(&k, QUERY, ALL, 200, "\"n\":1");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"status_rate\":1,\"faults_on\":\"write\"}", 200, "");
	pass_ms(1);
	kit_expect(&k, QUERY, ALL, 200, "\"n\":2"); /* without a poll, and without meeting chance again */
	kit_expect(&k, "PATCH /_admin/cloud", "{\"status_rate\":0}", 200, "");
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":1,\"n\":3}]}", 200, "OK");
	ask_operation(&k, location[0], 200,
	    "{\"status\":\"finished\",\"result\":{\"success\":{\"status\":\"OK\",\"message\"");
	ask_operation(&k, location[1], 200,
	    "{\"status\":\"finished\",\"result\":{\"error\":{\"status_code\":400,\"detail\":{\"status\":"
	    "\"error\",\"error\":\"");
	kit_expect(&k, QUERY, ALL, 200, "\"n\":3"); /* polls do nothing */
	location[0][strlen(location[0]) - 1] ^= 1;
	ask_operation(&k, location[0], 404, "operation not found");
	location[0][strlen(location[0]) - 1] ^= 1;
	location[0][strlen("/v1/namespaces/")] = 'b';
	ask_operation(&k, location[0], 404, "operation not found");
	pass_ms(601000);
	ask_operation(&k, location[1], 404, "operation not found");
	close_cloud(&k);
}

static void only_what_is_slow_becomes_an_operation(void **state)
{
	struct kit k = open_cloud("async_after_ms=100 operation_p50_ms=99");
	kit_expect(&k, WRITE,
	    "{\"upsert_rows\":[{\"id\":1,\"vector\":[1,2]}],\"distance_metric\":"
	    "\"cosine_distance\"}",
	    200, "OK");
	k.respond_async = true;
	kit_expect(&k, "POST /v1/namespaces/a/_debug/recall", "{}", 200, "avg_recall");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"operation_p50_ms\":100}", 200, "");
	kit_expect(&k, "POST /v1/namespaces/a/_debug/recall", "{}", 202, "token");
	kit_expect(&k, QUERY, ALL, 200, "rows");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"async_routes\":\"query\",\"read_p50_ms\":200}", 200, "");
	kit_expect(&k, "POST /v1/namespaces/a/_debug/recall", "{}", 200, "avg_recall");
	kit_expect(&k, QUERY, ALL, 202, "token");
	close_cloud(&k);
}

/* A copy comes later, and begins with everything indexed, also what eventual queries of its source do not
 * see. */
static void a_copy_is_an_operation(void **state)
{
	struct kit k =
	    open_cloud("index_lag_ms=60000 eventual_bytes=0 async_after_ms=100 operation_p50_ms=500");
	kit_expect(&k, WRITE, ROW(1), 200, "OK");
	k.respond_async = true;
	kit_expect(&k, "POST /v2/namespaces/b", "{\"copy_from_namespace\":\"a\"}", 202, "token");
	kit_expect(&k, "POST /v2/namespaces/b/query", ALL, 404, "not found");
	pass_ms(500);
	kit_expect(&k, "POST /v2/namespaces/b/query", EVENTUAL, 200, "\"rows\":[{\"id\":1,\"n\":1}]");
	kit_expect(&k, QUERY, EVENTUAL, 200, "\"rows\":[]");
	kit_expect(&k, "POST /v2/namespaces/b", ROW(2), 200, "OK");
	kit_expect(&k, "POST /v2/namespaces/b/query", EVENTUAL, 200, "\"rows\":[{\"id\":1,\"n\":1}]");
	kit_expect(
	    &k, "POST /v2/namespaces/c", "{\"branch_from_namespace\":\"a\"}", 200, "OK"); /* is no copy */
	close_cloud(&k);
}

/* There can be 1,000; what comes beyond is carried out at once. */
static void operations_are_bounded(void **state)
{
	struct kit k = open_cloud("async_after_ms=1 write_p50_ms=10 async_routes=write");
	kit_expect(&k, WRITE, ROW(1), 200, "OK");
	k.respond_async = true;
	for (int i = 0; i < 1000; i++) {
		kit_expect(&k, WRITE, ROW(1), 202, "token");
		arena_reset(k.arena);
	}
	kit_expect(&k, WRITE, ROW(1), 200, "OK");
	close_cloud(&k);
}

/* Index builds */

static void a_new_index_takes_its_time(void **state)
{
	struct kit k = open_cloud("index_build_ms=5000");
	const char *search = "{\"rank_by\":[\"t\",\"BM25\",\"harbour\"],\"limit\":9}";
	kit_expect(&k, WRITE,
	    "{\"upsert_rows\":[{\"id\":1,\"t\":\"harbour\"}],\"schema\":{\"t\":{\"type\":\"string\"}}}", 200,
	    "OK");
	kit_expect(&k, "POST /v1/namespaces/a/schema",
	    "{\"t\":{\"type\":\"string\",\"full_text_search\":true}}", 200, "full_text_search");
	kit_expect(&k, QUERY, search, 202, "the index of attribute 't' is still being built");
	kit_expect(&k, QUERY, "{\"rank_by\":[\"t\",\"asc\"],\"limit\":9}", 200, "\"id\":1");
	kit_expect(&k, QUERY, ALL, 200, "\"id\":1");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"index_build_status\":\"409\"}", 200, "");
	kit_expect(&k, QUERY,
	    "{\"queries\":[{\"rank_by\":[\"Sum\",[[\"t\",\"BM25\",\"harbour\"]]],\"limit\":1}]}", 409,
	    "still being built");
	pass_ms(4999);
	kit_expect(&k, QUERY, search, 409, "still being built");
	pass_ms(1);
	kit_expect(&k, QUERY, search, 200, "\"id\":1");
	kit_expect(&k, "POST /v2/namespaces/new",
	    "{\"upsert_rows\":[{\"id\":1,\"t\":\"x\"}],\"schema\":{\"t\":{\"type\":\"string\",\"full_text_"
	    "search\":true}}}",
	    200, "OK");
	kit_expect(&k, "POST /v2/namespaces/new/query", search, 200, "rows"); /* had no rows to index */
	close_cloud(&k);
}

/* The admin route */

static void updates_are_checked_whole(void **state)
{
	static const struct {
		const char *body;
		int status;
		const char *text;
	} cases[] = {
	    {"[]", 422, "expected a map"},
	    {"{\"permits\":4,\"nope\":1}", 400, "there is no setting `nope`"},
	    {"{\"permits\":4,\"cut_rate\":2}", 400, "`cut_rate` must be a number from 0 to 1"},
	    {"{\"permits\":4,\"cut_rate\":[]}", 400, "`cut_rate` must be"},
	    {"{\"permits\":4,\"faults_prefix\":true}", 400, "`faults_prefix` must be"},
	    {"{\"permits\":4,\"namespaces\":[]}", 422, "namespaces"},
	    {"{\"permits\":4,\"namespaces\":{\"x\":1}}", 400, "`namespaces.x` must be a map or null"},
	    {"{\"permits\":4,\"namespaces\":{\"x\":{\"nope\":1}}}", 400, "there is no setting `nope`"},
	    {"{\"permits\":4,\"namespaces\":{\"x\":{\"read_p50_ms\":5,\"read_p99_ms\":1}}}", 400,
	        "read_p99_ms is below read_p50_ms"},
	    {"{\"permits\":4,\"statuses\":\"\"}", 400, "at least one"},
	};
	struct kit k = open_cloud("permits=3");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		kit_expect(&k, "PATCH /_admin/cloud", cases[i].body, cases[i].status, cases[i].text);
		kit_expect(&k, "GET /_admin/cloud", "", 200, "\"permits\":3");
		kit_expect(&k, "GET /_admin/cloud", "", 200, "\"namespaces\":{}}");
	}
	kit_expect(&k, "PATCH /_admin/cloud", "{\"permits\":\"5\",\"cut_rate\":0.5}", 200, "\"permits\":5");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"permits\":null}", 200, "\"permits\":3");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"namespaces\":{\"x\":{\"permits\":1,\"seed\":4}}}", 200,
	    "{\"x\":{\"seed\":4,\"permits\":1}}");
	kit_expect(&k, "PATCH /_admin/cloud", "{\"namespaces\":{\"x\":{\"seed\":null}}}", 200,
	    "{\"x\":{\"permits\":1}}");
	close_cloud(&k);
}

static void without_the_switch_there_is_nothing(void **state)
{
	struct kit k = kit_open(NULL);
	kit_expect(&k, "GET /_admin/cloud", "", 404, "there is no such path");
	kit_expect(&k, "PATCH /_admin/cloud", "{}", 404, "there is no such path");
	k.respond_async = true;
	kit_expect(&k, WRITE, ROW(1), 200, "OK");
	kit_expect(&k, "GET /v1/namespaces/a/operations/00000000000000000000000000000000", "", 404,
	    "operation not found");
	kit_expect(&k, QUERY, EVENTUAL, 200, "\"id\":1");
	assert_int_equal(k.reply.delivery.ready_ns, 0);
	kit_close(&k);
	struct cloud_settings s;
	cloud_settings_init(&s, false);
	k = kit_open_with(NULL, &(struct store_options){.cloud = &s});
	kit_expect(&k, "GET /_admin/cloud", "", 404, "there is no such path");
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replaced_and_deleted_rows_are_still_seen),
	    cmocka_unit_test(the_schema_never_lags),
	    cmocka_unit_test(a_deleted_namespace_is_gone_at_once),
	    cmocka_unit_test(lag_can_be_switched_on_and_off),
	    cmocka_unit_test(approximate_counts_freeze),
	    cmocka_unit_test(backlogs_are_refused),
	    cmocka_unit_test(permits_run_out),
	    cmocka_unit_test(latency_is_drawn_for_reads_and_writes),
	    cmocka_unit_test(failures_come_before_or_after),
	    cmocka_unit_test(garbage_and_slowness),
	    cmocka_unit_test(the_same_seed_fails_the_same_requests),
	    cmocka_unit_test(operations_take_effect_once_when_due),
	    cmocka_unit_test(only_what_is_slow_becomes_an_operation),
	    cmocka_unit_test(a_copy_is_an_operation),
	    cmocka_unit_test(operations_are_bounded),
	    cmocka_unit_test(a_new_index_takes_its_time),
	    cmocka_unit_test(updates_are_checked_whole),
	    cmocka_unit_test(without_the_switch_there_is_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
