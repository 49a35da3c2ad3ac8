/* Ranking expressions that give each document a score: BM25, filters as 0 or 1, attributes and distances, and
 * their combinations (wire §5.2). */
#pragma once

#include "store/data/slots.h"
#include "store/filter/filter.h"

struct score;

/* Parses the expression at `path` into the arena; use it only while the read lock is held. On refusal
 * -E_INVALID. */
MUST_USE int score_parse(const struct namespace *ns, yyjson_val *json, const char *path, struct arena *a,
    struct score **ret_score, struct refusal *r);
/* The same for a score that does not depend on other documents (wire §5.7): BM25 takes ln 2 for every idf and
 * an average length of 1. */
MUST_USE int score_parse_alone(const struct namespace *ns, yyjson_val *json, const char *path,
    struct arena *a, struct score **ret_score, struct refusal *r);

/* The slots that can be rows, ascending and in the arena, if these are so few (of rare words) that looking
 * them up one by one costs less than a pass over all; else all. */
struct slot_list score_candidates(const struct namespace *ns, const struct score *s, struct arena *a);

struct scores {
	const float *at;
	const bool *rows; /* whether the document belongs in the result */
};

/* Of each slot in the order of the list, in the arena: one slot, some, or all. A part that does not match
 * scores 0; a hole scores anything and is no row. Not for concurrent use of one expression. */
struct scores score_slots(
    const struct namespace *ns, const struct score *s, struct slot_list slots, struct arena *a);
