/* IEEE 754 binary16 ("f16"), held in a uint16_t. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HALF_MAX 65504.0F

static inline bool half_is_finite(uint16_t h)
{
	return (h & 0x7C00) != 0x7C00;
}

/* The nearest half, ties to even; infinity from 65,520 on. */
static inline uint16_t half_from_f32(float v)
{
	uint32_t bits, sign;
	memcpy(&bits, &v, sizeof bits);
	sign = bits >> 16 & 0x8000;
	bits &= 0x7FFFFFFF;
	if (bits >= 0x477FF000) /* 65,520, infinity, NaN */
		return (uint16_t)(sign | (bits > 0x7F800000 ? 0x7E00 : 0x7C00));
	if (bits < 0x38800000) { /* below 2^-14: the last bit of the sum with 0.5 is worth a subnormal's */
		memcpy(&v, &bits, sizeof v);
		v += 0.5F;
		memcpy(&bits, &v, sizeof bits);
		return (uint16_t)(sign | (bits - 0x3F000000));
	}
	bits += 0xFFF + (bits >> 13 & 1);
	return (uint16_t)(sign | (bits - 0x38000000) >> 13);
}

/* Exact. */
static inline float half_to_f32(uint16_t h)
{
	uint32_t bits = (uint32_t)(h & 0x7FFF) << 13, sign = (uint32_t)(h & 0x8000) << 16;
	float v;
	memcpy(&v, &bits, sizeof v);
	v *= 0x1p112F; /* the difference of the exponents' biases; puts subnormals right as well */
	memcpy(&bits, &v, sizeof bits);
	bits |= sign | (half_is_finite(h) ? 0 : 0x7F800000);
	memcpy(&v, &bits, sizeof v);
	return v;
}
