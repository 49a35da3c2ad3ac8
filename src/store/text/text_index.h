/* The inverted index of one full-text attribute: term → the documents that contain it, with positions.
 *
 * Changing it needs the namespace's write lock; everything else only its read lock. A removed document leaves
 * dead postings (tf = 0) behind, which are swept when they outnumber the living of their term: readers skip
 * them. */
#pragma once

#include "base/map.h"
#include "base/vec.h"
#include "search/words.h"
#include "store/data/schema.h"

struct posting {
	uint32_t slot, tf; /* tf = 0: dead */
	union {
		uint32_t one;         /* tf = 1 */
		const uint32_t *many; /* ascending */
	} at;
};

struct term {
	VEC(struct posting) postings; /* ascending slots */
	uint32_t df;                  /* living postings; 0: the term is gone */
	uint32_t len;
	char text[];
};

struct text_index;

struct text_index *text_index_new(const struct attr *attr);
/* Returns NULL; NULL is fine. */
struct text_index *text_index_free(struct text_index *ti);

/* Adds the document in this slot, or takes it out; `v` is its (same) present value. */
void text_index_add(struct text_index *ti, uint32_t slot, const struct value *v);
void text_index_remove(struct text_index *ti, uint32_t slot, const struct value *v);

/* Every slot s becomes moved[s], a mapping that keeps the order; SLOT_NONE where there is no document. */
void text_index_renumber(struct text_index *ti, const uint32_t *moved);

/* The tokens of a text as this attribute's analysis gives them (pre_tokenized_array: the text itself). */
void text_index_analyse(
    const struct text_index *ti, struct arena *a, struct span text, struct word_list *out);

/* The term, or NULL if no document contains it. */
const struct term *text_index_find(const struct text_index *ti, struct span token);
/* Calls fn for each living term that starts with these bytes, in byte order, until fn returns false. */
void text_index_prefix(const struct text_index *ti, struct span prefix,
    bool (*fn)(void *arg, const struct term *term), void *arg);
/* The living posting of the slot, or NULL. */
const struct posting *term_posting(const struct term *t, uint32_t slot);
static inline const uint32_t *posting_positions(const struct posting *p)
{
	return p->tf == 1 ? &p->at.one : p->at.many;
}

/* The statistics of BM25, over the documents that have the attribute. */
uint32_t text_index_documents(const struct text_index *ti);
double text_index_average_length(const struct text_index *ti);
/* Tokens of the attribute in this slot; 0 without. */
uint32_t text_index_length(const struct text_index *ti, uint32_t slot);
