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

struct pieces {
	struct span at[64];
	size_t len;
};

/* Each text of the list in a file of tests/data is given by its pieces, whose concatenation it is: expects
 * that `split` finds them again. */
static inline void expect_pieces(
    const char *name, struct span list, size_t least, void (*split)(struct span text, struct pieces *out))
{
	struct arena *a = arena_new();
	yyjson_val *lines = json_get(test_data(a, name), list), *line, *part;
	size_t i, n, j, parts;
	assert_true(yyjson_arr_size(lines) > least);
	yyjson_arr_foreach(lines, i, n, line)
	{
		struct span text = SPAN("");
		struct pieces got = {.len = 0};
		yyjson_arr_foreach(line, j, parts, part)
		{
			text = arena_printf(a, "%.*s%.*s", SPAN_FMT(text), SPAN_FMT(json_span(part)));
		}
		split(text, &got);
		assert_int_equal(got.len, yyjson_arr_size(line));
		yyjson_arr_foreach(line, j, parts, part)
		{
			if (!span_eq(got.at[j], json_span(part)))
				fail_msg(
				    "%s, text %zu, piece %zu: got \"%.*s\"", name, i, j, SPAN_FMT(got.at[j]));
		}
	}
	arena_free(a);
}
