#include "../test.h"

#include "json/splice.h"

/* Both outputs are the same, and as long as the splice says. */
static void assert_result(struct json_splice *sp, const char *want)
{
	struct arena *a = arena_new();
	struct buf out = buf_new(1000), joined = buf_new(1000);
	size_t n;
	struct span *pieces = json_splice_pieces(sp, a, &n);
	assert_true(n <= 2 * sp->edits.len + 1);
	for (size_t i = 0; i < n; i++) {
		assert_true(pieces[i].len > 0);
		buf_append(&joined, pieces[i]);
	}
	json_splice_append(sp, &out);
	assert_span(buf_span(&out), want);
	assert_span(buf_span(&joined), want);
	assert_int_equal(sp->len, out.len);
	buf_free(&out);
	buf_free(&joined);
	arena_free(a);
	json_splice_free(sp);
}

static void inserts_and_replaces(void **state)
{
	static const struct {
		const char *out;
		struct {
			size_t from, to;
			const char *put;
		} edits[4];
		size_t n;
	} cases[] = {
	    {"0123456789", {{0}}, 0},
	    {"a0123456789b", {{0, 0, "a"}, {10, 10, "b"}}, 2},
	    {"a0123456789b", {{10, 10, "b"}, {0, 0, "a"}}, 2},
	    {"01abc23456789", {{2, 2, "a"}, {2, 2, "b"}, {2, 2, "c"}}, 3},
	    {"01aX56789", {{2, 5, "X"}, {2, 2, "a"}}, 2},
	    {"01aX56789", {{2, 2, "a"}, {2, 5, "X"}}, 2},
	    {"01Xb56789", {{2, 5, "X"}, {5, 5, "b"}}, 2},
	    {"01XYb789", {{5, 7, "Yb"}, {2, 5, "X"}}, 2},
	    {"56789", {{0, 5, ""}}, 1},
	    {"", {{5, 10, ""}, {0, 5, ""}}, 2},
	    {"0bX1Y9", {{2, 9, "Y"}, {1, 1, "b"}, {1, 1, "X"}}, 3},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json_splice sp;
		struct span text = SPAN("0123456789");
		json_splice_init(&sp, text);
		for (size_t k = 0; k < cases[i].n; k++) {
			size_t from = cases[i].edits[k].from, to = cases[i].edits[k].to;
			struct span put = span_str(cases[i].edits[k].put);
			if (from == to)
				json_splice_insert(&sp, text.ptr + from, put);
			else
				json_splice_replace(&sp, span_of(text.ptr + from, to - from), put);
		}
		assert_result(&sp, cases[i].out);
	}
}

static void members(void **state)
{
	static const struct {
		const char *in, *remove[3], *add[2], *out;
	} cases[] = {
	    {"{}", {0}, {"\"k\":1,"}, "{\"k\":1}"},
	    {"{ \n}", {0}, {"\"k\":1,"}, "{\"k\":1 \n}"},
	    {"{}", {0}, {"\"k\":1,", "\"l\":2,"}, "{\"l\":2,\"k\":1}"},
	    {"{\"a\":0}", {0}, {"\"k\":1,"}, "{\"k\":1,\"a\":0}"},
	    {"{ \"a\":0}", {0}, {"\"k\":1,", "\"l\":2,"}, "{\"l\":2,\"k\":1, \"a\":0}"},
	    {"[]", {0}, {"1,"}, "[1]"},
	    {"[ [] ]", {0}, {"1,", "2,"}, "[2,1, [] ]"},
	    {"{\"a\":0}", {"b"}, {0}, "{\"a\":0}"},
	    {"{\"a\":0}", {"a"}, {0}, "{}"},
	    {"{ \"a\" : 0 }", {"a"}, {0}, "{  }"},
	    {"{\"a\":0,\"b\":1,\"c\":2}", {"a"}, {0}, "{\"b\":1,\"c\":2}"},
	    {"{\"a\":0,\"b\":1,\"c\":2}", {"b"}, {0}, "{\"a\":0,\"c\":2}"},
	    {"{\"a\":0,\"b\":1,\"c\":2}", {"c"}, {0}, "{\"a\":0,\"b\":1}"},
	    {"{\"a\":0,\"b\":1,\"c\":2}", {"a", "b"}, {0}, "{\"c\":2}"},
	    {"{\"a\":0,\"b\":1,\"c\":2}", {"a", "c"}, {0}, "{\"b\":1}"},
	    {"{\"a\":0,\"b\":1,\"c\":2}", {"b", "c"}, {0}, "{\"a\":0}"},
	    {"{\"a\":0,\"b\":1,\"c\":2}", {"a", "b", "c"}, {0}, "{}"},
	    {"{\"a\":0 , \"b\":1 , \"c\":2}", {"b"}, {0}, "{\"a\":0 , \"c\":2}"},
	    {"{\"a\":0,\"\\u0061\":{\"a\":1},\"b\":2}", {"a"}, {0}, "{\"b\":2}"},
	    {"{\"a\":0,\"b\":1}", {"a", "b"}, {"\"k\":1,"}, "{\"k\":1}"},
	    {"{ \"a\":0 , \"b\":1 }", {"b", "a"}, {"\"k\":1,", "\"l\":2,"}, "{\"l\":2,\"k\":1  }"},
	    {"{\"a\":0,\"b\":1}", {"a"}, {"\"k\":1,"}, "{\"k\":1,\"b\":1}"},
	    {"{\"a\":0,\"b\":1}", {"b"}, {"\"k\":1,"}, "{\"k\":1,\"a\":0}"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json_splice sp;
		struct span text = span_str(cases[i].in), names[3];
		size_t n = 0;
		for (; n < 3 && cases[i].remove[n]; n++)
			names[n] = span_str(cases[i].remove[n]);
		json_splice_init(&sp, text);
		if (n)
			json_splice_remove(&sp, text, names, n);
		for (size_t k = 0; k < 2 && cases[i].add[k]; k++)
			json_splice_add(&sp, text, span_str(cases[i].add[k]));
		assert_result(&sp, cases[i].out);
	}
}

static void removal_counts(void **state)
{
	struct span text = SPAN("{\"a\":1,\"b\":2,\"a\":3}");
	struct json_splice sp;
	json_splice_init(&sp, text);
	assert_int_equal(json_splice_remove(&sp, text, (struct span[]){SPAN("a"), SPAN("x")}, 2), 2);
	assert_result(&sp, "{\"b\":2}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(inserts_and_replaces),
	    cmocka_unit_test(members),
	    cmocka_unit_test(removal_counts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
