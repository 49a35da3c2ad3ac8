/* What a namespace holds, without locks: the holder of one (store/catalog.h) does the locking. Readers take
 * its read lock and may look at everything here; nothing changes under them. */
#pragma once

#include "base/map.h"
#include "base/vec.h"
#include "store/data/schema.h"
#include "store/data/settings.h"
#include "store/data/sparse_index.h"
#include "store/text/text_index.h"

#define NAMESPACE_NAME_MAX 128

struct vector_column {
	char *at;         /* see vector_row() */
	size_t row_bytes; /* vector_bytes() */
	float *norms2;    /* by slot, Σ of the squares: cosine only, else NULL */
	uint32_t dims;
	bool f16;
};

/* Slots are given out in rising order and never twice, so that postings and vectors are only appended to: a
 * document that is replaced moves to a new slot and leaves a hole. When there are more holes than documents,
 * all slots are renumbered in the same order, which costs a pass over the postings, no analysis. */
struct namespace
{
	struct schema *schema;
	struct settings settings;
	struct map by_id;       /* id key → struct doc */
	VEC(struct doc *) docs; /* by slot; NULL: a hole */
	struct vector_column
	    vectors[VECTOR_COLUMNS_MAX]; /* by attr->column; every document has every vector */
	VEC(struct text_index *) text; /* by attr->index; NULL without full_text; may be shorter than attrs */
	VEC(struct sparse_index *) sparse; /* the same; NULL until a document has the attribute */
	uint64_t created_ns, updated_ns, last_write_ns;
	uint64_t logical_bytes;
};

struct namespace *namespace_new(uint64_t created_ns);
/* Returns NULL; NULL is fine. */
struct namespace *namespace_free(struct namespace *ns);

/* A namespace of its own with the same documents and schema, and no settings. */
struct namespace *namespace_copy(const struct namespace *from, uint64_t created_ns);

/* Bytes that reading the whole namespace counts in billing; small ones count as the least. */
uint64_t namespace_billed_read(const struct namespace *ns);

static inline size_t namespace_row_count(const struct namespace *ns)
{
	return ns->by_id.len;
}

/* The document, or NULL. */
static inline const struct doc *namespace_find(const struct namespace *ns, struct span id)
{
	return map_get(&ns->by_id, id);
}

/* The stored vector of a slot. */
static inline void *vector_row(const struct vector_column *c, size_t slot)
{
	return c->at + slot * c->row_bytes;
}

/* The vector of a document as floats: where it is stored, or in the arena. */
static inline const float *namespace_vector(
    const struct namespace *ns, const struct attr *attr, const struct doc *d, struct arena *a)
{
	const struct vector_column *c = &ns->vectors[attr->column];
	return vector_unpack(a, attr->type, vector_row(c, d->slot));
}

/* The vectors of the document in this slot, by column, in the arena; NULL in a namespace without any. */
const void **namespace_vectors(const struct namespace *ns, struct arena *a, uint32_t slot);

/* The index of a full-text attribute, or NULL. */
static inline const struct text_index *namespace_text(const struct namespace *ns, const struct attr *attr)
{
	return attr->index < ns->text.len ? ns->text.at[attr->index] : NULL;
}

/* The index of a sparse attribute, or NULL. */
static inline const struct sparse_index *namespace_sparse(const struct namespace *ns, const struct attr *attr)
{
	return attr->index < ns->sparse.len ? ns->sparse.at[attr->index] : NULL;
}
