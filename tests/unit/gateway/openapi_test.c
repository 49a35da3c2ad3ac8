#include "../test.h"

#include <stdlib.h>

#include "base/map.h"
#include "gateway/openapi.h"
#include "json/doc.h"

static struct arena *arena;
static yyjson_val *root;

static int setup(void **state)
{
	arena = arena_new();
	return json_parse(arena, openapi_json, &root, NULL);
}

static int teardown(void **state)
{
	arena_free(arena);
	return 0;
}

static void header(void **state)
{
	assert_true(span_starts(openapi_yaml, SPAN("openapi: 3.1.")));
	assert_true(span_starts(json_span(json_get(root, SPAN("openapi"))), SPAN("3.1.")));
	assert_span(json_span(json_get(json_get(root, SPAN("info")), SPAN("version"))), LAYER_VERSION);
}

/* Follows "#/a/b" from the root. */
static yyjson_val *resolve(struct span ref)
{
	yyjson_val *v = root;
	span_cut(&ref, '/');
	while (v && ref.len)
		v = json_get(v, span_cut(&ref, '/'));
	return v;
}

static void check_refs(yyjson_val *v)
{
	size_t i, n;
	yyjson_val *key, *value;
	if (yyjson_is_arr(v)) {
		yyjson_arr_foreach(v, i, n, value)
		{
			check_refs(value);
		}
	}
	if (!yyjson_is_obj(v))
		return;
	yyjson_obj_foreach(v, i, n, key, value)
	{
		if (span_eq(json_span(key), SPAN("$ref")) && !resolve(json_span(value)))
			fail_msg("%.*s leads nowhere", SPAN_FMT(json_span(value)));
		check_refs(value);
	}
}

static void references(void **state)
{
	check_refs(root);
}

static bool is_scope(struct span s)
{
	return span_eq(s, SPAN("read")) || span_eq(s, SPAN("write")) || span_eq(s, SPAN("admin"));
}

/* Every operation has a name of its own, and either a scope or no need of a key. */
static void operations(void **state)
{
	size_t i, n, k, m;
	yyjson_val *path, *item, *method, *operation;
	struct map names = {0};
	yyjson_obj_foreach(json_get(root, SPAN("paths")), i, n, path, item)
	{
		yyjson_obj_foreach(item, k, m, method, operation)
		{
			if (span_eq(json_span(method), SPAN("parameters")))
				continue;
			struct span id = json_span(json_get(operation, SPAN("operationId")));
			bool open = yyjson_is_arr(json_get(operation, SPAN("security")));
			bool scoped = is_scope(json_span(json_get(operation, SPAN("x-layer-scope"))));
			if (id.len == 0 || map_put(&names, id, operation) || open == scoped ||
			    !json_get(operation, SPAN("summary")))
				fail_msg("%.*s %.*s", SPAN_FMT(json_span(method)), SPAN_FMT(json_span(path)));
		}
	}
	assert_true(names.len > 15);
	map_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(header), cmocka_unit_test(references), cmocka_unit_test(operations)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
