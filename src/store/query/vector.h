/* Distances between dense vectors, in f32. The sums run over a fixed set of lanes, so the answer is the same
 * to the last bit whether the processor adds 4 or 8 lanes at once. */
#pragma once

#include "store/data/schema.h"

/* Σ a·b */
float vector_dot(const float *a, const float *b, size_t dims);
/* Σ (a−b)² */
float vector_euclidean_squared(const float *a, const float *b, size_t dims);
/* 1 − cos(a, b), from 0 to 2; norm2_a is vector_dot(a, a). A vector without a direction is at distance 1. */
float vector_cosine_distance(const float *a, float norm2_a, const float *b, size_t dims);
/* By the metric; norm2_a as above. */
float vector_distance(enum metric metric, const float *a, float norm2_a, const float *b, size_t dims);
