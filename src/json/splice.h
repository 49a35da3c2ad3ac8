/* Editing JSON in place of copying it: edits over a text that does not change, read back as pieces: what was
 * not touched as it came, with ours between. For writev, or appended to a buffer.
 *
 * Spans of the text come from json/scan; what is put in is raw JSON, which the caller keeps alive and answers
 * for. Edits may come in any order (ascending is fastest) but must not overlap; that is asserted. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"

struct json_edit {
	const char *from, *to; /* of the text; equal: an insertion */
	struct span put;
};

struct json_splice {
	struct span text;
	size_t len;                  /* of the result */
	VEC(struct json_edit) edits; /* sorted */
};

/* The text must outlive the splice. */
void json_splice_init(struct json_splice *sp, struct span text);
/* Frees the list of edits. A zeroed one is fine. */
void json_splice_free(struct json_splice *sp);

/* Puts `put` before the byte at `at`, behind what was put there before; `at` may be the text's end. */
void json_splice_insert(struct json_splice *sp, const char *at, struct span put);
/* Puts `put` where `old`, a span of the text, stands. An empty `put` removes it. */
void json_splice_replace(struct json_splice *sp, struct span old, struct span put);

/* Adds an item at the front of `container`, the raw array or object as the text has it. The item is an
 * element or a whole member and ends with a comma, which is left out where nothing follows. */
void json_splice_add(struct json_splice *sp, struct span container, struct span item);
/* Removes all members of the raw object that have one of n plain names; returns how many. To be called at
 * most once for an object, before anything is added to it. */
size_t json_splice_remove(struct json_splice *sp, struct span object, const struct span *names, size_t n);

/* The result as at most 2 × edits + 1 pieces, none empty, in the arena. */
struct span *json_splice_pieces(const struct json_splice *sp, struct arena *a, size_t *ret_n);
void json_splice_append(const struct json_splice *sp, struct buf *out);
