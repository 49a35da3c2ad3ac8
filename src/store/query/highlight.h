/* Highlight: the fragments of a row's text that answer the query best (wire §5.7).
 *
 * A fragment is scored by an ordinary expression in a namespace of its own, which holds the fragments of that
 * one text as documents: so every ranking expression works, and the text's other fragments are what BM25
 * compares with. */
#pragma once

#include "store/data/namespace.h"

struct highlight;

/* Parses ["Highlight", attr, {options}], which computes the attribute `name` and stands at `path`, into the
 * arena. Without rank_fragments_by the BM25 clauses of rank_by (NULL: none) over that attribute rank. On
 * refusal -E_INVALID. */
MUST_USE int highlight_parse(const struct namespace *ns, yyjson_val *json, struct span name, const char *path,
    yyjson_val *rank_by, struct arena *a, struct highlight **ret, struct refusal *r);
/* Writes [{"text": …, …}, …], best first, [] if nothing matches; returns the bytes of the texts. */
size_t highlight_print(const struct highlight *h, const struct doc *d, struct buf *out);
