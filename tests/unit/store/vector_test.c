#include "../test.h"

#include <math.h>
#include <stdlib.h>

#include "base/half.h"
#include "store/data/vector.h"

#define DIMS_MAX 200

/* Vectors whose components fit f16 exactly, in both widths. */
struct vector {
	float f32[DIMS_MAX + 1];
	uint16_t f16[DIMS_MAX + 1];
};

static struct vector random_vector(void)
{
	struct vector v;
	for (size_t i = 0; i <= DIMS_MAX; i++) {
		float scale = rand() % 8 ? 1 : 1e-5F; /* some are subnormal halves */
		v.f16[i] = half_from_f32(((float)rand() / (float)RAND_MAX * 2 - 1) * scale);
		v.f32[i] = half_to_f32(v.f16[i]);
	}
	return v;
}

static void assert_near(float got, double want, double scale)
{
	if (!(fabs((double)got - want) <= 1e-5 * scale))
		fail_msg("got %.9g, want %.9g", (double)got, want);
}

static void agree_with_double_sums(void **state)
{
	const struct vector_form *form;
	assert_non_null(vector_form(0));
	for (size_t f = 0; (form = vector_form(f)); f++) {
		srand(1);
		for (size_t dims = 1; dims <= DIMS_MAX; dims++) {
			struct vector a = random_vector(), b = random_vector();
			size_t shift = dims % 2; /* any alignment */
			double dot = 0, aa = 0, bb = 0, squares = 0;
			for (size_t i = 0; i < dims; i++) {
				double x = (double)a.f32[i], y = (double)b.f32[i + shift];
				dot += x * y;
				aa += x * x;
				bb += y * y;
				squares += (x - y) * (x - y);
			}
			for (int f16 = 0; f16 < 2; f16++) {
				const void *row = f16 ? (const void *)(b.f16 + shift) : b.f32 + shift;
				const void *self = f16 ? (const void *)a.f16 : a.f32;
				assert_near(form->dot[f16](a.f32, row, dims), dot, 1 + aa);
				assert_near(form->norm2[f16](row, dims), bb, 1 + bb);
				assert_near(form->squares[f16](a.f32, row, dims), squares, 1 + squares);
				assert_true(form->squares[f16](a.f32, self, dims) == 0);
			}
		}
	}
}

/* Σ over sixteen lanes, as written in vector.c, one at a time. */
static float plain_sum(const float *a, const float *b, size_t dims, bool differences)
{
	volatile float lane[16] = {0}, s[8];
	for (size_t i = 0; i < dims; i++) {
		volatile float x = differences ? a[i] - b[i] : a[i];
		volatile float product = x * (differences ? x : b[i]);
		lane[i % 16] += product;
	}
	for (size_t i = 0; i < 8; i++)
		s[i] = lane[i] + lane[i + 8];
	volatile float q[4] = {s[0] + s[4], s[2] + s[6], s[1] + s[5], s[3] + s[7]};
	volatile float even = q[0] + q[1], odd = q[2] + q[3];
	return even + odd;
}

static void do_not_depend_on_the_processor(void **state)
{
	const struct vector_form *form;
	for (size_t f = 0; (form = vector_form(f)); f++) {
		srand(2);
		for (size_t dims = 1; dims <= DIMS_MAX; dims++) {
			struct vector a = random_vector(), b = random_vector();
			for (int f16 = 0; f16 < 2; f16++) {
				const void *row = f16 ? (const void *)b.f16 : b.f32;
				if (form->dot[f16](a.f32, row, dims) !=
				        plain_sum(a.f32, b.f32, dims, false) ||
				    form->squares[f16](a.f32, row, dims) !=
				        plain_sum(a.f32, b.f32, dims, true) ||
				    form->norm2[f16](row, dims) != plain_sum(b.f32, b.f32, dims, false))
					fail_msg("%s, f16 %d, %zu dimensions", form->name, f16, dims);
			}
		}
	}
}

/* Every finite half: the square of its distance from 0 is its own square. */
static void every_half(void **state)
{
	const struct vector_form *form;
	const float zeros[16] = {0};
	for (size_t f = 0; (form = vector_form(f)); f++) {
		for (uint32_t h = 0; h <= UINT16_MAX; h++) {
			uint16_t row[16] = {0};
			row[h % 16] = (uint16_t)h;
			if (!half_is_finite(row[h % 16]))
				continue;
			float want = half_to_f32(row[h % 16]) * half_to_f32(row[h % 16]);
			assert_true(form->squares[1](zeros, row, 16) == want);
		}
	}
}

static float cosine(const float *a, const float *b, size_t dims)
{
	const struct vector_form *form = vector_form(0);
	return vector_distance(
	    METRIC_COSINE, form->dot[0](a, b, dims), form->norm2[0](a, dims), form->norm2[0](b, dims));
}

static void distances(void **state)
{
	const float zero[2] = {0, 0}, x[2] = {1, 0}, back[2] = {-3, 0}, huge[2] = {1e19F, 1e19F};
	assert_true(cosine(zero, x, 2) == 1);
	assert_true(cosine(x, zero, 2) == 1);
	assert_true(cosine(x, back, 2) == 2);
	assert_true(cosine(huge, huge, 2) == 0);
	assert_true(vector_distance(METRIC_EUCLIDEAN, 2.25F, 0, 0) == 1.5F);
	assert_true(vector_distance(METRIC_EUCLIDEAN_SQUARED, 2.25F, 0, 0) == 2.25F);
	srand(3);
	for (size_t dims = 1; dims <= DIMS_MAX; dims++) {
		struct vector v = random_vector();
		assert_true(cosine(v.f32, v.f32, dims) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agree_with_double_sums),
	    cmocka_unit_test(do_not_depend_on_the_processor),
	    cmocka_unit_test(every_half),
	    cmocka_unit_test(distances),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
