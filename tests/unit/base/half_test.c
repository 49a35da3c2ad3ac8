#include "../test.h"

#include <math.h>

#include "base/half.h"

/* By the definition of the format. */
static double value_of(unsigned h)
{
	int exponent = (int)(h >> 10 & 31), fraction = (int)(h & 1023);
	double v = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
	return h & 0x8000 ? -v : v;
}

static void every_value(void **state)
{
	for (unsigned h = 0; h <= UINT16_MAX; h++) {
		float v = half_to_f32((uint16_t)h);
		if (half_is_finite((uint16_t)h))
			assert_true(v == value_of(h) && !signbit(v) == !(h & 0x8000));
		else
			assert_true(h & 1023 ? isnan(v) : isinf(v) && !signbit(v) == !(h & 0x8000));
		if (isnan(v))
			assert_int_equal(half_from_f32(v) & 0x7FFF, 0x7E00);
		else
			assert_int_equal(half_from_f32(v), h);
	}
}

/* The float before or after one that is not negative. */
static float beside(float v, int step)
{
	uint32_t bits;
	memcpy(&bits, &v, sizeof bits);
	bits += (uint32_t)step;
	memcpy(&v, &bits, sizeof v);
	return v;
}

/* Between each half and the next: the middle goes to the even one, its neighbours to the nearer one. */
static void rounding(void **state)
{
	for (unsigned h = 0; h < 0x7BFF; h++) {
		float middle = (float)((value_of(h) + value_of(h + 1)) / 2);
		assert_int_equal(half_from_f32(beside(middle, -1)), h);
		assert_int_equal(half_from_f32(middle), h + (h & 1));
		assert_int_equal(half_from_f32(beside(middle, 1)), h + 1);
		assert_int_equal(half_from_f32(-middle), 0x8000 | (h + (h & 1)));
	}
}

static void edges(void **state)
{
	static const struct {
		float v;
		uint16_t h;
	} cases[] = {
	    {HALF_MAX, 0x7BFF},
	    {65519.996F, 0x7BFF},
	    {65520.0F, 0x7C00},
	    {-65520.0F, 0xFC00},
	    {3.4e38F, 0x7C00},
	    {INFINITY, 0x7C00},
	    {0x1p-25F, 0},
	    {0x1.8p-25F, 1},
	    {1e-45F, 0},
	    {-1e-45F, 0x8000},
	    {0.1F, 0x2E66},
	    {1.0F, 0x3C00},
	};
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(half_from_f32(cases[i].v), cases[i].h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_value), cmocka_unit_test(rounding), cmocka_unit_test(edges)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
