/* Checking and stamping the bodies of writes, beside copying them and, for gzip, beside zlib alone. Seven
 * interleaved rounds; the time is that of the processor. */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/time.h"
#include "gateway/write/stamp.h"
#include "net/gzip.h"

#define ROUNDS  7
#define REPEATS 40

/* 500 rows with a vector of 1536 numbers each. */
static void put_vectors(struct buf *b)
{
	srand(1);
	buf_lit(b, "{\"upsert_rows\":[");
	for (int row = 0; row < 500; row++) {
		buf_printf(b, "%s{\"id\":%d,\"vector\":[", row ? "," : "", row);
		for (int i = 0; i < 1536; i++)
			buf_printf(b, "%s%.9f", i ? "," : "", (double)rand() / RAND_MAX - 0.5);
		buf_lit(b, "]}");
	}
	buf_lit(b, "],\"distance_metric\":\"cosine_distance\"}");
}

/* Rows of twenty short attributes. */
static void put_attributes(struct buf *b)
{
	buf_lit(b, "{\"upsert_rows\":[");
	for (int row = 0; row < 10000; row++) {
		buf_printf(b, "%s{\"id\":%d", row ? "," : "", row);
		for (int i = 0; i < 20; i++)
			buf_printf(
			    b, i % 2 ? ",\"attribute_%d\":\"value %d\"" : ",\"attribute_%d\":%d", i, row * i);
		buf_lit(b, "}");
	}
	buf_lit(b, "]}");
}

static size_t sink;

static void stamp_once(struct span body)
{
	struct arena *a = arena_new();
	struct stamp s;
	stamp_init(&s, a, 1715600400000, NULL);
	if (stamp_feed(&s, body, true) < 0)
		abort();
	sink += stamp_len(&s);
	stamp_free(&s);
	arena_free(a);
}

static char *copy;

static void copy_once(struct span body)
{
	memcpy(copy, body.ptr, body.len);
	sink += (unsigned char)copy[sink % body.len];
}

static struct buf plain;

static void inflate_once(struct span packed)
{
	buf_clear(&plain);
	if (gzip_inflate(packed, &plain) < 0)
		abort();
	sink += plain.len;
}

static void inflate_and_stamp(struct span packed)
{
	inflate_once(packed);
	stamp_once(buf_span(&plain));
}

static double ms(void (*fn)(struct span), struct span body)
{
	uint64_t began = time_cpu_ns();
	for (int i = 0; i < REPEATS; i++)
		fn(body);
	return (double)(time_cpu_ns() - began) / REPEATS / 1e6;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void compare(const char *what, void (*ours)(struct span), void (*peer)(struct span), struct span body)
{
	double own[ROUNDS], other[ROUNDS], ratio[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		own[i] = ms(ours, body);
		other[i] = ms(peer, body);
		ratio[i] = own[i] / other[i];
	}
	qsort(own, ROUNDS, sizeof *own, ascending);
	qsort(other, ROUNDS, sizeof *other, ascending);
	qsort(ratio, ROUNDS, sizeof *ratio, ascending);
	printf("%-44s %6.1f MB  %7.3f ms  %7.3f ms  %.2f (%.2f to %.2f)\n", what, (double)body.len / 1e6,
	    own[ROUNDS / 2], other[ROUNDS / 2], ratio[ROUNDS / 2], ratio[0], ratio[ROUNDS - 1]);
}

int main(void)
{
	struct buf vectors = buf_new(SIZE_MAX), attributes = buf_new(SIZE_MAX), packed = buf_new(SIZE_MAX);
	put_vectors(&vectors);
	put_attributes(&attributes);
	plain = buf_new(SIZE_MAX);
	if (gzip_deflate(buf_span(&attributes), &packed) < 0 ||
	    !(copy = malloc(vectors.len + attributes.len)))
		abort();
	printf("%-44s %9s  %10s  %10s  %s\n", "stamping", "body", "ours", "peer",
	    "ratio, median (least to most)");
	compare("500 rows x 1536 floats / memcpy", stamp_once, copy_once, buf_span(&vectors));
	compare("10,000 rows x 20 attributes / memcpy", stamp_once, copy_once, buf_span(&attributes));
	compare("the same, gzip / inflating it", inflate_and_stamp, inflate_once, buf_span(&packed));
	buf_free(&vectors);
	buf_free(&attributes);
	buf_free(&packed);
	buf_free(&plain);
	free(copy);
	return sink == 0;
}
