/* Filters: parsed against a namespace once, then asked about its documents one by one, without allocating. */
#pragma once

#include "store/data/namespace.h"

struct filter;

/* Parses the filter that stands at `path` of the request ("filters", "queries[1].filters", …) into the arena.
 * Its attributes, types and tokens are resolved against the namespace as it is now: use it only while the
 * read lock is held. On refusal -E_INVALID. */
MUST_USE int filter_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct filter **ret_filter, struct refusal *r);
/* The same for the condition of a write, in which {"$ref_new": attribute} may stand as an operand. */
MUST_USE int condition_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct filter **ret_filter, struct refusal *r);
/* Whether the JSON can only be meant as a filter: [attr, operator, …] or ["And" | "Or" | "Not", …]. */
bool filter_looks_like(yyjson_val *json);
/* Whether a document of that namespace passes; NULL lets all pass. Not for concurrent use of one filter. */
bool filter_match(struct filter *f, const struct doc *d);

/* What $ref_new refers to: the row that is being written, or NULL values where it is a delete. */
struct new_row {
	struct span id;             /* key */
	const struct value *values; /* by attribute index; missing ones are null */
};
/* filter_match() for a condition; the arena takes operands. NULL lets all pass. */
bool condition_match(struct filter *f, const struct doc *d, const struct new_row *row, struct arena *a);

/* Where a filter names the ids that can pass (["id", "In", […]], alone or inside And), finds the slots of
 * those that exist, each once, in the arena. False: it does not, any document may pass. */
bool filter_names_ids(const struct filter *f, const struct namespace *ns, struct arena *a,
    const uint32_t **ret_slots, size_t *ret_len);
