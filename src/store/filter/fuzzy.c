#include "store/filter/fuzzy.h"

#include "store/filter/codepoint.h"

static uint32_t cut_folded(const struct fuzzy *f, struct span *text)
{
	uint32_t cp = codepoint_cut(text);
	return f->fold ? codepoint_lower(cp) : cp;
}

struct fuzzy fuzzy_new(struct arena *a, struct span pattern, uint32_t distance, bool case_sensitive)
{
	struct fuzzy f = {.distance = distance, .fold = !case_sensitive};
	f.pattern = arena_array(a, uint32_t, pattern.len);
	while (pattern.len)
		f.pattern[f.len++] = cut_folded(&f, &pattern);
	f.row = arena_array(a, uint32_t, f.len + 1);
	return f;
}

static uint32_t min3(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* row[i] is the least number of edits that turns the first i code points of the pattern into some substring
 * that ends at the current place of the text. Only the cells up to the last one within the distance can lead
 * to a match; those past it are not computed. Returns the new last one. */
static uint32_t advance(const struct fuzzy *f, uint32_t last, uint32_t cp)
{
	uint32_t *row = f->row, diagonal = 0, i = 1;
	for (; i <= f->len && i <= last + 1; i++) {
		uint32_t above = i <= last ? row[i] : f->distance + 1;
		row[i] = min3(diagonal + (f->pattern[i - 1] != cp), above + 1, row[i - 1] + 1);
		diagonal = above;
	}
	for (; i <= f->len && row[i - 1] < f->distance; i++)
		row[i] = row[i - 1] + 1;
	for (last = i - 1; row[last] > f->distance;)
		last--;
	return last;
}

bool fuzzy_find(const struct fuzzy *f, struct span text)
{
	uint32_t last = f->distance < f->len ? f->distance : f->len;
	for (uint32_t i = 0; i <= last; i++)
		f->row[i] = i;
	while (text.len && last < f->len)
		last = advance(f, last, cut_folded(f, &text));
	return last == f->len;
}
