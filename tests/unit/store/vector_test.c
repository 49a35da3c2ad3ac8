#include "../test.h"

#include <math.h>
#include <stdlib.h>

#include "store/query/vector.h"

#define DIMS_MAX 200

static void fill(float *v, size_t dims)
{
	for (size_t i = 0; i < dims; i++)
		v[i] = (float)rand() / (float)RAND_MAX * 2 - 1;
}

static void assert_near(float got, double want, double scale)
{
	if (fabs((double)got - want) > 1e-5 * scale)
		fail_msg("got %.9g, want %.9g", (double)got, want);
}

static void agree_with_double_sums(void **state)
{
	srand(1);
	for (size_t dims = 1; dims <= DIMS_MAX; dims++) {
		float a[DIMS_MAX], b[DIMS_MAX + 1];
		fill(a, dims);
		fill(b, dims + 1);
		const float *c = b + dims % 2; /* any alignment */
		double dot = 0, aa = 0, cc = 0, squares = 0;
		for (size_t i = 0; i < dims; i++) {
			double x = (double)a[i], y = (double)c[i];
			dot += x * y;
			aa += x * x;
			cc += y * y;
			squares += (x - y) * (x - y);
		}
		assert_near(vector_dot(a, c, dims), dot, 1 + aa);
		assert_near(vector_euclidean_squared(a, c, dims), squares, 1 + squares);
		assert_near(
		    vector_cosine_distance(a, vector_dot(a, a, dims), c, dims), 1 - dot / sqrt(aa * cc), 1);
		assert_true(vector_cosine_distance(a, vector_dot(a, a, dims), a, dims) == 0);
	}
}

/* Σ over sixteen lanes, as written in vector.c, without vector instructions. */
static float plain_dot(const float *a, const float *b, size_t dims)
{
	volatile float lane[16] = {0}, s[8];
	for (size_t i = 0; i < dims; i++) {
		volatile float product = a[i] * b[i];
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
	srand(2);
	for (size_t dims = 1; dims <= DIMS_MAX; dims++) {
		float a[DIMS_MAX], b[DIMS_MAX];
		fill(a, dims);
		fill(b, dims);
		assert_true(vector_dot(a, b, dims) == plain_dot(a, b, dims));
	}
}

static void degenerate_directions(void **state)
{
	const float zero[2] = {0, 0}, x[2] = {1, 0}, back[2] = {-3, 0}, huge[2] = {1e19F, 1e19F};
	assert_true(vector_cosine_distance(zero, 0, x, 2) == 1);
	assert_true(vector_cosine_distance(x, 1, zero, 2) == 1);
	assert_true(vector_cosine_distance(x, 1, back, 2) == 2);
	assert_true(vector_cosine_distance(huge, vector_dot(huge, huge, 2), huge, 2) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agree_with_double_sums),
	    cmocka_unit_test(do_not_depend_on_the_processor),
	    cmocka_unit_test(degenerate_directions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
