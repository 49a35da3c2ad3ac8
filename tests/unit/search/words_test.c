#include "base/buf.h"
#include "data.h"
#include "search/utf8.h"
#include "search/words.h"

/* The tokens of `text`, joined with '|'. */
static struct span split(struct arena *a, const struct words_options *o, struct span text)
{
	struct word_list list = {0};
	struct buf b = buf_new(1 << 20);
	words_split(a, o, text, 0, &list);
	vec_each (&list, word) {
		if (word != list.at)
			buf_byte(&b, '|');
		buf_append(&b, word->text);
	}
	struct span joined = arena_copy(a, buf_span(&b));
	buf_free(&b);
	vec_free(&list);
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
	    {"a  \u093Eb .\u093E c\r\n\u093E",
	        "a|  \u093E|b|.\u093E|c|\u093E"}, /* a mark of a script makes a word */
	    {"one\xFFtwo\xC3 \xE2\x82", "one|two"},
	};
	struct arena *a = arena_new();
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(split(a, &words_defaults, span_str(cases[i].in)), cases[i].out);
	arena_free(a);
}

static void options(void **state)
{
	static const struct {
		struct words_options o;
		const char *in, *out;
	} cases[] = {
	    {{.max_token_length = 39, .ascii_folding = true}, "naïve ærø STRASSE straße ﬁn",
	        "naive|aero|strasse|strasse|fin"},
	    {{.max_token_length = 39, .ascii_folding = true}, "l’amour cafe\u0301 東京",
	        "l'amour|cafe\u0301|東|京"},
	    {{.max_token_length = 39, .ascii_folding = true, .case_sensitive = true}, "Ærø Ⓐ Éa",
	        "AEro|A|Ea"},
	    {{.max_token_length = 39, .case_sensitive = true}, "Don't STOP Éa", "Don't|STOP|Éa"},
	    {{.max_token_length = 4}, "café cafés abcd abcde 東京", "café|abcd|東|京"},
	    {{.max_token_length = 2}, "İI İII", "i\u0307i"}, /* measured before it grows */
	    {{.max_token_length = 0}, "a b", ""},
	    {{.max_token_length = 39, .remove_stopwords = true}, "The cat and THE hat, theirs",
	        "cat|hat|theirs"},
	    {{.max_token_length = 39, .remove_stopwords = true, .ascii_folding = true}, "thé the", "the"},
	    {{.max_token_length = 39, .stemming = true}, "Running jumping WALRUSES they're",
	        "run|jump|walrus|they'r"},
	    /* In this order: measured before it is stemmed, stop words before stems, folded at last. */
	    {{.max_token_length = 6, .stemming = true}, "fishing fished", "fish"},
	    {{.max_token_length = 39, .stemming = true, .remove_stopwords = true}, "those thes this ins in",
	        "those|thes|in"},
	    {{.max_token_length = 39, .stemming = true, .ascii_folding = true, .language = LANGUAGE_GERMAN},
	        "Häuser Größe hauser", "haus|gross|haus"},
	};
	struct arena *a = arena_new();
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(split(a, &cases[i].o, span_str(cases[i].in)), cases[i].out);
	arena_free(a);
}

static void long_words(void **state)
{
	const char *word = "pneumonoultramicroscopicsilicovolcanoconiosisabcd"; /* 49 letters */
	struct words_options o = words_defaults;
	struct arena *a = arena_new();
	assert_span(split(a, &o, span_str(word)), "");
	o.max_token_length = 254;
	assert_span(split(a, &o, span_str(word)), word);
	arena_free(a);
}

/* What filters drop keeps its position; what is no token has none; array elements go on where the last ended.
 */
static void positions(void **state)
{
	const struct words_options o = {.max_token_length = 4, .remove_stopwords = true};
	struct word_list list = {0};
	struct arena *a = arena_new();
	uint32_t next = words_split(a, &o, SPAN("the cat -- sleeps . on  mats"), 0, &list);
	assert_int_equal(next, 5);
	next = words_split(a, &o, SPAN(" ,"), next, &list);
	assert_int_equal(next, 5);
	next = words_split(a, &o, SPAN("two is"), next, &list);
	assert_int_equal(next, 7);
	static const uint32_t want[] = {1, 4, 5};
	assert_int_equal(list.len, COUNT(want));
	for (size_t i = 0; i < COUNT(want); i++)
		assert_int_equal(list.at[i].position, want[i]);
	vec_free(&list);
	arena_free(a);
}

/* Tokens that no filter changes point into the text. */
static void in_place(void **state)
{
	struct span text = SPAN("plain straße Upper");
	struct word_list list = {0};
	struct arena *a = arena_new();
	words_split(a, &words_defaults, text, 0, &list);
	assert_int_equal(list.len, 3);
	assert_ptr_equal(list.at[0].text.ptr, text.ptr);
	assert_ptr_equal(list.at[1].text.ptr, text.ptr + 6);
	assert_span(list.at[2].text, "upper");
	vec_free(&list);
	arena_free(a);
}

static uint8_t language_of(struct span name)
{
	uint8_t language = 0;
	assert_int_equal(language_parse(name, &language), 0);
	return language;
}

/* Every case of the file: what another implementation of the same analysis made of it. */
static void parity(void **state)
{
	struct arena *a = arena_new();
	yyjson_val *cases = json_get(test_data(a, "words_parity.json"), SPAN("cases")), *c;
	size_t i, n;
	assert_true(yyjson_arr_size(cases) > 800);
	yyjson_arr_foreach(cases, i, n, c)
	{
		yyjson_val *max = json_get(c, SPAN("max_token_length"));
		yyjson_val *stemming = json_get(c, SPAN("stemming"));
		yyjson_val *tokens = json_get(c, SPAN("tokens")), *at = json_get(c, SPAN("positions"));
		struct words_options o = {
		    .case_sensitive = yyjson_get_bool(json_get(c, SPAN("case_sensitive"))),
		    .ascii_folding = yyjson_get_bool(json_get(c, SPAN("ascii_folding"))),
		    .remove_stopwords = yyjson_get_bool(json_get(c, SPAN("remove_stopwords"))),
		    .stemming = stemming != NULL,
		    .language = stemming ? language_of(json_span(stemming)) : LANGUAGE_ENGLISH,
		    .max_token_length = max ? (uint32_t)yyjson_get_uint(max) : WORDS_MAX_TOKEN_LENGTH,
		};
		struct word_list list = {0};
		words_split(a, &o, json_span(json_get(c, SPAN("text"))), 0, &list);
		if (list.len != yyjson_arr_size(tokens))
			fail_msg("line %zu: %zu tokens, want %zu", i + 2, list.len, yyjson_arr_size(tokens));
		for (size_t k = 0; k < list.len; k++) {
			struct span want = json_span(yyjson_arr_get(tokens, k));
			if (!span_eq(list.at[k].text, want))
				fail_msg("line %zu: got \"%.*s\", want \"%.*s\"", i + 2,
				    SPAN_FMT(list.at[k].text), SPAN_FMT(want));
			assert_int_equal(
			    list.at[k].position, at ? yyjson_get_uint(yyjson_arr_get(at, k)) : k);
		}
		vec_free(&list);
	}
	arena_free(a);
}

static uint64_t fnv(uint64_t hash, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.ptr[i]) * 0x100000001B3;
	return hash;
}

/* The tokens of "a" c "b" for every code point c, by their digest: FNV-1a over each token and a byte FF after
 * it, and FE after each code point. The digests come from the implementation that made words_parity.json. */
static void every_code_point(void **state)
{
	static const struct {
		bool fold;
		uint64_t digest;
	} cases[] = {{false, 0x00C12F23FF75BDF3}, {true, 0xC8CA43E04E025E07}};
	struct arena *a = arena_new();
	struct word_list list = {0};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct words_options o = words_defaults;
		o.ascii_folding = cases[i].fold;
		uint64_t hash = 0xCBF29CE484222325;
		for (uint32_t c = 0; c <= 0x10FFFF; c += c == 0xD7FF ? 0x801 : 1) {
			char text[6] = "a", *end = utf8_encode(text + 1, c);
			*end++ = 'b';
			list.len = 0;
			words_split(a, &o, span_between(text, end), 0, &list);
			vec_each (&list, word)
				hash = fnv(fnv(hash, word->text), SPAN("\xFF"));
			hash = fnv(hash, SPAN("\xFE"));
			arena_reset(a);
		}
		assert_true(hash == cases[i].digest);
	}
	vec_free(&list);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(edge_cases),
	    cmocka_unit_test(options),
	    cmocka_unit_test(long_words),
	    cmocka_unit_test(positions),
	    cmocka_unit_test(in_place),
	    cmocka_unit_test(parity),
	    cmocka_unit_test(every_code_point),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
