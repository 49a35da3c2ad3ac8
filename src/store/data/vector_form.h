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

/* Σ x·y, or Σ (x − y)². */
FORM_TARGET INLINE float FORM(sum)(
    const void *a, bool a_f16, const void *b, bool b_f16, size_t dims, bool differences)
{
	lanes sum[2] = {{0}, {0}}, x[2], y[2];
	for (size_t i = 0; i < dims; i += STEP) {
		if (i + STEP <= dims) {
			FORM(load)(x, a, i, a_f16);
			FORM(load)(y, b, i, b_f16);
		} else {
			FORM(load_tail)(x, a, dims, a_f16);
			FORM(load_tail)(y, b, dims, b_f16);
		}
		for (size_t k = 0; k < 2; k++) {
			if (differences)
				x[k] = y[k] = x[k] - y[k];
			sum[k] += x[k] * y[k];
		}
	}
	return FORM(total)(sum);
}

#define SUMS(width, f16)                                                                                     \
	FORM_TARGET static float FORM(dot_##width)(const float *query, const void *row, size_t dims)         \
	{                                                                                                    \
		return FORM(sum)(query, false, row, f16, dims, false);                                       \
	}                                                                                                    \
	FORM_TARGET static float FORM(squares_##width)(const float *query, const void *row, size_t dims)     \
	{                                                                                                    \
		return FORM(sum)(query, false, row, f16, dims, true);                                        \
	}                                                                                                    \
	FORM_TARGET static float FORM(norm2_##width)(const void *row, size_t dims)                           \
	{                                                                                                    \
		return FORM(sum)(row, f16, row, f16, dims, false);                                           \
	}
SUMS(f32, false)
SUMS(f16, true)
#undef SUMS

static const struct vector_form FORM(form) = {
    .name = FORM_NAME,
    .dot = {FORM(dot_f32), FORM(dot_f16)},
    .squares = {FORM(squares_f32), FORM(squares_f16)},
    .norm2 = {FORM(norm2_f32), FORM(norm2_f16)},
};

#undef FORM
#undef FORM_NAME
#undef FORM_TARGET
#undef FORM_F16C
