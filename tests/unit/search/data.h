/* Reads a file of tests/data. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "../test.h"
#include "json/doc.h"

/* The root of the JSON document; it lives as long as the arena. */
static inline yyjson_val *test_data(struct arena *a, const char *name)
{
	const char *root_dir = getenv("LAYER_SOURCE_ROOT");
	if (!root_dir)
		skip(); /* run by hand */
	struct span path = arena_printf(a, "%s/tests/data/%s", root_dir, name);
	FILE *f = fopen(path.ptr, "rb");
	if (!f)
		fail_msg("cannot open %s", path.ptr);
	char *text = arena_alloc(a, 1 << 20);
	size_t len = fread(text, 1, 1 << 20, f);
	fclose(f);
	yyjson_val *root;
	struct json_error error;
	if (json_parse(a, span_of(text, len), &root, &error) < 0)
		fail_msg("%s: byte %zu: %s", path.ptr, error.offset, error.message);
	return root;
}
