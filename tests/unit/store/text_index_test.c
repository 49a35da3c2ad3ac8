#include <stdio.h>
#include <stdlib.h>

#include "../test.h"

#include "store/text/text_index.h"

static struct attr attr_of(enum tokenizer tokenizer, bool array)
{
	struct attr attr = {
	    .name = SPAN("t"), .type = {.base = VALUE_STRING, .array = array}, .full_text = true};
	attr.text = (struct text_options){.tokenizer = tokenizer, .words = words_defaults};
	return attr;
}

static struct value text_value(const char *text)
{
	return (struct value){.present = true, .count = 1, .one = {.text = span_str(text)}};
}

/* The naive index: the words of each slot, in order. */
#define SLOTS 40
#define WORDS 12
static const char *const vocabulary[] = {
    "a", "b", "car", "cart", "carts", "dog", "e1", "e2", "e3", "e4", "e5", "zebra"};

struct model {
	int word[SLOTS][WORDS], len[SLOTS];
	bool present[SLOTS];
};

static void build(const struct model *m, int slot, char *out, size_t size)
{
	size_t at = 0;
	out[0] = '\0';
	for (int i = 0; i < m->len[slot]; i++)
		at += (size_t)snprintf(out + at, size - at, "%s, ", vocabulary[m->word[slot][i]]);
}

static void check_term(const struct text_index *ti, const struct model *m, int word)
{
	const struct term *t = text_index_find(ti, span_str(vocabulary[word]));
	uint32_t df = 0;
	for (int slot = 0; slot < SLOTS; slot++) {
		uint32_t positions[WORDS], tf = 0;
		for (int i = 0; m->present[slot] && i < m->len[slot]; i++) {
			if (m->word[slot][i] == word)
				positions[tf++] = (uint32_t)i;
		}
		df += tf > 0;
		const struct posting *p = t ? term_posting(t, (uint32_t)slot) : NULL;
		assert_int_equal(p ? p->tf : 0, tf);
		if (tf)
			assert_memory_equal(posting_positions(p), positions, tf * sizeof *positions);
	}
	assert_int_equal(t ? t->df : 0, df);
}

static bool count_prefix(void *arg, const struct term *term)
{
	(*(int *)arg)++;
	return true;
}

static void check_all(const struct text_index *ti, const struct model *m)
{
	uint32_t documents = 0, tokens = 0;
	int living = 0, found = 0;
	for (int word = 0; word < (int)COUNT(vocabulary); word++) {
		check_term(ti, m, word);
		living += span_starts(span_str(vocabulary[word]), SPAN("car")) &&
		          text_index_find(ti, span_str(vocabulary[word]));
	}
	for (int slot = 0; slot < SLOTS; slot++) {
		documents += m->present[slot];
		tokens += m->present[slot] ? (uint32_t)m->len[slot] : 0;
		assert_int_equal(text_index_length(ti, (uint32_t)slot), m->present[slot] ? m->len[slot] : 0);
	}
	assert_int_equal(text_index_documents(ti), documents);
	assert_true(text_index_average_length(ti) == (documents ? (double)tokens / documents : 0));
	text_index_prefix(ti, SPAN("car"), count_prefix, &found);
	assert_int_equal(found, living);
}

/* Random additions and removals agree with the naive index at every step. */
static void random_changes(void **state)
{
	struct attr attr = attr_of(WORD_V4, false);
	struct text_index *ti = text_index_new(&attr);
	struct model m = {0};
	char text[SLOTS][WORDS * 8];
	srand(7);
	for (int round = 0; round < 3000; round++) {
		int slot = rand() % SLOTS;
		struct value v = text_value(text[slot]);
		if (m.present[slot]) {
			text_index_remove(ti, (uint32_t)slot, &v);
		} else {
			m.len[slot] = rand() % WORDS;
			for (int i = 0; i < m.len[slot]; i++)
				m.word[slot][i] = rand() % (round % 100 < 50 ? 4 : (int)COUNT(vocabulary));
			build(&m, slot, text[slot], sizeof text[slot]);
			v = text_value(text[slot]);
			text_index_add(ti, (uint32_t)slot, &v);
		}
		m.present[slot] = !m.present[slot];
		check_all(ti, &m);
	}
	text_index_free(ti);
}

static bool collect(void *arg, const struct term *term)
{
	struct buf *out = arg;
	buf_append(out, span_of(term->text, term->len));
	buf_byte(out, ' ');
	return out->len < 12;
}

/* Prefixes come in byte order, also for terms that were added after the first search; the caller can stop. */
static void prefix_order(void **state)
{
	static const struct {
		const char *add, *prefix, *found;
	} steps[] = {
	    {"pear peach plum", "pe", "peach pear "},
	    {"pea apple pe", "pe", "pe pea peach "},
	    {"", "", "apple pe pea "},
	    {"zz", "z", "zz "},
	    {"", "zzz", ""},
	};
	struct attr attr = attr_of(WORD_V4, false);
	struct text_index *ti = text_index_new(&attr);
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct value v = text_value(steps[i].add);
		struct buf found = buf_new(1024);
		text_index_add(ti, (uint32_t)i, &v);
		text_index_prefix(ti, span_str(steps[i].prefix), collect, &found);
		assert_span(buf_span(&found), steps[i].found);
		buf_free(&found);
	}
	text_index_free(ti);
}

/* Many terms that come and go do not pile up. */
static void dead_terms_are_swept(void **state)
{
	struct attr attr = attr_of(WORD_V4, false);
	struct text_index *ti = text_index_new(&attr);
	char text[32];
	struct value v = text_value(text);
	for (int i = 0; i < 10000; i++) {
		snprintf(text, sizeof text, "w%d", i);
		v = text_value(text);
		text_index_add(ti, 0, &v);
		assert_non_null(text_index_find(ti, v.one.text));
		text_index_remove(ti, 0, &v);
		assert_null(text_index_find(ti, v.one.text));
	}
	int found = 0;
	text_index_prefix(ti, SPAN("w"), count_prefix, &found);
	assert_int_equal(found, 0);
	text_index_free(ti);
}

/* Elements of an array are one stream of positions; pre-tokenized ones are tokens as they are. */
static void arrays(void **state)
{
	union scalar items[] = {{.text = SPAN("Red fox")}, {.text = SPAN("")}, {.text = SPAN("red")}};
	struct value v = {.present = true, .count = 3, .many = items};
	struct attr words = attr_of(WORD_V4, true), raw = attr_of(PRE_TOKENIZED_ARRAY, true);
	struct text_index *ti = text_index_new(&words);
	text_index_add(ti, 5, &v);
	const struct posting *p = term_posting(text_index_find(ti, SPAN("red")), 5);
	assert_int_equal(p->tf, 2);
	assert_int_equal(posting_positions(p)[1], 2);
	text_index_free(ti);
	ti = text_index_new(&raw);
	text_index_add(ti, 5, &v);
	assert_int_equal(text_index_length(ti, 5), 3);
	assert_non_null(text_index_find(ti, SPAN("Red fox")));
	assert_null(text_index_find(ti, SPAN("fox")));
	text_index_free(ti);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_changes),
	    cmocka_unit_test(prefix_order),
	    cmocka_unit_test(dead_terms_are_swept),
	    cmocka_unit_test(arrays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
