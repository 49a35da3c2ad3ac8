#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "store/query/score_node.h"

/* Two things are found apart. The score is plain arithmetic over parts that score 0 where they do not match.
 * Whether a document is a row depends on the leaves alone: one of them has to match it.
 *
 * Scores are kept in one array over all slots, a term or a part at a time: the cost is that of the postings,
 * whatever the expression, and the sums are always made in the order of the query. */
struct pass {
	const struct namespace *ns;
	struct slot_list slots;
	bool *matched;
};

/* What does not fit into f32 counts as the largest number that does. */
static float bounded(float v)
{
	return v > FLT_MAX ? FLT_MAX : v < -FLT_MAX ? -FLT_MAX : v;
}

static void add_posting(const struct pass *p, const struct score *s, const struct score_term *t,
    const struct posting *posting, size_t i, float *out)
{
	out[i] += bm25_score(&s->bm25, t->weight, posting->tf, text_index_length(s->text, posting->slot));
	p->matched[i] = true;
}

static void add_term(const struct pass *p, const struct score *s, const struct score_term *t, float *out)
{
	for (size_t i = 0; p->slots.at && i < p->slots.len; i++) {
		const struct posting *posting = term_posting(t->term, p->slots.at[i]);
		if (posting)
			add_posting(p, s, t, posting, i, out);
	}
	if (p->slots.at)
		return;
	vec_each (&t->term->postings, posting) {
		if (posting->tf && posting->slot < p->slots.len)
			add_posting(p, s, t, posting, posting->slot, out);
	}
}

static void fill_bm25(const struct pass *p, const struct score *s, float *out)
{
	memset(out, 0, p->slots.len * sizeof *out);
	for (size_t i = 0; i < s->terms_len; i++)
		add_term(p, s, &s->terms[i], out);
	for (size_t i = 0; s->prefixed && i < p->slots.len; i++) {
		if (slots_has(s->prefixed, slot_list_get(&p->slots, i))) {
			out[i] += 1;
			p->matched[i] = true;
		}
	}
}

/* The leaves that look at each document by itself. */
static float score_document(const struct score *s, const struct doc *d, bool *matched)
{
	if (s->kind == SCORE_FILTER) {
		bool passes = filter_match(s->filter, d);
		*matched |= passes;
		return passes;
	}
	const struct value *v = doc_value(d, s->attr->index);
	*matched |= v || s->kind == SCORE_ATTRIBUTE;
	if (s->kind == SCORE_ATTRIBUTE)
		return v ? bounded(scalar_number(s->attr->type.base, &v->one)) : 0;
	return v ? bounded(scalar_distance(s->attr->type.base, &v->one, &s->origin)) : INFINITY;
}

static void fill_documents(const struct pass *p, const struct score *s, float *out)
{
	for (size_t i = 0; i < p->slots.len; i++) {
		const struct doc *d = p->ns->docs.at[slot_list_get(&p->slots, i)];
		out[i] = d ? score_document(s, d, &p->matched[i]) : 0;
	}
}

static void fill(const struct pass *p, const struct score *s, float *out);

/* Sums or maxima of the parts. */
static void combine(const struct pass *p, const struct score *s, float *out)
{
	float *part = malloc(p->slots.len * sizeof *part + 1); /* freed here: expressions may be long */
	if (!part)
		abort();
	for (size_t i = 0; i < p->slots.len; i++)
		out[i] = s->kind == SCORE_SUM ? 0 : s->number;
	for (size_t k = 0; k < s->parts_len; k++) {
		fill(p, s->parts[k], part);
		for (size_t i = 0; i < p->slots.len; i++) {
			if (s->kind == SCORE_SUM)
				out[i] = bounded(out[i] + part[i]);
			else if (part[i] > out[i])
				out[i] = bounded(part[i]);
		}
	}
	free(part);
}

/* 0 at 0, 1/2 at the midpoint, towards 1 from there. Decay falls the other way. */
static float bend(const struct score *s, float value)
{
	double v = value > 0 ? (double)value : 0;
	double ratio = s->kind == SCORE_SATURATE ? s->midpoint / v : v / s->midpoint;
	return (float)(1 / (1 + pow(ratio, s->exponent)));
}

/* Sets the score of every slot, and `matched` where a leaf matches. */
static void fill(const struct pass *p, const struct score *s, float *out)
{
	switch (s->kind) {
	case SCORE_BM25:
		fill_bm25(p, s, out);
		break;
	case SCORE_FILTER:
	case SCORE_ATTRIBUTE:
	case SCORE_DIST:
		fill_documents(p, s, out);
		break;
	case SCORE_SUM:
	case SCORE_MAX:
		combine(p, s, out);
		break;
	case SCORE_PRODUCT:
		fill(p, s->parts[0], out);
		for (size_t i = 0; i < p->slots.len; i++)
			out[i] = bounded(bounded(out[i]) * s->number);
		break;
	case SCORE_SATURATE:
	case SCORE_DECAY:
		fill(p, s->parts[0], out);
		for (size_t i = 0; i < p->slots.len; i++)
			out[i] = bend(s, out[i]);
		break;
	}
}

struct scores score_slots(
    const struct namespace *ns, const struct score *s, struct slot_list slots, struct arena *a)
{
	float *at = arena_alloc(a, slots.len * sizeof *at);
	bool *rows = arena_array(a, bool, slots.len);
	struct pass p = {ns, slots, rows};
	fill(&p, s, at);
	for (size_t i = 0; i < slots.len; i++) {
		at[i] = bounded(at[i]);
		rows[i] = rows[i] && (s->zeros || at[i] != 0);
	}
	return (struct scores){at, rows};
}
