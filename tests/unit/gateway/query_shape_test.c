#include "../test.h"

#include <stdlib.h>

#include "gateway/query/query.h"

#define F 1 /* has_filter */
#define R 2 /* has_rank_by */
#define M 4 /* multi */
#define U 8 /* unknown */

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
		struct query_shape s = query_shape_of(span_str(cases[i].body));
		if (bits(s) != cases[i].bits || s.legs != cases[i].legs)
			fail_msg("%s: %u, %u legs", cases[i].body, bits(s), s.legs);
	}
}

/* However the body is cut, and whether its length is known or its end is told. */
static void pieces(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span body = span_str(cases[i].body);
		for (size_t n = 1; n <= body.len; n++) {
			for (int told = 0; told < 2; told++) {
				struct query_look look = {0};
				for (struct span rest = body; rest.len; rest = span_skip(rest, n))
					query_look_at(&look, span_of(rest.ptr, rest.len < n ? rest.len : n),
					    told ? UINT64_MAX : body.len);
				if (told)
					query_look_at(&look, SPAN_NONE, UINT64_MAX);
				assert_int_equal(bits(look.shape), cases[i].bits);
				assert_int_equal(look.shape.legs, cases[i].legs);
				assert_null(look.kept.ptr);
				query_look_end(&look);
			}
		}
	}
}

/* A query of so many bytes, in pieces of at most n. */
static struct query_shape shape_of_length(size_t length, size_t n, bool told)
{
	struct query_look look = {0};
	char *text = malloc(length);
	memset(text, ' ', length);
	memcpy(text, "{\"filters\":1", 12);
	text[length - 1] = '}';
	for (struct span rest = span_of(text, length); rest.len; rest = span_skip(rest, n))
		query_look_at(
		    &look, span_of(rest.ptr, rest.len < n ? rest.len : n), told ? UINT64_MAX : length);
	if (told)
		query_look_at(&look, SPAN_NONE, UINT64_MAX);
	query_look_end(&look);
	free(text);
	return look.shape;
}

static void longest(void **state)
{
	static const size_t sizes[] = {1000, 65536, 100000};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (int told = 0; told < 2; told++) {
			struct query_shape fits = shape_of_length(QUERY_SHAPE_BYTES_MAX, sizes[i], told);
			struct query_shape over = shape_of_length(QUERY_SHAPE_BYTES_MAX + 1, sizes[i], told);
			assert_int_equal(bits(fits), F);
			assert_int_equal(bits(over), U);
		}
	}
}

/* A body that never ends leaves nothing behind. */
static void cut_off(void **state)
{
	struct query_look look = {0};
	query_look_at(&look, SPAN("{\"filters\":"), 100);
	assert_int_equal(bits(look.shape), U);
	query_look_end(&look);
	query_look_end(&(struct query_look){0});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shapes),
	    cmocka_unit_test(pieces),
	    cmocka_unit_test(longest),
	    cmocka_unit_test(cut_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
