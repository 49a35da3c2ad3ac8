#include "store_kit.h"

static const char one[] = "{\"upsert_rows\":[{\"id\":1}]}";

/* Namespace `n` exists, with one document. */
static const struct {
	const char *what, *body;
	int status;
	const char *text;
} cases[] = {
    {"GET /v2/namespaces/n/metadata", "", 200, "up-to-date"},
    {"HEAD /v2/namespaces/n/metadata", "", 200, "up-to-date"},
    {"GET /v1/namespaces/n/hint_cache_warm", "", 202,
        "{\"status\":\"ACCEPTED\",\"message\":\"cache warm hint accepted\"}"},
    {"GET /v1/namespaces/m/hint_cache_warm", "", 404, "🤷 namespace 'm' was not found"},
    {"GET /v2/namespaces/m/metadata", "", 404,
        "{\"status\":\"error\",\"error\":\"🤷 namespace 'm' was not found\"}"},
    {"GET /v1/namespaces/m/schema", "", 404, "was not found"},
    {"DELETE /v2/namespaces/m", "", 404, "was not found"},
    {"POST /v2/namespaces/m/query", "{\"rank_by\":[\"id\",\"asc\"],\"limit\":1}", 404, "was not found"},
    {"POST /v1/namespaces/m/_debug/recall", "{}", 404, "was not found"},
    {"POST /v1/namespaces/n/_debug/recall", "", 400, "needs a namespace with a vector attribute"},
    {"PATCH /v1/namespaces/n/metadata", "{}", 200, "up-to-date"},
    {"PATCH /v1/namespaces/n/metadata", "{\"pinning\":null,\"read_only\":false}", 200, "up-to-date"},
    {"POST /v2/namespaces/n/explain_query", "{}", 400, "rank_by queries must specify top_k or limit"},
    {"POST /v2/namespaces/n/explain_query", "{\"limit\":1}", 400,
        "\"error\":\"index does not exist, cannot explain\""},
    {"POST /v2/namespaces/m/explain_query", "{\"limit\":1}", 404, "was not found"},
    {"GET /v1/namespaces/n/operations/abc", "", 404, "operation not found"},
    {"POST /v2/namespaces/n?stainless_overload=copyFrom", "{\"deletes\":[5]}", 200, "OK"},

    {"GET /v1/nothing", "", 404, "there is no such path"},
    {"GET /v2/namespaces/", "", 404, "there is no such path"},
    {"GET /v2/namespaces/n/", "", 404, "there is no such path"},
    {"PUT /v2/namespaces/n", "", 405, "does not have the method PUT"},
    {"POST /v2/namespaces/a%20b", "{}", 400,
        "Invalid URL: Namespace contains invalid characters, must be [A-Za-z0-9-_.]"},
    {"POST /v2/namespaces/a%2", "{}", 400, "Invalid URL: Namespace contains invalid characters"},
    {"GET /v1/namespaces/%6e/schema", "", 200, "uint"},
};

static void answers(void **state)
{
	struct kit k = kit_open(NULL);
	kit_expect(&k, "POST /v2/namespaces/n", one, 200, "OK");
	for (size_t i = 0; i < COUNT(cases); i++)
		kit_expect(&k, cases[i].what, cases[i].body, cases[i].status, cases[i].text);
	kit_close(&k);
}

/* From the size on at which metadata has figures, there is an index to explain. */
static void explains_what_is_indexed(void **state)
{
	static const char query[] = "{\"rank_by\":[\"id\",\"asc\"],\"limit\":1}";
	struct kit k = kit_open(NULL);
	for (int len = 65000; len <= 66000; len += 1000) {
		struct span row = arena_printf(k.arena,
		    "{\"upsert_rows\":[{\"id\":1,\"s\":\"%0*d\"}],\"schema\":{\"s\":{\"type\":\"string\","
		    "\"filterable\":false}}}",
		    len, 0);
		kit_expect(&k, "POST /v2/namespaces/n", row.ptr, 200, "OK");
		if (len == 65000)
			kit_expect(&k, "POST /v2/namespaces/n/explain_query", query, 400,
			    "\"error\":\"index does not exist, cannot explain\"");
		else
			kit_expect(&k, "POST /v2/namespaces/n/explain_query", query, 200,
			    "{\"plan_text\":\"query\\n  reads: all 1 documents\\n");
	}
	kit_close(&k);
}

static void name_length(void **state)
{
	struct kit k = kit_open(NULL);
	for (int len = 128; len <= 129; len++) {
		char what[256];
		snprintf(what, sizeof what, "POST /v2/namespaces/%0*d", len, 0);
		kit_expect(&k, what, one, len == 128 ? 200 : 400,
		    len == 128 ? "OK" : "` is too long, limit is currently 128 characters");
	}
	assert_string_equal(k.reply.content_type, "text/plain; charset=utf-8");
	kit_close(&k);
}

/* Pages of five over ten names: two full pages with different cursors, then an empty one. */
static void list(void **state)
{
	struct kit k = kit_open(NULL);
	char what[512];
	for (int i = 0; i < 10; i++) {
		snprintf(what, sizeof what, "POST /v2/namespaces/ns-%d", i);
		kit_expect(&k, what, one, 200, "OK");
	}
	kit_expect(&k, "POST /v2/namespaces/other", one, 200, "OK");
	kit_expect(&k, "GET /v1/namespaces", "", 200, "{\"id\":\"other\"}],\"next_cursor\":null}");
	kit_expect(&k, "GET /v1/namespaces?prefix=ot", "", 200,
	    "{\"namespaces\":[{\"id\":\"other\"}],\"next_cursor\":null}");
	kit_expect(&k, "GET /v1/namespaces?prefix=zz", "", 200, "{\"namespaces\":[],\"next_cursor\":null}");
	static const char *const pages[] = {
	    "[{\"id\":\"ns-0\"},{\"id\":\"ns-1\"},{\"id\":\"ns-2\"},{\"id\":\"ns-3\"},{\"id\":\"ns-4\"}],"
	    "\"next_cursor\":\"",
	    "[{\"id\":\"ns-5\"},{\"id\":\"ns-6\"},{\"id\":\"ns-7\"},{\"id\":\"ns-8\"},{\"id\":\"ns-9\"}],"
	    "\"next_cursor\":\"",
	    "{\"namespaces\":[],\"next_cursor\":null}",
	};
	char cursor[256] = "";
	for (size_t i = 0; i < COUNT(pages); i++) {
		snprintf(what, sizeof what, "GET /v1/namespaces?page_size=5&prefix=ns-&cursor=%s", cursor);
		kit_expect(&k, what, "", 200, pages[i]);
		struct span body = buf_span(&k.reply.body);
		struct span tail = span_skip(body, body.len - (body.len < 60 ? body.len : 60));
		while (tail.len && !span_starts(tail, SPAN("\"next_cursor\":\"")))
			tail = span_skip(tail, 1);
		tail = span_skip(tail, strlen("\"next_cursor\":\""));
		struct span text = span_cut(&tail, '"');
		snprintf(cursor, sizeof cursor, "%.*s", SPAN_FMT(text));
	}
	kit_expect(&k, "GET /v1/namespaces?page_size=0", "", 400, "page_size must be between 1 and 1000");
	kit_expect(&k, "GET /v1/namespaces?page_size=1001", "", 400, "page_size must be between 1 and 1000");
	kit_expect(&k, "GET /v1/namespaces?page_size=x", "", 400, "page_size must be between 1 and 1000");
	kit_expect(&k, "GET /v1/namespaces?cursor=abc", "", 400, "invalid cursor");
	kit_expect(&k, "GET /v1/namespaces?cursor=e30%3D", "", 400, "invalid cursor");
	kit_close(&k);
}

/* A deleted name is free at once and begins anew; an emptied namespace goes on. */
static void delete (void **state)
{
	struct kit k = kit_open(NULL);
	kit_expect(&k, "POST /v2/namespaces/n", one, 200, "OK");
	kit_expect(&k, "POST /v2/namespaces/n", "{\"deletes\":[1]}", 200, "OK");
	kit_expect(&k, "GET /v1/namespaces", "", 200, "\"n\"");
	kit_expect(&k, "DELETE /v2/namespaces/n", "", 200, "{\"status\":\"OK\"}");
	kit_expect(&k, "DELETE /v2/namespaces/n", "", 404, "was not found");
	kit_expect(&k, "GET /v1/namespaces", "", 200, "{\"namespaces\":[],");
	kit_expect(&k, "POST /v2/namespaces/n", "{\"upsert_rows\":[{\"id\":\"now a string\"}]}", 200, "OK");
	kit_close(&k);
}

/* 0 rows until there is enough to count as indexed; from then on the true numbers. */
static void approximate_counts(void **state)
{
	struct kit k = kit_open(NULL);
	struct buf body = buf_new(1 << 20);
	buf_lit(&body, "{\"upsert_columns\":{\"id\":[0");
	for (int i = 1; i < 8192; i++)
		buf_printf(&body, ",%d", i);
	buf_lit(&body, "]}}");
	buf_byte(&body, '\0');
	kit_expect(&k, "POST /v2/namespaces/n", one, 200, "OK");
	kit_expect(&k, "GET /v2/namespaces/n/metadata", "", 200,
	    "\"approx_row_count\":0,\"approx_logical_bytes\":0,");
	kit_expect(&k, "POST /v2/namespaces/n", body.ptr, 200, "OK");
	kit_expect(&k, "GET /v2/namespaces/n/metadata", "", 200,
	    "\"approx_row_count\":8192,\"approx_logical_bytes\":65536,");
	kit_expect(&k, "POST /v2/namespaces/n",
	    "{\"patch_by_filter\":{\"filters\":[\"id\",\"Gte\",0],\"patch\":{\"b\":true}}}", 200, "OK");
	kit_expect(&k, "GET /v2/namespaces/n/metadata", "", 200, "\"approx_logical_bytes\":73728,");
	kit_expect(&k, "POST /v1/namespaces/n/schema", "{\"b\":{\"drop\":true}}", 200, "uint");
	kit_expect(&k, "GET /v2/namespaces/n/metadata", "", 200, "\"approx_logical_bytes\":65536,");
	buf_free(&body);
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(explains_what_is_indexed),
	    cmocka_unit_test(name_length),
	    cmocka_unit_test(list),
	    cmocka_unit_test(delete),
	    cmocka_unit_test(approximate_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
