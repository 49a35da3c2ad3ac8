/* Every language's stems against those of another implementation, on several threads at once. */
#include <pthread.h>

#include "data.h"

#include "search/stem.h"

#define THREADS 4

static void check_language(struct arena *a, struct span name, yyjson_val *pairs)
{
	uint8_t language = 0;
	size_t i, n;
	yyjson_val *pair;
	assert_int_equal(language_parse(name, &language), 0);
	assert_true(yyjson_arr_size(pairs) >= 200);
	yyjson_arr_foreach(pairs, i, n, pair)
	{
		struct span word = json_span(yyjson_arr_get(pair, 0)),
		            want = json_span(yyjson_arr_get(pair, 1));
		struct span got = stem_word(a, language, word);
		if (!span_eq(got, want))
			fail_msg("%.*s, %.*s: got %.*s, want %.*s", SPAN_FMT(name), SPAN_FMT(word),
			    SPAN_FMT(got), SPAN_FMT(want));
	}
}

static void *check_all(void *languages)
{
	size_t i, n;
	yyjson_val *name, *pairs;
	struct arena *a = arena_new();
	yyjson_obj_foreach(languages, i, n, name, pairs)
	{
		check_language(a, json_span(name), pairs);
	}
	arena_free(a);
	return NULL;
}

static void parity(void **state)
{
	struct arena *a = arena_new();
	yyjson_val *languages = json_get(test_data(a, "stem_parity.json"), SPAN("languages"));
	pthread_t threads[THREADS];
	assert_int_equal(yyjson_obj_size(languages), LANGUAGES_LEN);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, check_all, languages), 0);
	check_all(languages);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	arena_free(a);
}

/* The stem stands in the word where it is its beginning. */
static void in_place(void **state)
{
	struct arena *a = arena_new();
	struct span word = SPAN("jumping"), changed = SPAN("yearly"), dutch = SPAN("lopen");
	assert_ptr_equal(stem_word(a, LANGUAGE_ENGLISH, word).ptr, word.ptr);
	assert_span(stem_word(a, LANGUAGE_ENGLISH, word), "jump");
	assert_span(stem_word(a, LANGUAGE_ENGLISH, changed), "year");
	assert_span(stem_word(a, LANGUAGE_ENGLISH, SPAN("happily")), "happili");
	assert_span(stem_word(a, LANGUAGE_DUTCH, dutch), "lop");
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parity),
	    cmocka_unit_test(in_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
