/* What the gateway reads and changes in the body of a write, while it passes: every row that it puts or
 * patches gets the attribute _hevlayer_upserted_at, one value for the whole request. Pure: bytes in, pieces
 * out. Contract: pages api/write and document-model, decisions "The write route refuses" and "The stamp".
 *
 * Everything else stays byte for byte as it came; a part whose shape is not known passes untouched, so that
 * the store's own error answers. A stamp that the caller brings is overwritten, in rows where it stands. */
#pragma once

#include "base/arena.h"
#include "base/vec.h"
#include "gateway/edge/request.h"
#include "json/flow.h"

#define STAMP_ATTRIBUTE  "_hevlayer_upserted_at"
#define RESERVED_PREFIX  "_hevlayer_"
#define STAMP_DIGITS_MAX 20

/*  id,                    key,                     how its value is read */
#define WRITE_OPERATIONS(X)                                                                                  \
	X(UPSERT_ROWS, "upsert_rows", ROWS)                                                                  \
	X(UPSERT_COLUMNS, "upsert_columns", COLUMNS)                                                         \
	X(PATCH_ROWS, "patch_rows", ROWS)                                                                    \
	X(PATCH_COLUMNS, "patch_columns", COLUMNS)                                                           \
	X(DELETES, "deletes", IDS)                                                                           \
	X(DELETE_BY_FILTER, "delete_by_filter", OPAQUE)                                                      \
	X(PATCH_BY_FILTER, "patch_by_filter", PATCH)                                                         \
	X(COPY_FROM, "copy_from_namespace", OPAQUE)                                                          \
	X(BRANCH_FROM, "branch_from_namespace", OPAQUE)                                                      \
	X(SCHEMA, "schema", OPAQUE)

enum write_operation {
#define X(id, key, form) OP_##id,
	WRITE_OPERATIONS(X)
#undef X
	    OP_NONE,
};

/* What follows the write's own fate in the cache; called in the order of the body, before the piece of output
 * that holds the row or id is handed out. Ids are raw JSON: a number or a string. */
struct stamp_watcher {
	void *ctx;
	void (*id)(void *ctx, enum write_operation op, struct span id);
	/* A whole row of upsert_rows, as it came; only if the body came in one window. */
	void (*row)(void *ctx, struct span id, struct span row);
};

/* A piece of output: `text`, so many times. */
struct stamp_piece {
	struct span text;
	uint64_t times;
};

struct stamp {
	/* The pieces that the last window made: views into it, and texts of the stamp's own. */
	VEC(struct stamp_piece) pieces;
	bool has[OP_NONE];      /* operations that the body has */
	bool conditional;       /* any of *_condition */
	bool asks_affected_ids; /* return_affected_ids stands in it, whatever its value */
	/* On failure: a bad body (400), or one that the gateway does not let pass (422). */
	enum error_id error;
	struct span message; /* in the arena */

	struct arena *arena;
	const struct stamp_watcher *watcher;
	struct json_flow flow;
	uint64_t seen;    /* top-level members that may stand once, by bit */
	const char *kept; /* the window's bytes before it are dealt with */
	bool dropping;    /* the value that is read is replaced */
	enum write_operation op;
	int form;
	/* The row, the columns or the patch that is read. */
	bool members, stamped, has_id, in_ids;
	uint64_t ids;
	const char *row; /* NULL: it began in an earlier window */
	struct span row_id;
	struct span value, member,
	    first_member;                 /* the stamp; `,"_hevlayer_upserted_at":STAMP`; without comma */
	struct span column, first_column; /* `,"_hevlayer_upserted_at":[` */
	struct span value_comma;
};

/* `watcher` may be NULL. The arena holds some texts; it grows with a failure only. */
void stamp_init(struct stamp *s, struct arena *a, uint64_t stamp_ms, const struct stamp_watcher *watcher);
/* Reads the next window of the body (see json_flow_feed()); the pieces then say what is to be sent for what
 * was read of it. 0, or a negative code with `error` and `message`: then nothing more of the body may be
 * sent. What is left of the window, stamp_rest(), comes first in the next one. */
MUST_USE int stamp_feed(struct stamp *s, struct span window, bool final);
struct span stamp_rest(const struct stamp *s);
/* Bytes of the pieces together. */
uint64_t stamp_len(const struct stamp *s);
/* NULL-safe parts only: a zeroed stamp is fine. */
void stamp_free(struct stamp *s);
