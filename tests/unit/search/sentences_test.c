#include "data.h"
#include "search/sentences.h"

static void split(struct span text, struct pieces *out)
{
	while (sentence_cut(&text, &out->at[out->len]))
		out->len++;
}

static void breaks(void **state)
{
	expect_pieces("sentence_breaks.json", SPAN("sentences"), 3000, split);
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
