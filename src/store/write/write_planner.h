/* A write that is being planned, private to write_*.c.
 *
 * Each id that the request touches has one entry, which holds the document as the request leaves it so far:
 * writes by filter come first, then those by id, which see what the former did. In the end every entry is one
 * put or one delete of the change, or nothing. */
#pragma once

#include "store/filter/filter.h"
#include "store/write/write_fields.h"
#include "store/write/write_plan.h"

enum operation { UPSERT, PATCH, DELETE };
#define OPERATIONS 3

/* One attribute of one row, whichever form it came in. */
struct cell {
	struct span name;
	yyjson_val *value;
};

enum effect { UNTOUCHED, PUT, GONE };

struct entry {
	struct span id;
	enum effect effect;
	bool by_id;           /* one of the operations by id names it */
	struct doc *doc;      /* PUT: ours until it is in the change */
	const void **vectors; /* by column; NULL: those of the stored document stay */
};

struct planner {
	struct write_plan *plan;
	struct arena *arena;
	struct refusal *refusal;
	const struct namespace *ns; /* NULL: being created */
	struct schema *schema;      /* as it will be */
	/* What filters are read against: the stored documents, under the schema that they were indexed by and
	 * with the attributes that the request adds. */
	struct namespace view;
	struct filter *conditions[OPERATIONS];
	struct map entries; /* id → struct entry */
	VEC(struct entry *) in_order;
	struct id_list repeated;
	/* The row that is being read, by attribute index and by column; `merged`: laid over the stored one.
	 */
	struct value *values, *merged;
	uint32_t *row_of; /* the last row that set the attribute, counted from 1 */
	uint32_t row;
	const void **vectors;
};

/* write_stage.c: effects. */

/* The entry of an id; a new one keeps the key. */
struct entry *stage_entry(struct planner *p, struct span id);
/* The document as the request leaves it so far, or NULL. */
const struct doc *stage_current(const struct planner *p, const struct entry *e);
/* Puts the row that is being read (UPSERT), or it laid over the current document (PATCH). */
MUST_USE int stage_put(struct planner *p, enum operation op, struct entry *e);
void stage_delete(struct planner *p, struct entry *e);
/* Turns the entries into the change. */
void stage_finish(struct planner *p);
void stage_free(struct planner *p);

/* write_rows.c: operations by id. */

/* Adds the attributes that the rows of all operations imply, in whatever form, and checks their shape. */
MUST_USE int rows_infer(struct planner *p, yyjson_val *body);
/* Carries out upserts, patches and deletes; refuses an id that stands twice. */
MUST_USE int rows_plan(struct planner *p, yyjson_val *body);
/* Reads a cell of the row; the id is for the refusal, without one it speaks of patch_by_filter. */
MUST_USE int rows_take_cell(struct planner *p, enum operation op, struct span id, const struct cell *cell);
/* Begins a row, and forgets what the last one set. */
void rows_begin(struct planner *p);
void rows_end(struct planner *p);
/* Adds an undeclared attribute of the type that the value implies, if it says anything. */
MUST_USE int rows_infer_from(struct planner *p, struct span name, yyjson_val *v);

/* write_filter.c: operations by filter. */

MUST_USE int filter_writes_infer(struct planner *p, yyjson_val *body);
MUST_USE int filter_writes_plan(struct planner *p, yyjson_val *body, const struct write_limits *limits);
