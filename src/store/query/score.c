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

/* A product of two f16 is exact in f32, so only the sums round: in the order of the dimensions' names. */
static void add_dim(
    const struct pass *p, const struct sparse_index *si, const struct sparse_entry *dim, float *out)
{
	const struct sparse_dim *found = si ? sparse_index_find(si, dim->name) : NULL;
	if (!found)
		return;
	vec_each (&found->postings, posting) {
		if (posting->slot >= p->slots.len || !p->ns->docs.at[posting->slot])
			continue;
		out[posting->slot] += dim->weight * posting->weight;
		p->matched[posting->slot] = true;
	}
}

static float dot_product(const struct value *query, const struct value *v, bool *matched)
{
	float sum = 0;
	for (uint32_t i = 0; v && i < query->count; i++) {
		const struct sparse_entry *entry = sparse_find(v, query->sparse[i].name);
		if (entry) {
			sum += query->sparse[i].weight * entry->weight;
			*matched = true;
		}
	}
	return sum;
}

static void fill_sparse(const struct pass *p, const struct score *s, float *out)
{
	memset(out, 0, p->slots.len * sizeof *out);
	for (uint32_t i = 0; !p->slots.at && i < s->sparse.count; i++)
		add_dim(p, namespace_sparse(p->ns, s->attr), &s->sparse.sparse[i], out);
	for (size_t i = 0; p->slots.at && i < p->slots.len; i++) {
		const struct doc *d = p->ns->docs.at[p->slots.at[i]];
		if (d)
			out[i] = dot_product(&s->sparse, doc_value(d, s->attr->index), &p->matched[i]);
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
	case SCORE_SPARSE:
		fill_sparse(p, s, out);
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

/* How much a look at every slot costs less than finding a slot's posting of a term. */
#define LOOKUP_COST 16

/* The number of postings that the leaves have; SIZE_MAX if one of them is not about words. */
static size_t postings_of(const struct score *s, size_t *terms)
{
	size_t sum = 0;
	if ((s->kind != SCORE_BM25 && !s->parts_len) || s->prefixed)
		return SIZE_MAX;
	for (size_t i = 0; i < s->terms_len; i++)
		sum += s->terms[i].term->postings.len;
	*terms += s->terms_len;
	for (size_t i = 0; i < s->parts_len; i++) {
		size_t part = postings_of(s->parts[i], terms);
		if (part == SIZE_MAX)
			return SIZE_MAX;
		sum += part;
	}
	return sum;
}

static size_t collect_slots(const struct score *s, uint32_t *to)
{
	size_t n = 0;
	for (size_t i = 0; i < s->terms_len; i++) {
		vec_each (&s->terms[i].term->postings, posting) {
			to[n++] = posting->slot;
		}
	}
	for (size_t i = 0; i < s->parts_len; i++)
		n += collect_slots(s->parts[i], to + n);
	return n;
}

static int by_slot(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

struct slot_list score_candidates(const struct namespace *ns, const struct score *s, struct arena *a)
{
	size_t terms = 0, postings = postings_of(s, &terms), len = 0;
	if (postings > ns->docs.len || postings * terms * LOOKUP_COST > ns->docs.len)
		return (struct slot_list){.len = ns->docs.len};
	uint32_t *at = arena_array(a, uint32_t, postings + 1);
	collect_slots(s, at);
	qsort(at, postings, sizeof *at, by_slot);
	for (size_t i = 0; i < postings; i++) {
		if (len == 0 || at[i] != at[len - 1])
			at[len++] = at[i];
	}
	return (struct slot_list){at, len};
}
