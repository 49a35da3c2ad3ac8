/* Distances between a query and the rows of a vector column, in f32.
 *
 * There is one form of the sums for each kind of processor. All do the same operations: sums run over sixteen
 * lanes in a fixed order, products are rounded before they are added, so the answer is the same to the last
 * bit on every machine. */
#pragma once

#include "store/data/schema.h"

/* A sum over a query of f32 and a row in its stored width. */
typedef float vector_sum_fn(const float *query, const void *row, size_t dims);

/* [0]: for rows of f32, [1]: of f16. */
struct vector_form {
	const char *name;
	vector_sum_fn *dot[2];                           /* Σ query·row */
	vector_sum_fn *squares[2];                       /* Σ (query − row)² */
	float (*norm2[2])(const void *row, size_t dims); /* Σ row² */
};

/* The forms that this processor can run, the fastest (for all work) first; NULL past the last. */
const struct vector_form *vector_form(size_t i);

/* The distance by this metric: of cosine from the dot product and both sums of squares, from 0 to 2, and 1 if
 * a vector has no direction; else from the sum of squared differences. */
float vector_distance(enum metric metric, float sum, float query_norm2, float row_norm2);
