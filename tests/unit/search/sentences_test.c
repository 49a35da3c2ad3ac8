#include "data.h"
#include "search/sentences.h"

/* Each line of the file is the sentences of one text, which is their concatenation. */
static void breaks(void **state)
{
	struct arena *a = arena_new();
	yyjson_val *lines = json_get(test_data(a, "sentence_breaks.json"), SPAN("sentences")), *line, *part;
	size_t i, n, j, parts;
	assert_true(yyjson_arr_size(lines) > 3000);
	yyjson_arr_foreach(lines, i, n, line)
	{
		char text[256];
		size_t len = 0;
		yyjson_arr_foreach(line, j, parts, part)
		{
			struct span s = json_span(part);
			assert_true(len + s.len <= sizeof text);
			memcpy(text + len, s.ptr, s.len);
			len += s.len;
		}
		struct span rest = span_of(text, len), sentence;
		yyjson_arr_foreach(line, j, parts, part)
		{
			if (!sentence_cut(&rest, &sentence) || !span_eq(sentence, json_span(part)))
				fail_msg(
				    "line %zu, sentence %zu: got \"%.*s\"", i + 2, j, SPAN_FMT(sentence));
		}
		assert_false(sentence_cut(&rest, &sentence));
	}
	arena_free(a);
}

static struct span cut_all(struct arena *a, const char *text, bool (*cut)(struct span *, struct span *))
{
	struct span rest = span_str(text), part, out = SPAN("");
	while (cut(&rest, &part))
		out = arena_printf(a, "%.*s%.*s|", SPAN_FMT(out), SPAN_FMT(part));
	return out;
}

static void cases(void **state)
{
	struct arena *a = arena_new();
	assert_span(cut_all(a, "", sentence_cut), "");
	assert_span(cut_all(a, "One. Two 3.5 a. b", sentence_cut), "One. |Two 3.5 a. b|");
	assert_span(cut_all(a, "a\xFF. B\xC3", sentence_cut), "a\xFF. |B\xC3|");
	assert_span(cut_all(a, "", paragraph_cut), "");
	assert_span(cut_all(a, "a b\r\n\r\nc\nd\u2029e\n", paragraph_cut), "a b||c|d|e|");
	assert_span(sentence_trim(SPAN(" \t\n a b \u2003\xC2\x85")), "a b");
	assert_span(sentence_trim(SPAN(" \n")), "");
	assert_span(sentence_trim(SPAN("")), "");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(breaks),
	    cmocka_unit_test(cases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
