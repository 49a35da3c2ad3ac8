#include "../test.h"

#include <stdlib.h>

#include "gateway/query/query_plan.h"

#define F 1 /* has_filter */
#define R 2 /* has_rank_by */
#define M 4 /* multi */
#define U 8 /* unknown */

#define W    "[\"_hevlayer_upserted_at\",\"Lte\",77]"
#define E    "\"consistency\":{\"level\":\"eventual\"}"
#define HIDE "\"exclude_attributes\":[\"_hevlayer_upserted_at\",\"_hevlayer_shard\"]"

static const struct span reserved = SPAN("\"_hevlayer_upserted_at\",\"_hevlayer_shard\",");

static unsigned bits(struct query_shape s)
{
	return s.known ? (s.has_filter ? F : 0U) | (s.has_rank_by ? R : 0U) | (s.multi ? M : 0U) : U;
}

static const struct {
	const char *body;
	unsigned bits, legs;
} cases[] = {
    {"{}", 0, 0},
    {" {\"rank_by\":[\"id\",\"asc\"],\"limit\":1}\n", R, 0},
    {"{\"filters\":[\"a\",\"Eq\",1],\"rank_by\":[\"vector\",\"ANN\",[0.1,-2e3]]}", F | R, 0},
    {"{\"filters\":[\"And\",[]]}", F, 0},
    {"{\"aggregate_by\":{\"n\":[\"Count\"]}}", 0, 0},
    {"{\"filters\":null,\"rank_by\":null}", 0, 0},
    {"{\"\\u0066ilters\":[],\"rank\\u005fby\":1}", F | R, 0},
    {"{\"Filters\":[],\"rank_by \":[],\"\":1}", 0, 0},
    /* not at the top */
    {"{\"a\":{\"filters\":[],\"rank_by\":[],\"queries\":[{}]},\"b\":[{\"filters\":1}]}", 0, 0},
    {"{\"a\":\"\\\"filters\\\":1\"}", 0, 0},
    /* multi-queries */
    {"{\"queries\":[]}", M, 0},
    {"{\"queries\":[{\"rank_by\":[]},{\"rank_by\":[]}],\"rerank_by\":[\"RRF\"]}", M | R, 2},
    {"{\"queries\":[{},{\"filters\":[]},{\"rank_by\":[]}]}", M | F | R, 3},
    {"{\"queries\":[{\"queries\":[{\"filters\":1},{}]}]}", M, 1},
    {"{\"queries\":[1,null,[{\"filters\":1}]]}", M, 3},
    {"{\"queries\":{\"filters\":1}}", 0, 0},
    {"{\"queries\":null}", 0, 0},
    /* not a query */
    {"", U, 0},
    {"[]", U, 0},
    {"null", U, 0},
    {"\"filters\"", U, 0},
    {"{\"filters\":1", U, 0},
    {"{\"filters\":1} x", U, 0},
    {"{\"filters\":01}", U, 0},
    {"{\"filters\":1,}", U, 0},
    {"{\"filters\":1,\"a\":\"\xFF\"}", U, 0},
    {"{\"queries\":[{\"filters\":1}}", U, 0},
    {"\x1f\x8b\x08", U, 0},
};

static void shapes(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct query_plan p;
		struct json_error e;
		(void)!query_plan_read(&p, span_str(cases[i].body), &e);
		if (bits(p.shape) != cases[i].bits || p.shape.legs != cases[i].legs)
			fail_msg("%s: %u, %u legs", cases[i].body, bits(p.shape), p.shape.legs);
	}
}

/* body; as it is read at the cut; NULL: as it came */
static const char *const filtered[][2] = {
    {"{\"rank_by\":[\"id\",\"asc\"],\"limit\":1}",
        "{" E ",\"filters\":" W ",\"rank_by\":[\"id\",\"asc\"],\"limit\":1}"},
    {"{}", "{" E ",\"filters\":" W "}"},
    {" { \"filters\" : [\"a\",\"Eq\",1.0] , \"top_k\" : 1 } ",
        " {" E ", \"filters\" : [\"And\",[[\"a\",\"Eq\",1.0]," W "]] , \"top_k\" : 1 } "},
    {"{\"filters\":null}", "{" E ",\"filters\":" W "}"},
    {"{\"\\u0066ilters\":[\"a\",\"Eq\",1]}", "{" E ",\"\\u0066ilters\":[\"And\",[[\"a\",\"Eq\",1]," W "]]}"},
    {"{\"aggregate_by\":{\"n\":[\"Count\"]}}",
        "{" E ",\"filters\":" W ",\"aggregate_by\":{\"n\":[\"Count\"]}}"},
    /* the caller's consistency stays, whatever it is */
    {"{\"consistency\":{\"level\":\"eventual\"}}", "{\"filters\":" W "," E "}"},
    {"{\"consistency\":\"eventual\",\"filters\":[1]}",
        "{\"consistency\":\"eventual\",\"filters\":[\"And\",[[1]," W "]]}"},
    /* a kNN query without a filter is the store's to refuse */
    {"{\"rank_by\":[\"v\",\"kNN\",[1]]}", "{" E ",\"rank_by\":[\"v\",\"kNN\",[1]]}"},
    {"{\"rank_by\":[\"v\",\"kNN\",[1]],\"filters\":[\"a\",\"Eq\",1]}",
        "{" E ",\"rank_by\":[\"v\",\"kNN\",[1]],\"filters\":[\"And\",[[\"a\",\"Eq\",1]," W "]]}"},
    /* every leg, at the same cut */
    {"{\"queries\":[{\"limit\":1},{\"filters\":[\"a\",\"Eq\",1]}]}",
        "{" E ",\"queries\":[{\"filters\":" W ",\"limit\":1},{\"filters\":[\"And\",[[\"a\",\"Eq\",1]," W
        "]]}]}"},
    /* fused, or not a query that we know */
    {"{\"queries\":[{\"limit\":1},{\"limit\":2}],\"rerank_by\":[\"RRF\"]}", NULL},
    {"{\"queries\":[{},1]}", NULL},
    {"{\"queries\":7}", NULL},
    {"[1]", NULL},
};

/* body; as it shows no more than it should */
static const char *const shown[][2] = {
    {"{\"include_attributes\":true}", "{" E "," HIDE "}"},
    {"{\"include_attributes\":[\"_hevlayer_upserted_at\"]}",
        "{" E ",\"include_attributes\":[\"_hevlayer_upserted_at\"]}"},
    {"{\"include_attributes\":false}", "{" E ",\"include_attributes\":false}"},
    {"{\"exclude_attributes\":[\"v\"]}",
        "{" E ",\"exclude_attributes\":[\"_hevlayer_upserted_at\",\"_hevlayer_shard\",\"v\"]}"},
    {"{\"exclude_attributes\":[]}", "{" E "," HIDE "}"},
    /* both are refused by the store */
    {"{\"include_attributes\":true,\"exclude_attributes\":[\"v\"]}",
        "{" E ",\"include_attributes\":true,\"exclude_attributes\":[\"v\"]}"},
    {"{\"exclude_attributes\":true}", "{" E ",\"exclude_attributes\":true}"},
    {"{\"queries\":[{\"include_attributes\":true},{\"exclude_attributes\":[]}]}",
        "{" E ",\"queries\":[{" HIDE "},{" HIDE "}]}"},
};

static void changes(const char *const table[][2], size_t n, enum watermark_read read)
{
	for (size_t i = 0; i < n; i++) {
		struct arena *a = arena_new();
		struct query_plan p;
		struct json_error e;
		assert_int_equal(query_plan_read(&p, span_str(table[i][0]), &e), 0);
		assert_span(
		    query_plan_body(&p, a, read, 77, reserved), table[i][1] ? table[i][1] : table[i][0]);
		arena_free(a);
	}
}

static void filters(void **state)
{
	changes(filtered, COUNT(filtered), WATERMARK_READ_FILTERED);
}

static void hides(void **state)
{
	changes(shown, COUNT(shown), WATERMARK_READ_PLAIN);
}

static void wishes(void **state)
{
	static const struct {
		const char *body;
		enum watermark_wish plain, eventual;
	} table[] = {
	    {"{}", WATERMARK_WISH_STABLE, WATERMARK_WISH_EVENTUAL},
	    {"{\"consistency\":{\"level\":\"eventual\"}}", WATERMARK_WISH_STABLE, WATERMARK_WISH_EVENTUAL},
	    {"{\"consistency\":{\"level\":\"strong\"}}", WATERMARK_WISH_STRONG, WATERMARK_WISH_STRONG},
	    {"{\"consistency\":\"strong\"}", WATERMARK_WISH_STABLE, WATERMARK_WISH_EVENTUAL},
	    {"{\"queries\":[{}],\"rerank_by\":[\"RRF\"]}", WATERMARK_WISH_STRONG, WATERMARK_WISH_STRONG},
	};
	for (size_t i = 0; i < COUNT(table); i++) {
		struct query_plan p;
		struct json_error e;
		assert_int_equal(query_plan_read(&p, span_str(table[i].body), &e), 0);
		assert_int_equal(query_plan_wish(&p, false), table[i].plain);
		assert_int_equal(query_plan_wish(&p, true), table[i].eventual);
	}
}

static void refuses(void **state)
{
	static const struct {
		const char *body;
		int rc;
		size_t offset;
	} table[] = {
	    {"", -E_JSON, 0},
	    {"{\"filters\":01}", -E_JSON, 12},
	    {"{\"filters\":1,\"\\u0066ilters\":2}", -E_DUPLICATE, 13},
	    {"{\"queries\":[{},{\"rank_by\":1,\"rank_by\":2}]}", -E_DUPLICATE, 28},
	};
	for (size_t i = 0; i < COUNT(table); i++) {
		struct query_plan p;
		struct json_error e;
		assert_int_equal(query_plan_read(&p, span_str(table[i].body), &e), table[i].rc);
		assert_int_equal(e.offset, table[i].offset);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shapes),
	    cmocka_unit_test(filters),
	    cmocka_unit_test(hides),
	    cmocka_unit_test(wishes),
	    cmocka_unit_test(refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
