/* Sparse vectors, the type {}f16: weights by the name of their dimension (wire §3.5). The entries of a value
 * stand in ascending byte order of their names, each name once. */
#pragma once

#include "store/data/value.h"

#define SPARSE_DIMS_MAX 1024

struct sparse_entry {
	struct span name;
	float weight; /* that of a finite f16 */
};

/* Reads {"name": number, …}; weights are rounded to f16. Names keep pointing into the JSON document, the rest
 * stands in the arena. -E_INVALID and a static text if it is none, has too many entries, names one twice, or
 * if a weight is too large for f16. */
MUST_USE int sparse_from_json(
    struct arena *a, const yyjson_val *v, struct value *ret_value, const char **ret_why);
void sparse_to_json(struct buf *out, const struct value *v);
/* The entry of that name, or NULL. */
const struct sparse_entry *sparse_find(const struct value *v, struct span name);
