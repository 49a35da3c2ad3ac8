#include "../test.h"

#include <math.h>

#include "base/base64.h"
#include "cli/sample_write.h"
#include "json/doc.h"

static const char packages[] = "Package: fox\n"
                               "Version: 1\n"
                               "Installed-Size: 12\n"
                               "Maintainer: A \"B\" <a@example.org>\n"
                               "Description: quick animal\n"
                               "Description-md5: 11\n"
                               "Tag: a::b, c::d,\n"
                               " e::f\n"
                               "Section: games\n"
                               "Priority: optional\n"
                               "\n"
                               "\n"
                               "Package: dog\n"
                               "Description: lazy animal\n"
                               " folded, and long already\n"
                               "Installed-Size: unknown\n"
                               "\n"
                               "Package: a-name-that-goes-on-and-on-until-it-is-past-the-64-bytes-of-an-id\n"
                               "\n"
                               "Package: fox\n"
                               "Version: 2\n"
                               "Description: quicker animal\n"
                               "Description-md5: 12\n"
                               "TAG: x::y\n"
                               "Homepage:https://example.org/";

static const char translations[] = "Package: fox\n"
                                   "Description-md5: 11\n"
                                   "Description-en: of another version\n"
                                   "\n"
                                   "Package: fox\n"
                                   "Description-md5: 12\n"
                                   "Description-en: quicker animal\n"
                                   " It jumps.\n"
                                   " .\n"
                                   "  * over the dog\n"
                                   "\n"
                                   "Package: stranger\n"
                                   "Description-md5: 13\n"
                                   "Description-en: unknown\n";

static void parses(void **state)
{
	struct sample_index index = {0};
	struct arena *a = arena_new();
	sample_index_add_packages(&index, span_str(packages));
	assert_int_equal(index.packages.len, 2);
	assert_int_equal(index.names_too_long, 1);
	struct package *fox = index.packages.at[0], *dog = index.packages.at[1];
	assert_span(fox->name, "fox");
	assert_span(fox->description, "quicker animal");
	assert_span(fox->homepage, "https://example.org/");
	assert_span(fox->section, "");
	assert_span(sample_unfold(a, dog->description), "lazy animal\nfolded, and long already");

	sample_index_add_translations(&index, span_str(translations));
	assert_span(sample_unfold(a, fox->description), "quicker animal\nIt jumps.\n\n * over the dog");
	assert_true(fox->translated);
	assert_false(dog->translated);
	assert_int_equal(index.packages.len, 2);
	sample_index_free(&index);
	arena_free(a);
}

static void cuts_tags(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"a::b, c::d,\n e::f", "a::b|c::d|e::f|"},
	    {"", ""},
	    {" ,\n", ""},
	    {"one", "one|"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out = buf_new(100);
		struct span rest = span_str(cases[i].in);
		for (struct span tag; (tag = sample_next_tag(&rest)).len;) {
			buf_append(&out, tag);
			buf_byte(&out, '|');
		}
		assert_span(buf_span(&out), cases[i].out);
		buf_free(&out);
	}
}

/* The published values of FNV-1a, so that other programs can make the same vectors. */
static void hashes_words(void **state)
{
	static const struct {
		const char *text;
		uint64_t hashes[3];
	} cases[] = {
	    {"", {0}},
	    {" -\n", {0}},
	    {"a", {0xaf63dc4c8601ec8c}},
	    {"FooBar", {0x85944171f73967e8}},
	    {"(a, foobar!)", {0xaf63dc4c8601ec8c, 0x85944171f73967e8}},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span rest = span_str(cases[i].text);
		uint64_t hash;
		size_t n = 0;
		for (; sample_next_word(&rest, &hash); n++)
			assert_int_equal(hash, cases[i].hashes[n]);
		assert_int_equal(cases[i].hashes[n], 0);
	}
}

static double cosine(const float *a, const float *b)
{
	double sum = 0;
	for (size_t i = 0; i < SAMPLE_DIMENSIONS; i++)
		sum += (double)a[i] * b[i];
	return sum;
}

static void vectors(void **state)
{
	static struct sample_words words;
	float fox[SAMPLE_DIMENSIONS], same[SAMPLE_DIMENSIONS], near[SAMPLE_DIMENSIONS],
	    far[SAMPLE_DIMENSIONS];
	float none[SAMPLE_DIMENSIONS];
	struct span text = SPAN("the quick brown fox jumps over the lazy dog");
	sample_words_count(&words, text);
	assert_int_equal(words.total, 9);
	sample_vector(&words, &text, 1, fox);
	sample_vector(&words,
	    (const struct span[]){SPAN("DOG lazy the over jumps"), SPAN("fox, brown; quick. the")}, 2, same);
	sample_vector(&words, &SPAN("the quick red fox jumps"), 1, near);
	sample_vector(&words, &SPAN("compiler for numeric programs"), 1, far);
	sample_vector(&words, &SPAN_NONE, 1, none);
	assert_true(fabs(cosine(fox, fox) - 1) < 1e-6);
	assert_true(fabs(cosine(fox, same) - 1) < 1e-6);
	assert_true(cosine(fox, near) > 0.5);
	assert_true(fabs(cosine(fox, far)) < 0.3);
	assert_true(none[0] == 1 && fabs(cosine(none, none) - 1) < 1e-6);
}

static void writes(void **state)
{
	static struct sample_words words;
	struct sample_index index = {0};
	struct buf out = buf_new(1 << 20);
	struct arena *a = arena_new();
	yyjson_val *root, *row;
	sample_index_add_packages(&index, span_str(packages));
	/* The first stanza of "fox" alone: it has all fields. */
	struct span first = span_str(packages);
	first.len = (size_t)(strstr(packages, "\n\n") - packages);
	sample_index_add_packages(&index, first);
	sample_write_batch(&out, index.packages.at, index.packages.len, &words);
	assert_int_equal(json_parse(a, buf_span(&out), &root, NULL), 0);
	assert_span(json_span(json_get(root, SPAN("distance_metric"))), "cosine_distance");
	yyjson_val *schema = json_get(root, SPAN("schema")), *rows = json_get(root, SPAN("upsert_rows"));
	assert_int_equal(yyjson_arr_size(rows), 2);
	row = yyjson_arr_get(rows, 0);
	assert_span(json_span(json_get(row, SPAN("id"))), "fox");
	assert_span(json_span(json_get(row, SPAN("maintainer"))), "A \"B\" <a@example.org>");
	assert_int_equal(yyjson_get_uint(json_get(row, SPAN("installed_size"))), 12);
	assert_int_equal(yyjson_arr_size(json_get(row, SPAN("tags"))), 3);
	assert_null(json_get(row, SPAN("homepage")));
	float vector[SAMPLE_DIMENSIONS + 1];
	size_t len;
	assert_int_equal(base64_decode(json_span(json_get(row, SPAN("vector"))), vector, &len), 0);
	assert_int_equal(len, SAMPLE_DIMENSIONS * sizeof(float));
	assert_null(json_get(yyjson_arr_get(rows, 1), SPAN("installed_size")));
	/* What is written has a declared type, but for the id. */
	size_t i, count;
	yyjson_val *key, *value;
	yyjson_obj_foreach(row, i, count, key, value)
	{
		if (i > 0)
			assert_non_null(json_get(schema, json_span(key)));
	}
	sample_index_free(&index);
	buf_free(&out);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parses),
	    cmocka_unit_test(cuts_tags),
	    cmocka_unit_test(hashes_words),
	    cmocka_unit_test(vectors),
	    cmocka_unit_test(writes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
