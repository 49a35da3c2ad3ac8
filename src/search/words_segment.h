/* Word boundaries of Unicode 17 (UAX #29, rules WB1 to WB999, untailored), with two deviations of the
 * service's tokenizer, which only show where a ZWJ stands before a pictograph:
 * - the pictograph is passed over: what stands before the ZWJ decides whether what follows joins;
 * - after a space, and after a middle character (as in `a'`) that joins nothing, the ZWJ does not glue. */
#pragma once

#include "base/span.h"

struct words_segment {
	struct span text; /* never empty */
	uint8_t seen;     /* the union of its WORD_… properties (unicode_tables.h) but for the class */
	bool ascii;       /* known to be ASCII */
};

struct words_cursor {
	const char *at, *end;
	const char *middle_end; /* where the segment at `at` ends if that is known already, else NULL */
	uint8_t middle_seen;
};

static inline struct words_cursor words_cursor_of(struct span text)
{
	return (struct words_cursor){.at = text.ptr, .end = text.ptr + text.len};
}

/* Cuts the next segment off; false at the end. A byte that is not UTF-8 separates as a line end does. */
bool words_segment(struct words_cursor *cur, struct words_segment *ret);
/* The same, but passes over the segments that are no tokens. */
bool words_segment_token(struct words_cursor *cur, struct words_segment *ret);
