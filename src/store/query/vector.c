#include "store/query/vector.h"

#include <math.h>

#define INLINE static inline __attribute__((always_inline))

/* A step is sixteen lanes: enough to hide the latency of an addition, so that memory is the limit. Where
 * registers are narrower the compiler splits them, which changes no sum; nor may it fuse a product into an
 * addition (-ffp-contract=off). */
#define HALF 8
#define STEP (2 * HALF)
typedef float lanes __attribute__((vector_size(HALF * sizeof(float)), aligned(sizeof(float)), may_alias));

/* The product of two f32 is exact in f64, so that the distance of a vector to itself is exactly 0. */
INLINE float cosine_distance(float dot, float norm2_a, float norm2_b)
{
	double norms = sqrt((double)norm2_a * (double)norm2_b);
	float distance = norms > 0 ? 1.0F - (float)(dot / norms) : 1.0F;
	return distance < 0 ? 0 : distance > 2 ? 2 : distance;
}

#ifdef __x86_64__
#include <immintrin.h>
#define FORM(x)     avx2_##x
#define FORM_NAME   "AVX2 and F16C"
#define FORM_TARGET __attribute__((target("avx2,f16c")))
#define FORM_F16C
#include "store/query/vector_form.h"
#endif

/* What every processor of the architecture has: SSE2, NEON, or one lane at a time. */
#define FORM(x)   plain_##x
#define FORM_NAME "the architecture's least"
#define FORM_TARGET
#include "store/query/vector_form.h"

const struct vector_form *vector_form(size_t i)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c"))
		return i == 0 ? &avx2_form : i == 1 ? &plain_form : NULL;
#endif
	return i == 0 ? &plain_form : NULL;
}
