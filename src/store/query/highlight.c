#include "search/sentences.h"
#include "search/unicode_tables.h"
#include "search/utf8.h"
#include "search/words_segment.h"
#include "store/log/change.h"
#include "store/query/highlight_node.h"
#include "store/query/score.h"
#include "store/query/topk.h"
#include "json/write.h"

struct namespace *highlight_fragments(const struct highlight *h, const struct span *texts, size_t n)
{
	struct namespace *ns = namespace_new(0);
	struct change change = {.rows = true, .schema = schema_clone(h->fragments)};
	for (uint64_t i = 0; i < n; i++) {
		uint64_t key = __builtin_bswap64(i);
		struct value value = {.present = true, .count = 1, .one.text = texts[i]};
		struct put put = {
		    .doc = doc_new(h->fragments, span_of((const char *)&key, sizeof key), &value)};
		vec_push(&change.puts, put);
	}
	namespace_apply(ns, &change);
	change_free(&change);
	return ns;
}

/* A row's text while it is highlighted. Fragments stand in the order of the text. */
struct fragment {
	size_t start; /* where it begins in its item, in the units asked for */
	uint32_t item;
	bool best; /* is printed */
};

struct work {
	const struct highlight *h;
	struct arena *arena;
	const union scalar *items;
	VEC(struct span) texts;
	VEC(struct fragment) fragments; /* of the same index */
	struct topk best;
};

static void add_fragment(struct work *w, uint32_t item, struct span text)
{
	struct fragment fragment = {.item = item};
	if (!text.len)
		return;
	vec_push(&w->texts, text);
	vec_push(&w->fragments, fragment);
}

static void split_words(struct work *w, uint32_t item, struct span text)
{
	struct words_cursor cur = words_cursor_of(text);
	struct words_segment segment;
	while (words_segment_token(&cur, &segment))
		add_fragment(w, item, segment.text);
}

static void split(struct work *w, uint32_t item, struct span text)
{
	struct span part;
	switch (w->h->fragment_by) {
	case FRAGMENT_BY_SENTENCE:
		while (sentence_cut(&text, &part))
			add_fragment(w, item, sentence_trim(part));
		break;
	case FRAGMENT_BY_PARAGRAPH:
		while (paragraph_cut(&text, &part))
			add_fragment(w, item, sentence_trim(part));
		break;
	case FRAGMENT_BY_WORD:
		split_words(w, item, text);
		break;
	default:
		add_fragment(w, item, text);
	}
}

static int by_place(const void *ctx, uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* The expressions were parsed over no fragments before: that they are refused now cannot be. */
static void rank_fragments(struct work *w)
{
	struct refusal r = {.arena = w->arena};
	size_t n = w->texts.len;
	float *sums = arena_array(w->arena, float, n);
	struct namespace *ns = highlight_fragments(w->h, w->texts.at, n);
	for (size_t i = 0; i < w->h->ranks_len; i++) {
		struct score *s;
		if (score_parse(ns, w->h->ranks[i], "rank_fragments_by", w->arena, &s, &r) < 0)
			continue;
		const float *scores = score_slots(ns, s, (struct slot_list){.len = n}, w->arena).at;
		for (size_t slot = 0; slot < n; slot++)
			sums[slot] += scores[slot];
	}
	w->best = topk_new(w->arena, w->h->limit, n, by_place, NULL);
	for (uint32_t slot = 0; slot < n; slot++) {
		if (sums[slot] > 0)
			topk_offer(&w->best, -sums[slot], slot);
	}
	topk_sort(&w->best);
	namespace_free(ns);
}

/* Offsets */

static size_t units(const struct work *w, struct span text)
{
	size_t n = 0;
	if (w->h->offsets == OFFSETS_UTF8)
		return text.len;
	for (const char *p = text.ptr, *end = p + text.len; p < end; n++) {
		uint32_t c;
		p += utf8_decode(p, end, &c);
		n += w->h->offsets == OFFSETS_UTF16 && c != UTF8_BAD && c > 0xFFFF;
	}
	return n;
}

/* One pass over the items, whatever the number of fragments. */
static void find_starts(struct work *w)
{
	for (size_t i = 0; i < w->best.len; i++)
		w->fragments.at[w->best.at[i].slot].best = true;
	const struct fragment *last = NULL;
	const char *from = NULL;
	size_t at = 0;
	for (size_t i = 0; i < w->fragments.len; i++) {
		struct fragment *fragment = &w->fragments.at[i];
		if (!fragment->best)
			continue;
		if (!last || last->item != fragment->item) {
			from = w->items[fragment->item].text.ptr;
			at = 0;
		}
		at += units(w, span_between(from, w->texts.at[i].ptr));
		fragment->start = at;
		from = w->texts.at[i].ptr;
		last = fragment;
	}
}

static bool is_match(const struct highlight *h, struct span word)
{
	if (map_get(&h->words, word))
		return true;
	vec_each (&h->prefixes, prefix) {
		if (span_starts(word, prefix->text))
			return true;
	}
	return false;
}

/* A word's position says which token of the segmentation it is. */
static void put_matches(struct work *w, struct span text, size_t at, struct buf *out)
{
	struct word_list words = {0};
	struct words_cursor cur = words_cursor_of(text);
	struct words_segment segment = {.text = span_of(text.ptr, 0)};
	const char *from = text.ptr, *comma = "";
	uint32_t next = 0;
	words_split(w->arena, &w->h->attr->text.words, text, 0, &words);
	vec_each (&words, word) {
		while (next <= word->position && words_segment_token(&cur, &segment))
			next++;
		if (!is_match(w->h, word->text))
			continue;
		size_t start = at + units(w, span_between(from, segment.text.ptr));
		at = start + units(w, segment.text);
		from = segment.text.ptr + segment.text.len;
		buf_printf(out, "%s[%zu,%zu]", comma, start, at);
		comma = ",";
	}
	vec_free(&words);
}

static void put_offsets(struct work *w, uint32_t slot, struct buf *out)
{
	const struct fragment *fragment = &w->fragments.at[slot];
	struct span text = w->texts.at[slot];
	buf_printf(out, ",\"fragment_range\":[%zu,%zu],\"match_ranges\":[", fragment->start,
	    fragment->start + units(w, text));
	put_matches(w, text, fragment->start, out);
	buf_byte(out, ']');
	if (w->h->attr->type.array)
		buf_printf(out, ",\"array_index\":%u", fragment->item);
}

static size_t put_best(struct work *w, struct buf *out)
{
	size_t bytes = 0;
	for (size_t i = 0; i < w->best.len; i++) {
		struct span text = w->texts.at[w->best.at[i].slot];
		buf_append(out, i ? SPAN(",{\"text\":") : SPAN("{\"text\":"));
		json_put_string(out, text);
		if (w->h->offsets != OFFSETS_NONE)
			put_offsets(w, w->best.at[i].slot, out);
		buf_byte(out, '}');
		bytes += text.len;
	}
	return bytes;
}

size_t highlight_print(const struct highlight *h, const struct doc *d, struct buf *out)
{
	const struct value *v = doc_value(d, h->attr->index);
	struct work w = {.h = h, .arena = arena_new(), .items = v ? value_items(v, h->attr->type) : NULL};
	for (uint32_t i = 0; v && i < v->count; i++)
		split(&w, i, w.items[i].text);
	rank_fragments(&w);
	if (h->offsets != OFFSETS_NONE)
		find_starts(&w);
	buf_byte(out, '[');
	size_t bytes = put_best(&w, out);
	buf_byte(out, ']');
	vec_free(&w.texts);
	vec_free(&w.fragments);
	arena_free(w.arena);
	return bytes;
}
