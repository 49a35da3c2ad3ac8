#include "../test.h"
#include "base/buf.h"
#include "search/words.h"

/* The tokens of `text`, joined with '|'; an omitted options pointer means the defaults. */
static struct span split(struct arena *a, const struct words_options *o, struct span text, uint32_t *ret_end)
{
	struct word_list list = {0};
	struct buf b = buf_new(1 << 20);
	uint32_t end = words_split(a, o ? o : &words_defaults, text, 0, &list);
	vec_each (&list, word) {
		if (b.len)
			buf_byte(&b, '|');
		buf_append(&b, word->text);
	}
	struct span joined = arena_copy(a, buf_span(&b));
	buf_free(&b);
	vec_free(&list);
	if (ret_end)
		*ret_end = end;
	return joined;
}

static void edge_cases(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"", ""},
	    {"Don't stop", "don't|stop"},
	    {"can' hi", "can|hi"},
	    {"e.g. U.S.A. 3.14 1,000 v2.0.1", "e.g|u.s.a|3.14|1,000|v2.0.1"},
	    {"3,a a:b a;b 10:30", "3|a|a:b|a|b|10|30"},
	    {"foo_bar __init__ ___ a_", "foo_bar|__init__|a_"},
	    {"e-mail fish@sea.com C++ .NET", "e|mail|fish|sea.com|c|net"},
	    {"http://www.sea.com/a?b=c#d", "http|www.sea.com|a|b|c|d"},
	    {"l’amour rock’n’roll 5'6\" 1'000", "l’amour|rock’n’roll|5'6|1'000"},
	    {"東京タワー 々 ひらがな ラーメン ー", "東|京|タワー|々|ひ|ら|が|な|ラーメン"},
	    {"中文abc123", "中|文|abc123"},
	    {"สวัสดี", "ส|วั|ส|ดี"},
	    {"한국어 안녕", "한국어|안녕"},
	    {"नमस्ते مرحبا", "नमस्ते|مرحبا"},
	    {"👍🏽 👨‍👩‍👧 👨👩 ❤️ 1️⃣ #️⃣",
	        "👍🏽|👨‍👩‍👧|👨|👩|❤️|1️⃣"},
	    {"🇫🇷", ""},
	    {"m² ½ ① Ⅷ 5% $5 50°C", "m|²|½|①|ⅷ|5|5|50|c"},
	    {"©2024 ™", "©|2024|™"},
	    {"hello\u00ADworld zero\u200Bwidth", "hello\u00ADworld|zero|width"},
	    {"a·b a・b", "a·b|a|b"},
	    {"İstanbul ΣΟΦΟΣ", "i\u0307stanbul|σοφοσ"},
	    {"cafe\u0301 caf\u00E9", "cafe\u0301|caf\u00E9"},
	    {"a\u200D🛑b", "a\u200D🛑b"},
	    {"ג'ירפה צה״ל א' ב\"", "ג'ירפה|צה״ל|א'|ב"},
	    {"one\xFFtwo\xC3 \xE2\x82", "one|two"},
	};
	struct arena *a = arena_new();
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(split(a, NULL, span_str(cases[i].in), NULL), cases[i].out);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(edge_cases),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
