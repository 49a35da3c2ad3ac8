#include "store/query/vector.h"

#include <math.h>

/* The choice is made by code that runs before the thread sanitizer is up, which it does not survive. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && !defined(__SANITIZE_THREAD__)
#define FOR_EACH_CPU __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EACH_CPU
#endif
#define INLINE static inline __attribute__((always_inline))

/* A step is sixteen lanes: enough to hide the latency of an addition, so that memory is the limit. Where
 * registers are narrower the compiler splits them, which changes no sum. */
#define HALF 8
#define STEP (2 * HALF)
typedef float half __attribute__((vector_size(HALF * sizeof(float)), aligned(sizeof(float)), may_alias));

/* Adds the products (or the squares of the differences) of a step to the sum of their lane. */
INLINE void add_step(half sum[2], const float *a, const float *b, bool differences)
{
	for (size_t i = 0; i < 2; i++) {
		half x = ((const half *)a)[i], y = ((const half *)b)[i];
		if (differences)
			x = y = x - y;
		sum[i] += x * y;
	}
}

INLINE float total(const half sum[2])
{
	half s = sum[0] + sum[1];
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/* What does not fill a step, padded with zeros. */
struct tail {
	float a[STEP], b[STEP];
};

INLINE struct tail tail_of(const float *a, const float *b, size_t dims)
{
	struct tail tail = {{0}, {0}};
	size_t n = dims % STEP;
	memcpy(tail.a, a + dims - n, n * sizeof *a);
	memcpy(tail.b, b + dims - n, n * sizeof *b);
	return tail;
}

INLINE float sum_of(const float *a, const float *b, size_t dims, bool differences)
{
	half sum[2] = {{0}, {0}};
	for (size_t i = 0; i + STEP <= dims; i += STEP)
		add_step(sum, a + i, b + i, differences);
	if (dims % STEP) {
		struct tail tail = tail_of(a, b, dims);
		add_step(sum, tail.a, tail.b, differences);
	}
	return total(sum);
}

FOR_EACH_CPU float vector_dot(const float *a, const float *b, size_t dims)
{
	return sum_of(a, b, dims, false);
}

FOR_EACH_CPU float vector_euclidean_squared(const float *a, const float *b, size_t dims)
{
	return sum_of(a, b, dims, true);
}

/* The product of two f32 is exact in f64, so that the distance of a vector to itself is exactly 0. */
static float cosine_distance(float dot, float norm2_a, float norm2_b)
{
	double norms = sqrt((double)norm2_a * (double)norm2_b);
	float distance = norms > 0 ? 1.0F - (float)(dot / norms) : 1.0F;
	return distance < 0 ? 0 : distance > 2 ? 2 : distance;
}

FOR_EACH_CPU float vector_cosine_distance(const float *a, float norm2_a, const float *b, size_t dims)
{
	half dot[2] = {{0}, {0}}, norm2[2] = {{0}, {0}};
	for (size_t i = 0; i + STEP <= dims; i += STEP) {
		add_step(dot, a + i, b + i, false);
		add_step(norm2, b + i, b + i, false);
	}
	if (dims % STEP) {
		struct tail tail = tail_of(a, b, dims);
		add_step(dot, tail.a, tail.b, false);
		add_step(norm2, tail.b, tail.b, false);
	}
	return cosine_distance(total(dot), norm2_a, total(norm2));
}

float vector_distance(enum metric metric, const float *a, float norm2_a, const float *b, size_t dims)
{
	return metric == METRIC_COSINE      ? vector_cosine_distance(a, norm2_a, b, dims)
	       : metric == METRIC_EUCLIDEAN ? sqrtf(vector_euclidean_squared(a, b, dims))
	                                    : vector_euclidean_squared(a, b, dims);
}
