/* The routes table: every row is found, what is near a row is not, and api/openapi.yaml has the same rows. */
#include "../test.h"

#include <ctype.h>
#include <stdio.h>

#include "config/policy.h"
#include "gateway/openapi.h"
#include "gateway/routes.h"
#include "json/doc.h"

static const struct {
	enum route_id id;
	enum http_method method;
	const char *method_name, *pattern;
	enum scope scope;
} rows[] = {
#define X(id, method, pattern, scope, handler, flags, meaning)                                               \
	{ROUTE_##id, METHOD_##method, #method, pattern, SCOPE_##scope},
    ROUTES_TABLE(X)
#undef X
};

/* The pattern with its variables replaced; the result lives until the next call. */
static const char *filled(const char *pattern, const char *ns, const char *token)
{
	static char text[256];
	size_t n = 0;
	for (const char *p = pattern; *p; p++) {
		if (*p != '{') {
			text[n++] = *p;
			continue;
		}
		n += (size_t)snprintf(text + n, sizeof text - n, "%s", p[1] == 'n' ? ns : token);
		p = strchr(p, '}');
	}
	text[n] = '\0';
	return text;
}

static void every_row(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct span ns;
		bool has_ns = strstr(rows[i].pattern, "{ns}");
		struct span path = span_str(filled(rows[i].pattern, "my%20ns", "op-1"));
		const struct route *r = route_find(rows[i].method, path, &ns);
		assert_non_null(r);
		assert_int_equal(r->id, rows[i].id);
		assert_int_equal(r->scope, rows[i].scope);
		assert_span(ns, has_ns ? "my%20ns" : "");
		const struct route *head = route_find(METHOD_HEAD, path, &ns);
		if (rows[i].method == METHOD_GET)
			assert_ptr_equal(head, r);
	}
}

/* A method that no row has for the pattern finds nothing; HEAD counts as GET. */
static void other_methods(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (unsigned m = 0; m <= METHOD_OTHER; m++) {
			bool has = false;
			struct span ns;
			for (size_t k = 0; k < COUNT(rows); k++) {
				has |= strcmp(rows[k].pattern, rows[i].pattern) == 0 &&
				       rows[k].method == (m == METHOD_HEAD ? METHOD_GET : m);
			}
			struct span path = span_str(filled(rows[i].pattern, "a", "b"));
			assert_int_equal(route_find(m, path, &ns) != NULL, has);
		}
	}
}

static void near_misses(void **state)
{
	static const char *const paths[] = {
	    "",
	    "/",
	    "//",
	    "v1/namespaces",
	    "/v1",
	    "/v1/",
	    "/v1/namespaces/",
	    "//v1/namespaces",
	    "/v1//namespaces",
	    "/V1/namespaces",
	    "/v1/Namespaces",
	    "/v1/namespacess",
	    "/v1/namespace",
	    "/v3/namespaces/a",
	    "/v2/namespaces/",
	    "/v2/namespaces//query",
	    "/v2/namespaces/a/",
	    "/v2/namespaces/a//query",
	    "/v2/namespaces/a/query/",
	    "/v2/namespaces/a/queryy",
	    "/v2/namespaces/a/quer",
	    "/v2/namespaces/a/Query",
	    "/v2/namespaces/a/b/query",
	    "/v2/namespaces/a/query/b",
	    "/v2/namespaces/a%2Fquery/",
	    "/v1/namespaces/a/operations",
	    "/v1/namespaces/a/operations/",
	    "/v1/namespaces/a/operations//b",
	    "/v1/namespaces/a/operations/b/c",
	    "/v1/namespaces/a/_debug",
	    "/v1/namespaces/a/debug/recall",
	    "/v1/namespaces/a/hint_cache_warm/",
	    "/health/",
	    "/healthz",
	    "/Health",
	    "/ready/",
	    "/metrics/",
	    "/openapi",
	    "/openapi.jsonn",
	    "/%68ealth",
	};
	for (size_t i = 0; i < COUNT(paths); i++) {
		for (unsigned m = 0; m <= METHOD_OTHER; m++) {
			struct span ns;
			if (route_find(m, span_str(paths[i]), &ns))
				fail_msg("%s %s", http_method_name(m).ptr, paths[i]);
		}
	}
}

static void segments(void **state)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} cases[] = {
	    {"", ""},
	    {"plain-name_1.x", "plain-name_1.x"},
	    {"a%20b", "a b"},
	    {"%41%4a%4A", "AJJ"},
	    {"a+b", "a+b"},
	    {"%2F", "/"},
	    {"%2e%2E", ".."},
	    {"%25", "%"},
	    {"%C3%A9", "\xC3\xA9"},
	    {"%ff", "\xFF"},
	    {"0123456789abcdef", "0123456789abcdef"},
	    {"%30%3123456789abcde%66", "0123456789abcdef"},
	    {"0123456789abcdefg", NULL},
	    {"0123456789abcdef%67", NULL},
	    {"%", NULL},
	    {"%4", NULL},
	    {"a%", NULL},
	    {"a%4", NULL},
	    {"%4g", NULL},
	    {"%g4", NULL},
	    {"%%41", NULL},
	    {"%-1", NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[16];
		size_t len = 99;
		int rc = route_decode_segment(span_str(cases[i].in), out, sizeof out, &len);
		if ((rc == 0) != (cases[i].out != NULL))
			fail_msg("%s: %d", cases[i].in, rc);
		if (rc == 0)
			assert_span(span_of(out, len), cases[i].out);
		else
			assert_int_equal(len, 99);
	}
	char out[1];
	size_t len;
	assert_int_equal(route_decode_segment(span_of("%00", 3), out, 1, &len), 0);
	assert_int_equal(len, 1);
	assert_int_equal(out[0], 0);
}

/* The operation of a row in the description of the interface, or NULL. */
static yyjson_val *operation_of(yyjson_val *paths, const char *pattern, const char *method_name)
{
	char method[16] = "";
	for (size_t i = 0; method_name[i] && i < sizeof method - 1; i++)
		method[i] = (char)tolower(method_name[i]);
	return json_get(
	    json_get(paths, span_str(filled(pattern, "{namespace}", "{token}"))), span_str(method));
}

static size_t operations_in(yyjson_val *paths)
{
	size_t i, n, k, m, count = 0;
	yyjson_val *path, *item, *method, *operation;
	yyjson_obj_foreach(paths, i, n, path, item)
	{
		yyjson_obj_foreach(item, k, m, method, operation)
		{
			count += !span_eq(json_span(method), SPAN("parameters"));
		}
	}
	return count;
}

static void described(void **state)
{
	struct arena *a = arena_new();
	yyjson_val *root;
	assert_int_equal(json_parse(a, openapi_json, &root, NULL), 0);
	yyjson_val *paths = json_get(root, SPAN("paths"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		yyjson_val *operation = operation_of(paths, rows[i].pattern, rows[i].method_name);
		struct span scope = json_span(json_get(operation, SPAN("x-layer-scope")));
		const char *wanted = policy_scope_name(rows[i].scope);
		if (!operation || !span_eq(scope, rows[i].scope == SCOPE_NONE ? SPAN("") : span_str(wanted)))
			fail_msg("%s %s, %s", rows[i].method_name, rows[i].pattern, wanted);
	}
	assert_int_equal(operations_in(paths), COUNT(rows));
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row),
	    cmocka_unit_test(other_methods),
	    cmocka_unit_test(near_misses),
	    cmocka_unit_test(segments),
	    cmocka_unit_test(described),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
