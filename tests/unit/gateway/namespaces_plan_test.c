#include "../test.h"

#include "gateway/namespaces/namespaces_plan.h"

static struct arena *arena;

static int setup(void **state)
{
	arena = arena_new();
	return 0;
}

static int teardown(void **state)
{
	arena_free(arena);
	return 0;
}

static void queries(void **state)
{
	static const struct {
		const char *text, *prefix, *store, *at;
		uint64_t page_size;
	} cases[] = {
	    {"", "", "", "", 100},
	    {"prefix=a", "a", "", "", 100},
	    {"prefix=a%2Db&page_size=1000", "a-b", "", "", 1000},
	    {"page_size=1&later=x&prefix=", "", "", "", 1},
	    {"cursor=", "", "", "", 100},
	    /* {"v":1,"store":"s","at":"c"} */
	    {"cursor=eyJ2IjoxLCJzdG9yZSI6InMiLCJhdCI6ImMifQ", "", "s", "c", 100},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct listing_query q;
		const char *why;
		assert_int_equal(listing_read_query(arena, span_str(cases[i].text), &q, &why), 0);
		assert_span(q.prefix, cases[i].prefix);
		assert_span(q.store, cases[i].store);
		assert_span(q.at, cases[i].at);
		assert_int_equal(q.page_size, cases[i].page_size);
	}
}

static void bad_queries(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
	    {"page_size=0", "page_size"},
	    {"page_size=1001", "page_size"},
	    {"page_size=", "page_size"},
	    {"page_size=-1", "page_size"},
	    {"page_size=1.0", "page_size"},
	    {"page_size=99999999999999999999", "page_size"},
	    {"cursor=?", "cursor"},
	    {"cursor=e30", "cursor"},                                                /* {} */
	    {"cursor=eyJ2IjoxfQ", "cursor"},                                         /* {"v":1} */
	    {"cursor=eyJ2IjoyLCJzdG9yZSI6InMiLCJhdCI6ImMifQ", "cursor"},             /* version 2 */
	    {"cursor=eyJ2IjoxLCJzdG9yZSI6IiIsImF0IjoiYyJ9", "cursor"},               /* no store */
	    {"cursor=eyJ2IjoxLCJzdG9yZSI6MSwiYXQiOiJjIn0", "cursor"},                /* store 1 */
	    {"cursor=eyJ2IjoxLCJzdG9yZSI6InMiLCJhdCI6ImMifQ%3D%3D", "cursor"},       /* padded */
	    {"cursor=eyJzdG9yZV9hZnRlciI6InMtdGFibGUvIiwidiI6bnVsbH0%2F", "cursor"}, /* a store's own */
	    {"prefix=%4", "escaped"},
	    {"prefix=%zz", "escaped"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct listing_query q;
		const char *why = "";
		assert_int_equal(listing_read_query(arena, span_str(cases[i].text), &q, &why), -E_INVALID);
		if (!span_contains(span_str(why), span_str(cases[i].part)))
			fail_msg("%s: %s", cases[i].text, why);
	}
}

/* Whatever a store's cursor is made of comes back. */
static void cursors_come_back(void **state)
{
	static const char *const cursors[] = {"", "eyJzIjoiYSJ9==", "\"\\\n\xC3\xA4 +/&=", "x"};
	for (size_t i = 0; i < COUNT(cursors); i++) {
		struct span text = listing_cursor(arena, SPAN("eu-1"), span_str(cursors[i]));
		struct listing_query q;
		const char *why;
		text = arena_printf(arena, "cursor=%.*s", SPAN_FMT(text));
		assert_int_equal(listing_read_query(arena, text, &q, &why), 0);
		assert_span(q.store, "eu-1");
		assert_span(q.at, cursors[i]);
	}
}

static void targets(void **state)
{
	static const struct {
		struct listing_query query;
		const char *target;
	} cases[] = {
	    {{.prefix = SPAN("")}, "/v1/namespaces?page_size=7"},
	    {{.prefix = SPAN("a_b-.~")}, "/v1/namespaces?page_size=7&prefix=a_b-.~"},
	    {{.prefix = SPAN("a&b\r\n \xC3")}, "/v1/namespaces?page_size=7&prefix=a%26b%0D%0A%20%C3"},
	    {{.prefix = SPAN("a"), .at = SPAN("x==")}, "/v1/namespaces?page_size=7&prefix=a&cursor=x%3D%3D"},
	};
	struct buf b = buf_new(1000);
	for (size_t i = 0; i < COUNT(cases); i++) {
		buf_clear(&b);
		listing_put_target(&b, &cases[i].query, 7);
		assert_span(buf_span(&b), cases[i].target);
	}
	buf_clear(&b);
	listing_put_metadata_target(&b, SPAN("a/../b c"));
	assert_span(buf_span(&b), "/v2/namespaces/a%2F..%2Fb%20c/metadata");
	buf_free(&b);
}

static void lists(void **state)
{
	static const struct {
		const char *body;
		int count; /* -1: refused */
		const char *next;
	} cases[] = {
	    {"{\"namespaces\":[]}", 0, ""},
	    {"{\"namespaces\":[{\"id\":\"a\"},{\"more\":[1],\"id\":\"\\u0062\"}],\"next_cursor\":null}", 2,
	        ""},
	    {"{\"next_cursor\":\"c\\\"\",\"namespaces\":[{\"id\":\"a\"}]}", 1, "c\""},
	    {"{\"namespaces\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}],\"next_cursor\":\"\"}", 3, ""},
	    {"{\"namespaces\":[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"},{\"id\":\"d\"}]}", -1, ""},
	    {"{\"namespaces\":[{\"name\":\"a\"}]}", -1, ""},
	    {"{\"namespaces\":[{\"id\":1}]}", -1, ""},
	    {"{\"namespaces\":[\"a\"]}", -1, ""},
	    {"{\"namespaces\":{}}", -1, ""},
	    {"{}", -1, ""},
	    {"[]", -1, ""},
	    {"", -1, ""},
	    {"{\"namespaces\":[]", -1, ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct listing_names got = {0};
		int rc = listing_read_names(arena, span_str(cases[i].body), 3, &got);
		assert_int_equal(rc, cases[i].count < 0 ? -E_INVALID : 0);
		assert_int_equal(got.names.len, cases[i].count < 0 ? 0 : cases[i].count);
		assert_span(got.next, cases[i].next);
		if (got.names.len > 1)
			assert_span(got.names.at[1], "b");
		vec_free(&got.names);
	}
}

static void names(void **state)
{
	char longest[130];
	memset(longest, 'n', sizeof longest);
	assert_true(listing_good_name(SPAN("a")) && listing_good_name(SPAN("Az09_-.")));
	assert_true(listing_good_name(SPAN("...")) && listing_good_name(span_of(longest, 128)));
	assert_false(
	    listing_good_name(SPAN("")) || listing_good_name(SPAN(".")) || listing_good_name(SPAN("..")));
	assert_false(listing_good_name(SPAN("a\r\nb")) || listing_good_name(SPAN("a b")));
	assert_false(listing_good_name(span_of(longest, 129)));
}

#define TAIL "\"cache_state\":{\"state\":\"cold\",\"warm_inflight\":false},\"shadow\":false,\"labels\":{}"

static void rows(void **state)
{
	static const struct {
		const char *name, *metadata, *error, *row;
	} cases[] = {
	    {"a",
	        "{\"schema\":{\"id\":{\"type\":\"uint\"},\"_hevlayer_upserted_at\":{\"type\":\"uint\"},"
	        "\"vector\":{\"type\":\"[2]f32\",\"ann\":true}},\"approx_logical_bytes\":48,"
	        "\"approx_row_count\":3,\"last_write_at\":\"2026-05-12T18:48:30.5Z\",\"later\":1,"
	        "\"index\":{\"status\":\"up-to-date\"}}",
	        NULL,
	        "{\"name\":\"a\",\"row_count\":3,\"size_bytes\":48,\"stable_as_of_ms\":77,\"is_stable\":true,"
	        "\"index\":{\"status\":\"up-to-date\"},\"last_write_ms\":1778611710500,"
	        "\"schema_summary\":{\"vector_dim\":2,\"fields\":[\"id\",\"vector\"]}," TAIL "}"},
	    {"updating", "{\"index\":{\"status\":\"updating\", \"unindexed_bytes\":9e3}}", NULL,
	        "{\"name\":\"updating\",\"is_stable\":false,"
	        "\"index\":{\"status\":\"updating\", \"unindexed_bytes\":9e3}," TAIL "}"},
	    {"no_signal", "{\"approx_row_count\":18446744073709551616}", NULL,
	        "{\"name\":\"no_signal\",\"row_count\":18446744073709551616," TAIL "}"},
	    {"unknown_status", "{\"index\":{\"status\":\"new\"}}", NULL,
	        "{\"name\":\"unknown_status\",\"index\":{\"status\":\"new\"}," TAIL "}"},
	    {"never_written", "{\"index\":{\"status\":\"up-to-date\"},\"last_write_at\":null}", NULL,
	        "{\"name\":\"never_written\",\"stable_as_of_ms\":77,\"is_stable\":true,"
	        "\"index\":{\"status\":\"up-to-date\"},\"last_write_ms\":77," TAIL "}"},
	    {"other_types",
	        "{\"approx_row_count\":\"3\",\"index\":[],\"schema\":[],\"approx_logical_bytes\":null}", NULL,
	        "{\"name\":\"other_types\"," TAIL "}"},
	    {"vectors", "{\"schema\":{\"b\":\"[5]f16\",\"vector\":\"[7]f32\",\"c\":\"[]string\",\"d\":7}}",
	        NULL,
	        "{\"name\":\"vectors\",\"schema_summary\":{\"vector_dim\":7,"
	        "\"fields\":[\"b\",\"vector\",\"c\",\"d\"]}," TAIL "}"},
	    {"text", "{\"schema\":{\"t\":\"string\"}}", NULL,
	        "{\"name\":\"text\",\"schema_summary\":{\"fields\":[\"t\"]}," TAIL "}"},
	    {"broken", "{\"approx_row_count\":1", NULL,
	        "{\"name\":\"broken\"," TAIL ",\"metadata_error\":\"the store's metadata cannot be read\"}"},
	    {"failed", NULL, "the store answered 500",
	        "{\"name\":\"failed\"," TAIL ",\"metadata_error\":\"the store answered 500\"}"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out = buf_new(10000);
		struct listing_row row = {.name = span_str(cases[i].name),
		    .metadata = span_str(cases[i].metadata),
		    .error = cases[i].error,
		    .observed_ms = 77};
		listing_put_row(arena, &row, &out);
		assert_span(buf_span(&out), cases[i].row);
		buf_free(&out);
	}
}

static void shadow_and_labels(void **state)
{
	struct pair at[] = {{SPAN("team"), SPAN("\"search\"")}, {SPAN("tier"), SPAN("")}};
	struct pairs labels = {at, 2};
	struct buf out = buf_new(10000);
	listing_put_row(
	    arena, &(struct listing_row){.name = SPAN("a-shadow"), .labels = &labels, .error = "x"}, &out);
	assert_true(span_contains(buf_span(&out), SPAN("\"shadow\":true")));
	assert_true(
	    span_contains(buf_span(&out), SPAN("\"labels\":{\"team\":\"\\\"search\\\"\",\"tier\":\"\"}")));
	buf_free(&out);
}

/* A namespace with very many attributes keeps its row short. */
static void long_schemas(void **state)
{
	struct buf schema = buf_new(1 << 20), out = buf_new(1 << 20);
	buf_lit(&schema, "{\"schema\":{\"v\":\"[3]f32\"");
	for (int i = 0; i < 5000; i++)
		buf_printf(&schema, ",\"attribute_%d\":\"string\"", i);
	buf_lit(&schema, "},\"approx_row_count\":5}");
	listing_put_row(arena, &(struct listing_row){.name = SPAN("n"), .metadata = buf_span(&schema)}, &out);
	assert_span(buf_span(&out),
	    "{\"name\":\"n\",\"row_count\":5,\"schema_summary\":{\"vector_dim\":3}," TAIL "}");
	buf_free(&schema);
	buf_free(&out);
}

#define NOTHING                                                                                              \
	"\"layer\":{\"stable_as_of\":null,\"is_stable\":false,\"indexed\":null,\"index_lag_rows\":null}"
#define STABLE   "\"layer\":{\"stable_as_of\":9,\"is_stable\":true,\"indexed\":null,\"index_lag_rows\":null}"
#define UPDATING "\"layer\":{\"stable_as_of\":9,\"is_stable\":false,\"indexed\":null,\"index_lag_rows\":null}"

static void layer_blocks(void **state)
{
	const struct watermark unknown = {0}, stable = {.state = WATERMARK_STABLE, .at_ms = 9},
	                       updating = {.state = WATERMARK_UPDATING, .at_ms = 9};
	const struct {
		const char *body;
		struct watermark mark;
		const char *told;
	} cases[] = {
	    {"{\"a\":1e400}", unknown, "{\"a\":1e400," NOTHING "}"},
	    {"{\"a\":1}", stable, "{\"a\":1," STABLE "}"},
	    {"{\"a\":1}", updating, "{\"a\":1," UPDATING "}"},
	    {" {\"a\" : {} \n}\n", stable, " {\"a\" : {}," STABLE " \n}\n"},
	    {"{}", unknown, "{" NOTHING "}"},
	    {"{ }", unknown, "{" NOTHING " }"},
	    {"{\"layer\":{\"x\":1},\"b\":2}", stable, "{" STABLE ",\"b\":2}"},
	    {"[]", stable, "[]"},
	    {"{\"a\":1", stable, "{\"a\":1"},
	    {"", stable, ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(
		    metadata_with_layer(arena, span_str(cases[i].body), cases[i].mark), cases[i].told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(queries),
	    cmocka_unit_test(bad_queries),
	    cmocka_unit_test(cursors_come_back),
	    cmocka_unit_test(targets),
	    cmocka_unit_test(lists),
	    cmocka_unit_test(names),
	    cmocka_unit_test(rows),
	    cmocka_unit_test(shadow_and_labels),
	    cmocka_unit_test(long_schemas),
	    cmocka_unit_test(layer_blocks),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
