/* The inverted index of one sparse attribute: dimension → the documents that have it, with their weights.
 *
 * Slots are given out in rising order, so postings are only appended to. A document that goes leaves its
 * postings behind: they belong to a slot without a document, which readers skip, and vanish when slots are
 * renumbered. Changing it needs the namespace's write lock, reading its read lock. */
#pragma once

#include "base/vec.h"
#include "store/data/sparse.h"

struct sparse_posting {
	uint32_t slot;
	float weight;
};

struct sparse_dim {
	VEC(struct sparse_posting) postings; /* ascending slots */
	uint32_t len;
	char name[];
};

struct sparse_index;

struct sparse_index *sparse_index_new(void);
/* Returns NULL; NULL is fine. */
struct sparse_index *sparse_index_free(struct sparse_index *si);
/* The slot is larger than every one before. */
void sparse_index_add(struct sparse_index *si, uint32_t slot, const struct value *v);
/* Every slot s becomes moved[s], a mapping that keeps the order; SLOT_NONE where there is no document. */
void sparse_index_renumber(struct sparse_index *si, const uint32_t *moved);
/* The dimension, or NULL if no document ever had it. */
const struct sparse_dim *sparse_index_find(const struct sparse_index *si, struct span name);
