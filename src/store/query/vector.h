/* Distances of a query from the rows of a vector column, in f32.
 *
 * There is one form of the code for each kind of processor. All do the same operations: sums run over sixteen
 * lanes in a fixed order, products are rounded before they are added, so the answer is the same to the last
 * bit on every machine. */
#pragma once

#include "store/data/schema.h"

/* How far `row` (dims components in their stored width) is from the query; norm2 is the dot product of the
 * query with itself. Cosine: 1 − cos, from 0 to 2; a vector without a direction is at distance 1. */
typedef float vector_distance_fn(const float *query, float norm2, const void *row, size_t dims);

struct vector_form {
	const char *name;
	float (*dot)(const float *a, const float *b, size_t dims); /* Σ a·b */
	vector_distance_fn *distance[METRICS_LEN][2]; /* by metric, by whether the rows are f16 */
};

/* The forms that this processor can run, the fastest (for all queries) first; NULL past the last. */
const struct vector_form *vector_form(size_t i);
