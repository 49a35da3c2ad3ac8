#include "../test.h"

#include <stdlib.h>

#include "store/filter/fuzzy.h"

static bool found(const char *pattern, uint32_t distance, bool case_sensitive, const char *text)
{
	struct arena *a = arena_new();
	struct fuzzy f = fuzzy_new(a, span_str(pattern), distance, case_sensitive);
	bool yes = fuzzy_find(&f, span_str(text));
	arena_free(a);
	return yes;
}

static void examples(void **state)
{
	static const struct {
		const char *pattern;
		uint32_t distance;
		bool case_sensitive;
		const char *text;
		bool found;
	} cases[] = {
	    {"pufferfsh", 1, false, "Small Pufferfish", true},
	    {"pufferfsh", 1, true, "Small Pufferfish", false},
	    {"pufferfsh", 2, true, "Small Pufferfish", true},
	    {"pufferfsh", 0, false, "pufferfish", false},
	    {"puff", 0, true, "a puffin", true},
	    {"night", 1, true, "ngiht", false},
	    {"night", 2, true, "ngiht", true},
	    {"harbour", 1, true, "the harbor lights", true},
	    {"harbour", 1, true, "the har bor", false},
	    {"harbour", 2, true, "the har bor", true},
	    {"caf\xC3\xA9s", 1, true, "cafes", true},
	    {"caf\xC3\xA9s", 0, true, "cafes", false},
	    {"\xC3\x89T\xC3\x89", 0, false, "un \xC3\xA9t\xC3\xA9", true},
	    {"\xC3\x89T\xC3\x89", 0, true, "un \xC3\xA9t\xC3\xA9", false},
	    {"abc", 0, true, "", false},
	    {"abc", 2, true, "c", true},
	    {"abc", 2, true, "", false},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (found(cases[i].pattern, cases[i].distance, cases[i].case_sensitive, cases[i].text) !=
		    cases[i].found)
			fail_msg("%s in %s", cases[i].pattern, cases[i].text);
	}
}

/* The whole table, without the cut: least distance of the pattern to any substring. */
static uint32_t least_distance(const char *pattern, const char *text)
{
	uint32_t row[16], len = (uint32_t)strlen(pattern), least = len;
	for (uint32_t i = 0; i <= len; i++)
		row[i] = i;
	for (; *text; text++) {
		uint32_t diagonal = 0;
		for (uint32_t i = 1; i <= len; i++) {
			uint32_t cell = diagonal + (pattern[i - 1] != *text);
			cell = row[i] + 1 < cell ? row[i] + 1 : cell;
			cell = row[i - 1] + 1 < cell ? row[i - 1] + 1 : cell;
			diagonal = row[i];
			row[i] = cell;
		}
		least = row[len] < least ? row[len] : least;
	}
	return least;
}

static void random_word(char *out, size_t most)
{
	size_t len = 1 + (size_t)rand() % most;
	for (size_t i = 0; i < len; i++)
		out[i] = (char)('a' + rand() % 3);
	out[len] = '\0';
}

static void agrees_with_the_whole_table(void **state)
{
	srand(1);
	for (int i = 0; i < 20000; i++) {
		char pattern[16], text[32];
		random_word(pattern, 12);
		random_word(text, 24);
		for (uint32_t distance = 0; distance <= FUZZY_MAX_DISTANCE; distance++) {
			if (found(pattern, distance, true, text) !=
			    (least_distance(pattern, text) <= distance))
				fail_msg("%s in %s at %u", pattern, text, distance);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(examples),
	    cmocka_unit_test(agrees_with_the_whole_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
