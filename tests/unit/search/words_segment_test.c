#include "data.h"
#include "search/words_segment.h"

static void split(struct span text, struct pieces *out)
{
	struct words_cursor cur = words_cursor_of(text);
	struct words_segment segment;
	while (words_segment(&cur, &segment))
		out->at[out->len++] = segment.text;
}

static void breaks(void **state)
{
	expect_pieces("words_breaks.json", SPAN("segments"), 2000, split);
}

/* The text with a '|' where it breaks. */
static struct span broken(struct arena *a, const char *text)
{
	struct words_cursor cur = words_cursor_of(span_str(text));
	struct words_segment segment;
	struct span out = SPAN_NONE;
	while (words_segment(&cur, &segment))
		out = out.len ? arena_printf(a, "%.*s|%.*s", SPAN_FMT(out), SPAN_FMT(segment.text))
		              : segment.text;
	return out;
}

static void rules(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"", ""},
	    {"a\r\n\rb\n", "a|\r\n|\r|b|\n"},
	    {"a   b", "a|   |b"},
	    {"a \u0308 b", "a| \u0308| |b"},
	    {"\n\u0308a", "\n|\u0308|a"},
	    {"a'b' 'c", "a'b|'| |'|c"},
	    {"a'\u0308b a'\u0308 ", "a'\u0308b| |a|'\u0308| "},
	    {"1,2, 1,a", "1,2|,| |1|,|a"},
	    {"א' א\"א א\"", "א'| |א\"א| |א|\""},
	    {"🇫🇷🇩🇪🇫", "🇫🇷|🇩🇪|🇫"},
	    /* the service's deviations */
	    {"a\u200D🛑b", "a\u200D🛑b"},
	    {" \u200D🛑", " \u200D|🛑"},
	    {"a'\u200D🛑", "a|'\u200D|🛑"},
	    {"'\u200D🛑", "'\u200D🛑"},
	    /* not UTF-8 */
	    {"a\xFF\u0308\xC3", "a|\xFF|\u0308|\xC3"},
	    {"\xED\xA0\x80", "\xED|\xA0|\x80"},
	    {"\xF0\x9F\x91", "\xF0|\x9F|\x91"},
	};
	struct arena *a = arena_new();
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(broken(a, cases[i].in), cases[i].out);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rules),
	    cmocka_unit_test(breaks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
