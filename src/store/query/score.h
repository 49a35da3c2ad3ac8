/* Ranking expressions that give each document a score: BM25, filters as 0 or 1, and their combinations. */
#pragma once

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
/* The score of every slot of the namespace (0: no match), in the arena. */
const float *score_slots(const struct namespace *ns, const struct score *s, struct arena *a);
