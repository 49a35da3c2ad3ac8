#include "../test.h"

#include <math.h>
#include <stdlib.h>

#include "base/half.h"
#include "store/query/vector.h"

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
			float norm2 = form->dot(a.f32, a.f32, dims);
			assert_near(form->dot(a.f32, b.f32 + shift, dims), dot, 1 + aa);
			for (int f16 = 0; f16 < 2; f16++) {
				const void *row = f16 ? (const void *)(b.f16 + shift) : b.f32 + shift;
				const void *self = f16 ? (const void *)a.f16 : a.f32;
				assert_near(
				    form->distance[METRIC_EUCLIDEAN_SQUARED][f16](a.f32, norm2, row, dims),
				    squares, 1 + squares);
				assert_near(form->distance[METRIC_EUCLIDEAN][f16](a.f32, norm2, row, dims),
				    sqrt(squares), 1 + squares);
				assert_near(form->distance[METRIC_COSINE][f16](a.f32, norm2, row, dims),
				    1 - dot / sqrt(aa * bb), 1);
				assert_true(
				    form->distance[METRIC_COSINE][f16](a.f32, norm2, self, dims) == 0);
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

static float plain_cosine(const float *a, const float *b, size_t dims)
{
	double norms = sqrt((double)plain_sum(a, a, dims, false) * (double)plain_sum(b, b, dims, false));
	float distance = 1.0F - (float)((double)plain_sum(a, b, dims, false) / norms);
	return distance < 0 ? 0 : distance;
}

static void do_not_depend_on_the_processor(void **state)
{
	const struct vector_form *form;
	for (size_t f = 0; (form = vector_form(f)); f++) {
		srand(2);
		for (size_t dims = 1; dims <= DIMS_MAX; dims++) {
			struct vector a = random_vector(), b = random_vector();
			float norm2 = form->dot(a.f32, a.f32, dims);
			float squared = plain_sum(a.f32, b.f32, dims, true);
			float cosine = plain_cosine(a.f32, b.f32, dims);
			assert_true(norm2 == plain_sum(a.f32, a.f32, dims, false));
			for (int f16 = 0; f16 < 2; f16++) {
				const void *row = f16 ? (const void *)b.f16 : b.f32;
				float got[METRICS_LEN];
				for (enum metric m = METRIC_COSINE; m < METRICS_LEN; m++)
					got[m] = form->distance[m][f16](a.f32, norm2, row, dims);
				if (got[METRIC_EUCLIDEAN_SQUARED] != squared ||
				    got[METRIC_COSINE] != cosine || got[METRIC_EUCLIDEAN] != sqrtf(squared))
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
			assert_true(form->distance[METRIC_EUCLIDEAN_SQUARED][1](zeros, 0, row, 16) == want);
		}
	}
}

static void degenerate_directions(void **state)
{
	const float zero[2] = {0, 0}, x[2] = {1, 0}, back[2] = {-3, 0}, huge[2] = {1e19F, 1e19F};
	const struct vector_form *form;
	for (size_t f = 0; (form = vector_form(f)); f++) {
		vector_distance_fn *cosine = form->distance[METRIC_COSINE][0];
		assert_true(cosine(zero, 0, x, 2) == 1);
		assert_true(cosine(x, 1, zero, 2) == 1);
		assert_true(cosine(x, 1, back, 2) == 2);
		assert_true(cosine(huge, form->dot(huge, huge, 2), huge, 2) == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agree_with_double_sums),
	    cmocka_unit_test(do_not_depend_on_the_processor),
	    cmocka_unit_test(every_half),
	    cmocka_unit_test(degenerate_directions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
