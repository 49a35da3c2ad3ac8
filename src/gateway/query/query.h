/* What the gateway makes out in a query that passes through. */
#pragma once

#include "base/buf.h"

#define QUERY_SHAPE_BYTES_MAX 65536 /* a longer body is not looked at */

struct query_shape {
	bool known;                   /* else nothing below is */
	bool has_filter, has_rank_by; /* a multi-query: one of its queries has */
	bool multi;
	unsigned legs; /* queries of a multi-query */
};

/* Reads a whole body; its shape is not known unless it is sound JSON and an object. No more is checked: what
 * a query means is for the store to judge. Pure. */
struct query_shape query_shape_of(struct span body);

/* A body that flows past, until it ends or is too long. */
struct query_look {
	struct query_shape shape;
	struct buf kept; /* only of a body that comes in several pieces */
	bool over;
};

/* Looks at the next piece; `length` is that of the whole body, UINT64_MAX if only an empty piece tells its
 * end. The piece is not changed and not held. */
void query_look_at(struct query_look *look, struct span piece, uint64_t length);
/* A zeroed look is fine. */
void query_look_end(struct query_look *look);
