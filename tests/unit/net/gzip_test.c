#include <stdlib.h>

#include "../test.h"

#include "net/gzip.h"

/* Text that compresses badly enough to need several pieces of output. */
static struct buf noise(size_t n)
{
	struct buf b = buf_new(n);
	char *p = buf_reserve(&b, n);
	srand(3);
	for (size_t i = 0; i < n; i++)
		p[i] = (char)(rand() & 0x7F);
	buf_commit(&b, n);
	return b;
}

/* Both ways, with a maximum that just fits and one that is a byte short. */
static void there_and_back(void **state)
{
	static const size_t sizes[] = {1, 1025, 65535, 65536, 65537, 131072, 500000};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct buf text = noise(sizes[i]), packed = buf_new(1 << 20);
		assert_int_equal(gzip_deflate(buf_span(&text), &packed), 0);
		for (int shorter = 0; shorter < 2; shorter++) {
			struct buf back = buf_new(sizes[i] - (size_t)shorter);
			struct buf small = buf_new(packed.len - (size_t)shorter);
			assert_int_equal(gzip_inflate(buf_span(&packed), &back), shorter ? -E_TOO_LARGE : 0);
			assert_int_equal(gzip_deflate(buf_span(&text), &small), shorter ? -E_TOO_LARGE : 0);
			if (!shorter) {
				assert_true(span_eq(buf_span(&back), buf_span(&text)));
				assert_true(span_eq(buf_span(&small), buf_span(&packed)));
			}
			buf_free(&back);
			buf_free(&small);
		}
		buf_free(&text);
		buf_free(&packed);
	}
}

/* Cut off anywhere, followed by something else, or not gzip at all. */
static void malformed(void **state)
{
	struct buf packed = buf_new(1 << 20);
	assert_int_equal(gzip_deflate(SPAN("a text of no great length"), &packed), 0);
	for (size_t len = 0; len < packed.len; len++) {
		struct buf back = buf_new(1 << 20);
		assert_int_equal(gzip_inflate(span_of(packed.ptr, len), &back), -E_INVALID);
		buf_free(&back);
	}
	struct buf back = buf_new(1 << 20);
	assert_int_equal(gzip_inflate(SPAN("{\"upsert_rows\":[]}"), &back), -E_INVALID);
	buf_append(&packed, SPAN("rest"));
	assert_int_equal(gzip_inflate(buf_span(&packed), &back), -E_INVALID);
	buf_free(&back);
	buf_free(&packed);
}

static void members_in_a_row(void **state)
{
	struct buf packed = buf_new(1 << 20), back = buf_new(1 << 20);
	assert_int_equal(gzip_deflate(SPAN("one "), &packed), 0);
	assert_int_equal(gzip_deflate(SPAN("two"), &packed), 0);
	assert_int_equal(gzip_inflate(buf_span(&packed), &back), 0);
	assert_span(buf_span(&back), "one two");
	buf_free(&back);
	buf_free(&packed);
}

/* Compressed text that comes some bytes at a time, with an error at its end if `rc` says so. */
struct trickle {
	struct span left;
	size_t step;
	int rc;
};

static int read_trickle(void *ctx, struct span *ret)
{
	struct trickle *t = ctx;
	size_t n = t->left.len < t->step ? t->left.len : t->step;
	*ret = span_of(t->left.ptr, n);
	t->left = span_skip(t->left, n);
	return n ? 0 : t->rc;
}

static int read_all(struct trickle source, struct buf *out)
{
	struct gunzip *g = gunzip_new();
	struct span piece;
	int rc;
	while ((rc = gunzip_read(g, read_trickle, &source, &piece)) == 0 && piece.len)
		buf_append(out, piece);
	gunzip_free(g);
	return rc;
}

static void in_pieces(void **state)
{
	struct buf text = noise(200000), packed = buf_new(1 << 20);
	assert_int_equal(gzip_deflate(buf_span(&text), &packed), 0);
	assert_int_equal(gzip_deflate(SPAN("and a member"), &packed), 0);
	for (size_t step = 1; step < packed.len * 2; step *= 7) {
		struct buf back = buf_new(1 << 20);
		assert_int_equal(read_all((struct trickle){buf_span(&packed), step, 0}, &back), 0);
		assert_int_equal(back.len, text.len + strlen("and a member"));
		assert_memory_equal(back.ptr, text.ptr, text.len);
		assert_int_equal(
		    read_all((struct trickle){span_of(packed.ptr, packed.len - 1), step, 0}, &back),
		    -E_INVALID);
		assert_int_equal(
		    read_all((struct trickle){span_of(packed.ptr, packed.len - 1), step, -E_TIMEOUT}, &back),
		    -E_TIMEOUT);
		buf_free(&back);
	}
	buf_free(&text);
	buf_free(&packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(there_and_back),
	    cmocka_unit_test(malformed),
	    cmocka_unit_test(members_in_a_row),
	    cmocka_unit_test(in_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
