/* What a listing asks for, what the store says to it, and what is told of each namespace. Pure. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "config/texts.h"
#include "search/watermark.h"

#define LISTING_PAGE_SIZE_DEFAULT 100
#define LISTING_PAGE_SIZE_MAX     1000
#define LISTING_TEXT_MAX          8192 /* a cursor */

struct listing_query {
	struct span prefix;
	uint64_t page_size;
	struct span store; /* where the page before ended; empty: begin with the first */
	struct span at;    /* the store's own cursor; empty: begin with its first name */
};

/* Reads `prefix`, `page_size` and `cursor` from the query of a request's target; others are let pass. Texts
 * are in the arena. -E_INVALID, then *why names the parameter. */
MUST_USE int listing_read_query(
    struct arena *a, struct span text, struct listing_query *ret, const char **why);
/* Our own cursor: base64url of {"v":1,"store":…,"at":…}. */
struct span listing_cursor(struct arena *a, struct span store, struct span at);

/* Appends path and query of GET /v1/namespaces for a store; of metadata for a namespace. */
void listing_put_target(struct buf *out, const struct listing_query *q, uint64_t page_size);
void listing_put_metadata_target(struct buf *out, struct span name);

/* What the store answers to it: names, and its cursor, empty at the end, as views into `body` or in the
 * arena. The caller frees the names. -E_INVALID if it is something else, or more than `max` names. */
struct listing_names {
	VEC(struct span) names;
	struct span next;
};
MUST_USE int listing_read_names(struct arena *a, struct span body, size_t max, struct listing_names *ret);
/* Whether a store may have a namespace of that name: what else it lists is not asked for. */
bool listing_good_name(struct span name);

struct listing_row {
	struct span name;
	const struct pairs *labels; /* NULL: none */
	struct span metadata;       /* the store's own */
	uint64_t observed_ms;       /* when it came */
	const char *error;          /* NULL: it did */
};

/* Appends the row as JSON. Metadata that cannot be read is a row with `metadata_error`. What the store says
 * stays below 64 KiB a row: a longer list of fields, or index state, is left out. */
void listing_put_row(struct arena *a, const struct listing_row *row, struct buf *out);

/* The metadata with the member `layer` at its end; as it is if it is no object. In the arena. */
struct span metadata_with_layer(struct arena *a, struct span body, struct watermark mark);
