/* limit.per: of the rows that agree in some attributes, only the best few count (wire §5.3).
 *
 * Each group keeps its own best rows, and the limit as a whole chooses among what all groups kept. That is
 * the same as walking down the whole ranking and passing over every row whose group is full. */
#pragma once

#include "store/data/namespace.h"
#include "store/query/topk.h"

struct per_limit;

/* Parses {"attributes": [name, …], "limit": at most `total`}, which stands in the limit at `path`, into the
 * arena. On refusal -E_INVALID. */
MUST_USE int per_limit_parse(const struct namespace *ns, yyjson_val *json, const char *path, size_t total,
    struct arena *a, struct per_limit **ret, struct refusal *r);
/* 400 unless the rows show every attribute of the key: include[] by attribute index, and the id. */
MUST_USE int per_limit_check(
    const struct per_limit *per, const bool *include, bool include_id, struct refusal *r);

/* Offers a document for the rows, which are ranked and tied as `rows` says. */
void per_limit_offer(struct per_limit *per, const struct topk *rows, float key, const struct doc *d);
/* Offers what the groups kept. */
void per_limit_collect(const struct per_limit *per, struct topk *rows);
