/* The parsed form of Highlight, private to highlight*.c. */
#pragma once

#include "store/query/highlight.h"

#define FRAGMENTS_MAX 1024

/*  fragment_by        name */
#define FRAGMENT_BYS(X)                                                                                      \
	X(FRAGMENT_BY_NONE, "none")                                                                          \
	X(FRAGMENT_BY_SENTENCE, "sentence")                                                                  \
	X(FRAGMENT_BY_PARAGRAPH, "paragraph")                                                                \
	X(FRAGMENT_BY_WORD, "word")

/*  include_offsets    name */
#define OFFSET_UNITS(X)                                                                                      \
	X(OFFSETS_UTF8, "utf-8")                                                                             \
	X(OFFSETS_UTF16, "utf-16")                                                                           \
	X(OFFSETS_CODEPOINTS, "codepoints")

#define X(value, name) value,
enum fragment_by { FRAGMENT_BYS(X) };
enum offset_unit { OFFSETS_NONE = -1, OFFSET_UNITS(X) };
#undef X

struct highlight {
	const struct attr *attr;
	int fragment_by; /* enum fragment_by */
	int offsets;     /* enum offset_unit */
	size_t limit;
	struct schema *fragments; /* of the namespace that the fragments are scored in */
	yyjson_val **ranks;       /* the score is the sum of these */
	size_t ranks_len;
	struct map words;          /* what is a match: words of the query → anything */
	struct word_list prefixes; /* and what begins with one of these */
};

/* A namespace of fragments, one document per text, in slots 0, 1, …; the caller frees it. */
struct namespace *highlight_fragments(const struct highlight *h, const struct span *texts, size_t n);
