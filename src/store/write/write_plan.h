/* From the body of a write to the change it makes: every rule of the write route, no locks, no I/O. */
#pragma once

#include "store/log/change.h"

struct id_list {
	struct span *at;
	size_t len, cap;
};

/* Rows that one request may delete or patch by filter. */
struct write_limits {
	size_t delete_rows, patch_rows;
};

struct write_plan {
	struct change change;
	const struct schema *schema; /* in force afterwards: change.schema, or else `spare` */
	struct schema *spare;
	struct settings settings;       /* what change.settings points to */
	bool upserts, patches, deletes; /* operations that the request has */
	struct id_list upserted, patched, deleted;
	bool return_ids;
	bool may_be_partial, rows_remaining; /* of writes by filter */
	uint64_t bytes_written;              /* as billed */
	uint64_t bytes_queried;              /* 0: nothing had to be read */
};

/* Plans a write into `ns` (NULL: it does not exist yet). Everything is decided and checked here: a plan that
 * was made can be applied as long as the namespace did not change meanwhile. On refusal nothing is left. */
MUST_USE int write_plan_make(const struct namespace *ns, struct span name, yyjson_val *body,
    const struct write_limits *limits, struct arena *a, struct write_plan *ret_plan, struct refusal *r);
/* Plans a schema update (the bare map of the schema route). */
MUST_USE int write_plan_schema(const struct namespace *ns, struct span name, yyjson_val *body,
    struct arena *a, struct write_plan *ret_plan, struct refusal *r);
/* False if there is nothing in it for the log, such as to ensure that a namespace exists which does. */
bool write_plan_changes(const struct write_plan *p);
/* Frees what was not applied. */
void write_plan_free(struct write_plan *p);
