#include "store/data/vector.h"

#include <math.h>

#define INLINE static inline __attribute__((always_inline))

/* A step is sixteen lanes: enough to hide the latency of an addition, so that memory is the limit. Where
 * registers are narrower the compiler splits them, which changes no sum; nor may it fuse a product into an
 * addition (-ffp-contract=off). */
#define HALF 8
#define STEP (2 * HALF)
typedef float lanes __attribute__((vector_size(HALF * sizeof(float)), aligned(sizeof(float)), may_alias));

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#define FORM(x)     avx2_##x
#define FORM_NAME   "AVX2 and F16C"
#define FORM_TARGET __attribute__((target("avx2,f16c")))
#define FORM_F16C
#include "store/data/vector_form.h"
#endif

/* What every processor of the architecture has: SSE2, NEON, or one lane at a time. */
#define FORM(x)   plain_##x
#define FORM_NAME "the architecture's least"
#define FORM_TARGET
#include "store/data/vector_form.h"

#ifdef __x86_64__
static bool has_avx2_and_f16c(void)
{
	unsigned a, b, c, d;
	return __builtin_cpu_supports("avx2") && __get_cpuid(1, &a, &b, &c, &d) && c & bit_F16C;
}
#endif

const struct vector_form *vector_form(size_t i)
{
#ifdef __x86_64__
	if (has_avx2_and_f16c())
		return i == 0 ? &avx2_form : i == 1 ? &plain_form : NULL;
#endif
	return i == 0 ? &plain_form : NULL;
}

float vector_distance(enum metric metric, float sum, float query_norm2, float row_norm2)
{
	if (metric != METRIC_COSINE)
		return metric == METRIC_EUCLIDEAN ? sqrtf(sum) : sum;
	/* The product of two f32 is exact in f64, so that the distance of a vector to itself is exactly 0. */
	double norms = sqrt((double)query_norm2 * (double)row_norm2);
	float distance = norms > 0 ? 1.0F - (float)(sum / norms) : 1.0F;
	return distance < 0 ? 0 : distance > 2 ? 2 : distance;
}
