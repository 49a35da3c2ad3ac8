#include "store/text/text_index.h"

#include <pthread.h>

/* Terms that lost their last document stay in the map until there are this many more of them than of living
 * ones: a term that comes back costs nothing, and the sorted list is rarely rebuilt. */
#define DEAD_TERMS_SLACK 1024

typedef VEC(struct term *) term_list;

struct text_index {
	struct text_options options;
	bool array; /* the attribute is []string */
	struct map terms;
	size_t dead_terms;
	VEC(uint32_t) lengths; /* by slot, in tokens */
	uint32_t documents;
	uint64_t tokens;
	/* For prefix search: `sorted` is in byte order, `fresh` came since. Readers merge under the lock. */
	pthread_mutex_t sort_lock;
	term_list sorted, fresh;
	/* Scratch of writers. */
	struct arena *arena;
	struct word_list words;
};

static struct span term_text(const struct term *t)
{
	return span_of(t->text, t->len);
}

static void free_positions(struct posting *p)
{
	if (p->tf > 1)
		free((uint32_t *)(uintptr_t)p->at.many);
}

static void term_free(struct term *t)
{
	vec_each (&t->postings, p) {
		free_positions(p);
	}
	vec_free(&t->postings);
	free(t);
}

struct text_index *text_index_new(const struct attr *attr)
{
	struct text_index *ti = calloc(1, sizeof *ti);
	if (!ti)
		abort();
	ti->options = attr->text;
	ti->array = attr->type.array;
	ti->arena = arena_new();
	pthread_mutex_init(&ti->sort_lock, NULL);
	return ti;
}

struct text_index *text_index_free(struct text_index *ti)
{
	if (!ti)
		return NULL;
	map_each (&ti->terms, entry) {
		term_free(entry->value);
	}
	map_free(&ti->terms);
	vec_free(&ti->lengths);
	vec_free(&ti->sorted);
	vec_free(&ti->fresh);
	vec_free(&ti->words);
	arena_free(ti->arena);
	pthread_mutex_destroy(&ti->sort_lock);
	free(ti);
	return NULL;
}

static uint32_t analyse_from(
    const struct text_index *ti, struct arena *a, struct span text, uint32_t at, struct word_list *out)
{
	if (ti->options.tokenizer != PRE_TOKENIZED_ARRAY)
		return words_split(a, &ti->options.words, text, at, out);
	struct word word = {.text = text, .position = at};
	vec_push(out, word);
	return at + 1;
}

void text_index_analyse(const struct text_index *ti, struct arena *a, struct span text, struct word_list *out)
{
	analyse_from(ti, a, text, 0, out);
}

/* The tokens of a whole value, in ti->words. */
static void analyse_value(struct text_index *ti, const struct value *v)
{
	const union scalar *items = ti->array ? v->many : &v->one;
	uint32_t at = 0;
	ti->words.len = 0;
	for (uint32_t i = 0; i < v->count; i++)
		at = analyse_from(ti, ti->arena, items[i].text, at, &ti->words);
}

static struct term *term_get(struct text_index *ti, struct span text)
{
	struct term *t = map_get(&ti->terms, text);
	if (t) {
		ti->dead_terms -= t->df == 0;
		return t;
	}
	t = calloc(1, sizeof *t + text.len);
	if (!t)
		abort();
	t->len = (uint32_t)text.len;
	memcpy(t->text, text.ptr, text.len);
	map_put(&ti->terms, term_text(t), t);
	vec_push(&ti->fresh, t);
	return t;
}

/* Where the slot's posting is or belongs. Most writes append, so the end is tried first. */
static size_t posting_place(const struct term *t, uint32_t slot)
{
	size_t from = 0, to = t->postings.len;
	if (to && t->postings.at[to - 1].slot < slot)
		return to;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (t->postings.at[mid].slot < slot)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct posting *posting_get(struct term *t, uint32_t slot)
{
	size_t at = posting_place(t, slot);
	if (at < t->postings.len && t->postings.at[at].slot == slot)
		return &t->postings.at[at];
	struct posting none = {.slot = slot};
	vec_push(&t->postings, none);
	struct posting *p = &t->postings.at[at];
	memmove(p + 1, p, (t->postings.len - 1 - at) * sizeof *p);
	*p = none;
	return p;
}

/* Room doubles whenever tf is a power of two, so it need not be remembered. */
static void posting_append(struct posting *p, uint32_t position)
{
	if (p->tf == 0) {
		p->at.one = position;
	} else if ((p->tf & (p->tf - 1)) == 0) {
		uint32_t *old = p->tf > 1 ? (uint32_t *)(uintptr_t)p->at.many : NULL;
		uint32_t one = p->at.one, *many = realloc(old, p->tf * 2 * sizeof *many);
		if (!many)
			abort();
		if (p->tf == 1)
			many[0] = one;
		many[p->tf] = position;
		p->at.many = many;
	} else {
		((uint32_t *)(uintptr_t)p->at.many)[p->tf] = position;
	}
	p->tf++;
}

void text_index_add(struct text_index *ti, uint32_t slot, const struct value *v)
{
	analyse_value(ti, v);
	vec_each (&ti->words, word) {
		struct term *t = term_get(ti, word->text);
		struct posting *p = posting_get(t, slot);
		t->df += p->tf == 0;
		posting_append(p, word->position);
	}
	while (ti->lengths.len <= slot)
		vec_push(&ti->lengths, 0);
	ti->lengths.at[slot] = (uint32_t)ti->words.len;
	ti->documents++;
	ti->tokens += ti->words.len;
	arena_reset(ti->arena);
}

static void sweep_postings(struct term *t)
{
	size_t kept = 0;
	vec_each (&t->postings, p) {
		if (p->tf)
			t->postings.at[kept++] = *p;
	}
	t->postings.len = kept;
}

static void keep_living(term_list *list)
{
	size_t kept = 0;
	for (size_t i = 0; i < list->len; i++) {
		if (list->at[i]->df)
			list->at[kept++] = list->at[i];
	}
	list->len = kept;
}

static void sweep_terms(struct text_index *ti)
{
	term_list dead = {0};
	keep_living(&ti->sorted);
	keep_living(&ti->fresh);
	map_each (&ti->terms, entry) {
		struct term *t = entry->value;
		if (!t->df)
			vec_push(&dead, t);
	}
	vec_each (&dead, t) {
		map_del(&ti->terms, term_text(*t));
		term_free(*t);
	}
	vec_free(&dead);
	ti->dead_terms = 0;
}

static void remove_word(struct text_index *ti, uint32_t slot, struct span text)
{
	struct term *t = map_get(&ti->terms, text);
	size_t at = t ? posting_place(t, slot) : 0;
	if (!t || at == t->postings.len || t->postings.at[at].slot != slot || !t->postings.at[at].tf)
		return; /* a further occurrence: the first one took the posting out */
	struct posting *p = &t->postings.at[at];
	free_positions(p);
	p->tf = 0;
	ti->dead_terms += --t->df == 0;
	if (t->postings.len > 2 * (size_t)t->df + 16)
		sweep_postings(t);
}

void text_index_remove(struct text_index *ti, uint32_t slot, const struct value *v)
{
	analyse_value(ti, v);
	vec_each (&ti->words, word) {
		remove_word(ti, slot, word->text);
	}
	ti->documents--;
	ti->tokens -= ti->lengths.at[slot];
	ti->lengths.at[slot] = 0;
	arena_reset(ti->arena);
	if (ti->dead_terms > ti->terms.len / 2 + DEAD_TERMS_SLACK)
		sweep_terms(ti);
}

void text_index_renumber(struct text_index *ti, const uint32_t *moved)
{
	uint32_t slots = 0;
	sweep_terms(ti);
	map_each (&ti->terms, entry) {
		struct term *t = entry->value;
		sweep_postings(t);
		for (size_t i = 0; i < t->postings.len; i++)
			t->postings.at[i].slot = moved[t->postings.at[i].slot];
	}
	for (size_t i = 0; i < ti->lengths.len; i++) {
		if (moved[i] == SLOT_NONE)
			continue;
		ti->lengths.at[moved[i]] = ti->lengths.at[i];
		slots = moved[i] + 1;
	}
	ti->lengths.len = slots;
}

const struct term *text_index_find(const struct text_index *ti, struct span token)
{
	const struct term *t = map_get(&ti->terms, token);
	return t && t->df ? t : NULL;
}

const struct posting *term_posting(const struct term *t, uint32_t slot)
{
	size_t at = posting_place(t, slot);
	if (at == t->postings.len || t->postings.at[at].slot != slot || !t->postings.at[at].tf)
		return NULL;
	return &t->postings.at[at];
}

static int by_text(const void *a, const void *b)
{
	return span_cmp(term_text(*(struct term *const *)a), term_text(*(struct term *const *)b));
}

/* Merges `fresh` into `sorted` from the back, in place. */
static void sort_terms(struct text_index *ti)
{
	size_t old = ti->sorted.len, new = ti->fresh.len;
	if (!new)
		return;
	qsort(ti->fresh.at, new, sizeof *ti->fresh.at, by_text);
	vec_reserve(&ti->sorted, old + new);
	struct term **to = ti->sorted.at + old + new;
	while (new) {
		bool take_old = old && by_text(&ti->sorted.at[old - 1], &ti->fresh.at[new - 1]) > 0;
		*--to = take_old ? ti->sorted.at[--old] : ti->fresh.at[--new];
	}
	ti->sorted.len += ti->fresh.len;
	ti->fresh.len = 0;
}

void text_index_prefix(const struct text_index *ti, struct span prefix,
    bool (*fn)(void *arg, const struct term *term), void *arg)
{
	struct text_index *own = (struct text_index *)(uintptr_t)ti;
	pthread_mutex_lock(&own->sort_lock);
	sort_terms(own); /* once done, `fresh` stays empty as long as any reader holds the namespace */
	pthread_mutex_unlock(&own->sort_lock);
	size_t from = 0, to = ti->sorted.len;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (span_cmp(term_text(ti->sorted.at[mid]), prefix) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	for (; from < ti->sorted.len && span_starts(term_text(ti->sorted.at[from]), prefix); from++) {
		if (ti->sorted.at[from]->df && !fn(arg, ti->sorted.at[from]))
			return;
	}
}

uint32_t text_index_documents(const struct text_index *ti)
{
	return ti->documents;
}

double text_index_average_length(const struct text_index *ti)
{
	return ti->documents ? (double)ti->tokens / ti->documents : 0;
}

uint32_t text_index_length(const struct text_index *ti, uint32_t slot)
{
	return slot < ti->lengths.len ? ti->lengths.at[slot] : 0;
}
