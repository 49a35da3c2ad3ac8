/* What a namespace holds, without locks: the holder of one (store/catalog.h) does the locking. Readers take
 * its read lock and may look at everything here; nothing changes under them. */
#pragma once

#include "base/map.h"
#include "base/vec.h"
#include "store/data/schema.h"
#include "store/text/text_index.h"

#define NAMESPACE_NAME_MAX 128

struct vector_column {
	char *at;         /* row of slot s: at + s * row_bytes */
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
	struct map by_id;       /* id key → struct doc */
	VEC(struct doc *) docs; /* by slot; NULL: a hole */
	struct vector_column
	    vectors[VECTOR_COLUMNS_MAX]; /* by attr->column; every document has every vector */
	VEC(struct text_index *) text; /* by attr->index; NULL without full_text; may be shorter than attrs */
	uint64_t created_ns, updated_ns, last_write_ns;
	uint64_t logical_bytes;
};

struct namespace *namespace_new(uint64_t created_ns);
/* Returns NULL; NULL is fine. */
struct namespace *namespace_free(struct namespace *ns);

static inline size_t namespace_row_count(const struct namespace *ns)
{
	return ns->by_id.len;
}

/* The document, or NULL. */
static inline const struct doc *namespace_find(const struct namespace *ns, struct span id)
{
	return map_get(&ns->by_id, id);
}

/* The stored vector of a document. */
static inline const void *namespace_vector(
    const struct namespace *ns, const struct attr *attr, const struct doc *d)
{
	return ns->vectors[attr->column].at + d->slot * ns->vectors[attr->column].row_bytes;
}

/* The index of a full-text attribute, or NULL. */
static inline const struct text_index *namespace_text(const struct namespace *ns, const struct attr *attr)
{
	return attr->index < ns->text.len ? ns->text.at[attr->index] : NULL;
}
