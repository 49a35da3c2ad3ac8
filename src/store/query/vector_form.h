/* One form of the code of vector.c, which includes this file for each: FORM(x) makes a name the form's own,
 * FORM_TARGET says what the processor has, FORM_F16C that this includes converting halves. */

#ifdef FORM_F16C
FORM_TARGET INLINE void FORM(halves)(lanes *to, const uint16_t *p)
{
	*to = (lanes)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}
#else
/* half_to_f32() of eight; what is stored is finite. */
FORM_TARGET INLINE void FORM(halves)(lanes *to, const uint16_t *p)
{
	typedef uint16_t narrow __attribute__((vector_size(HALF * 2), aligned(2), may_alias));
	typedef uint32_t wide __attribute__((vector_size(HALF * 4)));
	wide h = __builtin_convertvector(*(const narrow *)p, wide);
	lanes v = (lanes)((h & 0x7FFF) << 13) * 0x1p112F;
	*to = (lanes)((wide)v | (h & 0x8000) << 16);
}
#endif

FORM_TARGET INLINE void FORM(load)(lanes to[2], const void *row, size_t i, bool f16)
{
	for (size_t k = 0; k < 2; k++, i += HALF) {
		if (f16)
			FORM(halves)(&to[k], (const uint16_t *)row + i);
		else
			to[k] = *(const lanes *)((const float *)row + i);
	}
}

/* What does not fill a step, padded with zeros. */
FORM_TARGET INLINE void FORM(load_tail)(lanes to[2], const void *row, size_t dims, bool f16)
{
	char step[STEP * sizeof(float)] __attribute__((aligned(32))) = {0};
	size_t width = f16 ? sizeof(uint16_t) : sizeof(float), n = dims % STEP;
	memcpy(step, (const char *)row + (dims - n) * width, n * width);
	FORM(load)(to, step, 0, f16);
}

FORM_TARGET INLINE float FORM(total)(const lanes sum[2])
{
	lanes s = sum[0] + sum[1];
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

/* Adds the products of a step to the sum of their lane. */
FORM_TARGET INLINE void FORM(add)(lanes sum[2], const lanes x[2], const lanes y[2])
{
	for (size_t k = 0; k < 2; k++)
		sum[k] += x[k] * y[k];
}

FORM_TARGET INLINE float FORM(cosine)(const float *query, float norm2, const void *row, size_t dims, bool f16)
{
	lanes dot[2] = {{0}, {0}}, row2[2] = {{0}, {0}}, x[2], y[2];
	for (size_t i = 0; i + STEP <= dims; i += STEP) {
		FORM(load)(x, query, i, false);
		FORM(load)(y, row, i, f16);
		FORM(add)(dot, x, y);
		FORM(add)(row2, y, y);
	}
	if (dims % STEP) {
		FORM(load_tail)(x, query, dims, false);
		FORM(load_tail)(y, row, dims, f16);
		FORM(add)(dot, x, y);
		FORM(add)(row2, y, y);
	}
	return cosine_distance(FORM(total)(dot), norm2, FORM(total)(row2));
}

/* Σ query·row, or Σ (query − row)². */
FORM_TARGET INLINE float FORM(sum)(
    const float *query, const void *row, size_t dims, bool f16, bool differences)
{
	lanes sum[2] = {{0}, {0}}, x[2], y[2];
	for (size_t i = 0; i < dims; i += STEP) {
		if (i + STEP <= dims) {
			FORM(load)(x, query, i, false);
			FORM(load)(y, row, i, f16);
		} else {
			FORM(load_tail)(x, query, dims, false);
			FORM(load_tail)(y, row, dims, f16);
		}
		for (size_t k = 0; k < 2 && differences; k++)
			x[k] = y[k] = x[k] - y[k];
		FORM(add)(sum, x, y);
	}
	return FORM(total)(sum);
}

FORM_TARGET static float FORM(dot)(const float *a, const float *b, size_t dims)
{
	return FORM(sum)(a, b, dims, false, false);
}

#define DISTANCES(width, f16)                                                                                \
	FORM_TARGET static float FORM(cosine_##width)(                                                       \
	    const float *query, float norm2, const void *row, size_t dims)                                   \
	{                                                                                                    \
		return FORM(cosine)(query, norm2, row, dims, f16);                                           \
	}                                                                                                    \
	FORM_TARGET static float FORM(squared_##width)(                                                      \
	    const float *query, float norm2, const void *row, size_t dims)                                   \
	{                                                                                                    \
		return FORM(sum)(query, row, dims, f16, true);                                               \
	}                                                                                                    \
	FORM_TARGET static float FORM(euclidean_##width)(                                                    \
	    const float *query, float norm2, const void *row, size_t dims)                                   \
	{                                                                                                    \
		return sqrtf(FORM(sum)(query, row, dims, f16, true));                                        \
	}
DISTANCES(f32, false)
DISTANCES(f16, true)
#undef DISTANCES

static const struct vector_form FORM(form) = {
    .name = FORM_NAME,
    .dot = FORM(dot),
    .distance = {[METRIC_COSINE] = {FORM(cosine_f32), FORM(cosine_f16)},
        [METRIC_EUCLIDEAN_SQUARED] = {FORM(squared_f32), FORM(squared_f16)},
        [METRIC_EUCLIDEAN] = {FORM(euclidean_f32), FORM(euclidean_f16)}},
};

#undef FORM
#undef FORM_NAME
#undef FORM_TARGET
#undef FORM_F16C
