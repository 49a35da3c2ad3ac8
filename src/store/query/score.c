#include <stdlib.h>

#include "store/query/score_node.h"

/* Scores are kept in one array over all slots, a term or a part at a time: the cost is that of the postings,
 * whatever the expression, and the sums are always made in the order of the query. */

static void add_term(const struct score *s, const struct score_term *t, float *out)
{
	vec_each (&t->term->postings, posting) {
		if (posting->tf)
			out[posting->slot] += bm25_score(
			    &s->bm25, t->weight, posting->tf, text_index_length(s->text, posting->slot));
	}
}

static void fill(const struct namespace *ns, const struct score *s, float *out);

/* Sums or maxima of the parts. */
static void combine(const struct namespace *ns, const struct score *s, float *out)
{
	size_t slots = ns->docs.len;
	float *part = malloc(slots * sizeof *part + 1); /* freed here: expressions may be long */
	if (!part)
		abort();
	for (size_t i = 0; i < s->parts_len; i++) {
		memset(part, 0, slots * sizeof *part);
		fill(ns, s->parts[i], part);
		for (size_t slot = 0; slot < slots; slot++) {
			if (s->kind == SCORE_SUM)
				out[slot] += part[slot];
			else if (part[slot] > out[slot])
				out[slot] = part[slot];
		}
	}
	free(part);
	for (size_t slot = 0; slot < slots && s->number > 0; slot++) {
		if (out[slot] > 0 && out[slot] < s->number)
			out[slot] = s->number;
	}
}

/* Adds the scores to `out`, which is all zeros. */
static void fill(const struct namespace *ns, const struct score *s, float *out)
{
	switch (s->kind) {
	case SCORE_BM25:
		for (size_t i = 0; i < s->terms_len; i++)
			add_term(s, &s->terms[i], out);
		break;
	case SCORE_FILTER:
		for (size_t slot = 0; slot < ns->docs.len; slot++)
			out[slot] = ns->docs.at[slot] && filter_match(s->filter, ns->docs.at[slot]);
		break;
	case SCORE_SUM:
	case SCORE_MAX:
		combine(ns, s, out);
		break;
	case SCORE_PRODUCT:
		fill(ns, s->parts[0], out);
		for (size_t slot = 0; slot < ns->docs.len; slot++)
			out[slot] *= s->number;
		break;
	}
}

const float *score_slots(const struct namespace *ns, const struct score *s, struct arena *a)
{
	float *out = arena_array(a, float, ns->docs.len);
	fill(ns, s, out);
	return out;
}
