/* Reading JSON that arrives in pieces, with memory that does not grow with it: the same grammar and checks as
 * json/scan, over a window that moves along the text.
 *
 *	json_flow_init(&f);
 *	for (;;) {
 *		json_flow_feed(&f, window, final);
 *		while ((event = json_flow_next(&f)) > JSON_FLOW_MORE)
 *			…
 *		// what json_flow_rest() says comes first in the next window
 *	}
 *
 * Values are told of down to the depth `watch` (0: the root; 1: its members; …), which the caller moves as it
 * likes between two events. What lies deeper is checked, not told of. */
#pragma once

#include "json/scan.h"

/* A string whose end is asked for is kept in the window up to this many bytes. */
#define JSON_FLOW_HELD_MAX 4096

enum json_flow_event {
	JSON_FLOW_FAILED, /* scan.status, json_flow_error() */
	JSON_FLOW_DONE,   /* the text has ended, and all of it is sound */
	JSON_FLOW_MORE,   /* the window is used up */
	JSON_FLOW_VALUE,  /* a value begins at scan.at; `type` and, inside an object, `key` */
	JSON_FLOW_END, /* a value ends before scan.at: every array and object, a scalar only if asked for */
};

struct json_flow {
	struct json_scan scan; /* over the window; read-only to callers: at, depth, status */
	unsigned watch;        /* the caller's to set */
	bool want_end;         /* to be set at JSON_FLOW_VALUE: tell of this scalar's end too */
	enum json_type type;   /* of the value that begins */
	struct span key;       /* raw; until the next event */
	struct span raw;       /* of the scalar that ends; NULL if it is a longer string than is held */

	uint64_t before; /* bytes of the text before the window */
	bool final, in_string, told;
	unsigned numbers; /* see json_skip_numbers() */
};

void json_flow_init(struct json_flow *f);
/* The next window: what json_flow_rest() said, then at least one byte more unless `final`, which means that
 * the text ends with it. It must stay in place until the next one. */
void json_flow_feed(struct json_flow *f, struct span window, bool final);
/* The event that comes next. The depth of its value is scan.depth. */
enum json_flow_event json_flow_next(struct json_flow *f);
/* After JSON_FLOW_MORE: the end of the window that is not read yet. It is a token at most, so a window that
 * it fills cannot go on; more than JSON_FLOW_HELD_MAX bytes only ever come from a longer key or number, or
 * from white space around a comma or colon. */
struct span json_flow_rest(const struct json_flow *f);
/* What is wrong; the offset is that in the whole text. */
struct json_error json_flow_error(const struct json_flow *f);
