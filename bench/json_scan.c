/* Checking and stamping writes, beside memcpy and a yyjson tree: processor time, seven interleaved rounds,
 * median. Trust the ratios. Usage: json_scan [FILE]: with a file, its text instead. */
#include <stdio.h>
#include <stdlib.h>

#include <yyjson.h>

#include "base/buf.h"
#include "base/time.h"
#include "json/scan.h"
#include "json/splice.h"

#define ROUNDS 7
#define STAMP  SPAN("\"_hevlayer_upserted_at\":1790000000000,")

static void put_rows(struct buf *b, unsigned rows, unsigned dims, const char *separator)
{
	uint32_t seed = 1;
	buf_lit(b, "{\"upsert_rows\":[");
	for (unsigned r = 0; r < rows; r++) {
		buf_printf(
		    b, "%s{\"id\":%u,\"title\":\"row number %u\",\"vector\":[", r ? separator : "", r, r);
		for (unsigned d = 0; d < dims; d++) {
			seed = seed * 1664525 + 1013904223;
			buf_printf(
			    b, "%s%.9f", d ? separator : "", ((double)seed / 4294967296.0 - 0.5) * 0.2);
		}
		buf_lit(b, "]}");
	}
	buf_lit(b, "],\"distance_metric\":\"cosine_distance\"}");
}

static char *copy;

static void with_memcpy(struct span text)
{
	memcpy(copy, text.ptr, text.len);
	__asm__ volatile("" : : "r"(copy) : "memory");
}

static void with_scan(struct span text)
{
	struct json_scan s;
	json_scan_init(&s, text);
	if (json_scan_end(&s) < 0) {
		fprintf(stderr, "%s at %zu\n", s.error.message, s.error.offset);
		exit(1);
	}
}

/* As the write path works: every row's members by name, a stamp into each row. */
static void with_stamps(struct span text)
{
	struct json_scan s;
	struct json_splice sp;
	struct span key;
	json_scan_init(&s, text);
	json_splice_init(&sp, text);
	json_scan_enter(&s, JSON_OBJECT);
	while (json_scan_member(&s, &key)) {
		if (!json_string_eq(key, SPAN("upsert_rows")))
			continue;
		json_scan_enter(&s, JSON_ARRAY);
		while (json_scan_element(&s)) {
			struct json_member row[] = {
			    {.name = SPAN("id")}, {.name = SPAN("_hevlayer_upserted_at")}};
			const char *from = s.at;
			if (json_scan_members(&s, row, 2) == 0 && row[0].value.ptr)
				json_splice_add(&sp, span_between(from, s.at), STAMP);
		}
	}
	struct arena *a = arena_new();
	size_t n;
	json_splice_pieces(&sp, a, &n);
	if (json_scan_end(&s) < 0 || n < 3)
		exit(1);
	json_splice_free(&sp);
	arena_free(a);
}

/* The same by way of a tree. */
static void with_yyjson(struct span text)
{
	yyjson_doc *doc = yyjson_read(text.ptr, text.len, 0);
	yyjson_mut_doc *tree = yyjson_doc_mut_copy(doc, NULL);
	yyjson_mut_val *row;
	size_t i, n, len;
	yyjson_mut_arr_foreach(yyjson_mut_obj_get(yyjson_mut_doc_get_root(tree), "upsert_rows"), i, n, row)
	{
		if (yyjson_mut_obj_get(row, "id"))
			yyjson_mut_obj_add_uint(tree, row, "_hevlayer_upserted_at", 1790000000000);
	}
	free(yyjson_mut_write(tree, 0, &len));
	yyjson_mut_doc_free(tree);
	yyjson_doc_free(doc);
}

static void with_yyjson_read(struct span text)
{
	yyjson_doc_free(yyjson_read(text.ptr, text.len, 0));
}

static const struct {
	const char *name;
	void (*run)(struct span text);
} contenders[] = {{"memcpy", with_memcpy}, {"json/scan", with_scan}, {"scan and stamp", with_stamps},
    {"yyjson read", with_yyjson_read}, {"yyjson and stamp", with_yyjson}};
#define CONTENDERS (sizeof contenders / sizeof *contenders)

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void measure(const char *what, struct span text)
{
	uint64_t ns[CONTENDERS][ROUNDS];
	unsigned repeat = text.len > 1000000 ? 3 : 1000;
	copy = malloc(text.len);
	memset(copy, 1, text.len);
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < CONTENDERS; i++) {
			uint64_t from = time_cpu_ns();
			for (unsigned n = 0; n < repeat; n++)
				contenders[i].run(text);
			ns[i][round] = (time_cpu_ns() - from) / repeat;
		}
	}
	free(copy);
	printf("%s: %zu bytes\n", what, text.len);
	for (size_t i = 0; i < CONTENDERS; i++) {
		qsort(ns[i], ROUNDS, sizeof **ns, by_value);
		uint64_t median = ns[i][ROUNDS / 2];
		printf("  %-16s %10.1f us %8.2f GB/s\n", contenders[i].name, (double)median / 1000,
		    (double)text.len / (double)median);
	}
}

int main(int argc, char **argv)
{
	struct buf b = buf_new(1UL << 30);
	static const struct {
		const char *what, *separator;
		unsigned rows, dims;
	} cases[] = {
	    {"write, 500 x 1536", ",", 500, 1536},
	    {"write, 500 x 1536, spaces", ", ", 500, 1536},
	    {"write, 20000 x 3", ",", 20000, 3},
	    {"write, 1 x 1536", ",", 1, 1536},
	};
	for (size_t i = 0; argc < 2 && i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&b);
		put_rows(&b, cases[i].rows, cases[i].dims, cases[i].separator);
		measure(cases[i].what, buf_span(&b));
	}
	if (argc > 1) {
		FILE *f = fopen(argv[1], "rb");
		for (size_t n = 1; f && n > 0; buf_commit(&b, n))
			n = fread(buf_reserve(&b, 65536), 1, 65536, f);
		if (!f || fclose(f) != 0)
			return 1;
		measure(argv[1], buf_span(&b));
	}
	buf_free(&b);
	return 0;
}
