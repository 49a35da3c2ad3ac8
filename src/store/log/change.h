/* What one write does to a namespace, fully decided: the unit that is logged and applied. It holds effects
 * (this schema, these documents, these ids gone), never the request, so that a replay does not depend on
 * rules that may change. */
#pragma once

#include "store/data/namespace.h"

struct put {
	struct doc *doc;      /* its slot is chosen when it is applied */
	const void **vectors; /* as stored, by column; NULL: those of the document that it replaces stay */
};

struct change {
	struct span ns; /* name */
	uint64_t at_ns; /* wall clock */
	bool create, drop;
	bool rows;             /* data was written, so last_write_at moves */
	struct schema *schema; /* the new one; NULL: unchanged */
	/* All settings anew; NULL: unchanged. Their texts are not the change's. */
	const struct settings *settings;
	struct span
	    source; /* of a copy: the namespace whose documents and schema, as they are now, it begins with */
	VEC(struct put) puts;
	VEC(struct span) deletes; /* id keys */
};

/* Packs a document for this schema: values[] has one entry per attribute. Texts are copied. */
struct doc *doc_new(const struct schema *s, struct span id, const struct value *values);

/* Frees what has not been handed over by namespace_apply(). */
void change_free(struct change *c);

/* Appends the change in its form for the log; `schema` is the one in force after it. */
void change_encode(const struct change *c, const struct schema *schema, struct buf *out);
/* Bytes that a document takes there, with its vectors. */
size_t change_doc_size(const struct schema *s, const struct doc *d);
/* Reads back what change_encode() wrote: `schema_of` gives the schema of a namespace by name for a change
 * that brings none (NULL: it does not exist). Texts stay in the record or in the arena. -E_CORRUPT. */
MUST_USE int change_decode(struct arena *a, struct span record,
    const struct schema *(*schema_of)(void *arg, struct span ns), void *arg, struct change *ret_change);

/* Carries it out; documents and schema now belong to the namespace. `drop` is the caller's. */
void namespace_apply(struct namespace *ns, struct change *c);
