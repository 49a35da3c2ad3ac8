/* An exact vector query over 100,000 rows of 384 dimensions, from its JSON to its ten rows, against reading
 * the rows' bytes once. Processor time, seven interleaved rounds, median (least–most); the ratio is taken
 * within each round. Trust the ratios. Usage: vector_scan [ROWS [DIMENSIONS]]. */
#include <stdio.h>

#include "rounds.h"

#include "base/time.h"
#include "store/data/vector.h"
#include "store/log/change.h"
#include "store/query/query.h"
#include "json/doc.h"
#include "json/write.h"

static uint32_t seed = 1;

static float component(void)
{
	seed = seed * 1664525 + 1013904223;
	return (float)seed / 4294967296.0F * 2 - 1;
}

static yyjson_val *parse(struct arena *a, struct span text)
{
	yyjson_val *root;
	if (json_parse(a, text, &root, NULL) < 0)
		abort();
	return root;
}

static const char declaration[] =
    "{\"f32\":{\"type\":\"[%u]f32\",\"ann\":true},\"f16\":{\"type\":\"[%u]f16\",\"ann\":true}}";

/* The same vectors in a column of each width. */
static struct namespace *fill(struct arena *a, enum metric metric, uint32_t rows, uint32_t dims)
{
	struct namespace *ns = namespace_new(1);
	struct refusal r = {.arena = a};
	struct change c = {.rows = true, .at_ns = 1, .schema = schema_new()};
	c.schema->has_id_kind = true;
	c.schema->metric = metric;
	yyjson_val *schema = parse(a, arena_printf(a, declaration, dims, dims));
	if (schema_plan(c.schema, schema, true, "schema", &r) < 0)
		abort();
	namespace_apply(ns, &c);
	const struct schema *declared = ns->schema;
	for (uint32_t id = 0; id < rows; id++) {
		const struct value values[2] = {{.present = true, .count = 1}, {.present = true, .count = 1}};
		const char key[8] = {
		    0, 0, 0, 0, (char)(id >> 24), (char)(id >> 16), (char)(id >> 8), (char)id};
		struct arena *row = arena_new();
		float *v = arena_array(row, float, dims);
		const void *vectors[2] = {v, NULL};
		for (uint32_t i = 0; i < dims; i++)
			v[i] = component();
		if (vector_pack(row, declared->vectors.at[1]->type, v, &vectors[1]) < 0)
			abort();
		struct put put = {doc_new(declared, span_of(key, sizeof key), values), vectors};
		vec_push(&c.puts, put);
		namespace_apply(ns, &c);
		arena_free(row);
	}
	vec_free(&c.puts);
	return ns;
}

static uint64_t read_once(const char *at, size_t bytes)
{
	typedef uint64_t words __attribute__((vector_size(64)));
	words sum[4] = {{0}, {0}, {0}, {0}};
	for (size_t i = 0; i + 256 <= bytes; i += 256) {
		for (size_t k = 0; k < 4; k++) {
			words w;
			memcpy(&w, at + i + k * 64, sizeof w);
			sum[k] += w;
		}
	}
	sum[0] += sum[1] + sum[2] + sum[3];
	return sum[0][0] ^ sum[0][1] ^ sum[0][2] ^ sum[0][3] ^ sum[0][4] ^ sum[0][5] ^ sum[0][6] ^ sum[0][7];
}

static double timed_read(const struct namespace *ns, size_t column)
{
	uint64_t from = time_cpu_ns();
	uint64_t sum = read_once(ns->vectors[column].at, ns->docs.len * ns->vectors[column].row_bytes);
	__asm__ volatile("" : : "r"(sum));
	return (double)(time_cpu_ns() - from) / 1e6;
}

static double timed_query(const struct namespace *ns, struct span body)
{
	struct arena *a = arena_new();
	struct buf out = buf_new(1 << 20);
	struct refusal r = {.arena = a};
	uint64_t from = time_cpu_ns();
	if (store_query(ns, parse(a, body), a, &out, &r) < 0)
		abort();
	double ms = (double)(time_cpu_ns() - from) / 1e6;
	buf_free(&out);
	arena_free(a);
	return ms;
}

/* The distances alone, by one form of the code. */
static double timed_form(
    const struct namespace *ns, const struct vector_form *form, size_t column, const float *query)
{
	const struct vector_column *c = &ns->vectors[column];
	uint32_t dims = ns->schema->vectors.at[column]->type.dims;
	enum metric metric = ns->schema->metric;
	vector_sum_fn *sum = metric == METRIC_COSINE ? form->dot[column] : form->squares[column];
	float norm2 = form->norm2[0](query, dims);
	uint64_t from = time_cpu_ns();
	for (size_t i = 0; i < ns->docs.len; i++) {
		float d = vector_distance(
		    metric, sum(query, c->at + i * c->row_bytes, dims), norm2, c->norms2 ? c->norms2[i] : 0);
		__asm__ volatile("" : : "r"(&d) : "memory");
	}
	return (double)(time_cpu_ns() - from) / 1e6;
}

static void print(const char *what, struct rounds *ms, struct rounds *ratio)
{
	double m = rounds_median(ms), q = rounds_median(ratio);
	printf("  %-38s %8.2f ms (%.2f–%.2f)  %5.2f (%.2f–%.2f)\n", what, m, ms->at[0], ms->at[ROUNDS - 1], q,
	    ratio->at[0], ratio->at[ROUNDS - 1]);
}

#define FORMS_MAX 4

static void measure(struct arena *a, enum metric metric, uint32_t rows, uint32_t dims)
{
	static const char *const widths[] = {"f32", "f16"};
	struct namespace *ns = fill(a, metric, rows, dims);
	struct buf body[2];
	float *query = arena_array(a, float, dims);
	for (uint32_t i = 0; i < dims; i++)
		query[i] = component();
	for (size_t column = 0; column < 2; column++) {
		body[column] = buf_new(1 << 20);
		buf_printf(&body[column], "{\"limit\":10,\"rank_by\":[\"%s\",\"ANN\",[", widths[column]);
		for (uint32_t i = 0; i < dims; i++) {
			buf_append(&body[column], i ? SPAN(",") : SPAN_NONE);
			json_put_f32(&body[column], query[i]);
		}
		buf_lit(&body[column], "]]}");
	}
	struct rounds read[2], ask[2], ask_ratio[2], form[2][FORMS_MAX], form_ratio[2][FORMS_MAX];
	size_t forms = 0;
	while (vector_form(forms))
		forms++;
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t c = 0; c < 2; c++) {
			read[c].at[round] = timed_read(ns, c);
			ask[c].at[round] = timed_query(ns, buf_span(&body[c]));
			ask_ratio[c].at[round] = ask[c].at[round] / read[c].at[round];
			for (size_t f = 0; f < forms; f++) {
				form[c][f].at[round] = timed_form(ns, vector_form(f), c, query);
				form_ratio[c][f].at[round] = form[c][f].at[round] / read[c].at[round];
			}
		}
	}
	printf("%.*s, %u × %u\n", SPAN_FMT(metric_name(metric)), rows, dims);
	for (size_t c = 0; c < 2; c++) {
		double bytes = (double)rows * (double)ns->vectors[c].row_bytes, ms = rounds_median(&read[c]);
		printf("  %s, reading once: %.2f ms (%.2f–%.2f), %.1f GB/s\n", widths[c], ms, read[c].at[0],
		    read[c].at[ROUNDS - 1], bytes / ms / 1e6);
		print("query", &ask[c], &ask_ratio[c]);
		for (size_t f = 0; f < forms; f++) {
			char what[64];
			snprintf(what, sizeof what, "distances alone, %s", vector_form(f)->name);
			print(what, &form[c][f], &form_ratio[c][f]);
		}
		buf_free(&body[c]);
	}
	namespace_free(ns);
}

int main(int argc, char **argv)
{
	uint32_t rows = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
	uint32_t dims = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 384;
	struct arena *a = arena_new();
	measure(a, METRIC_COSINE, rows, dims);
	measure(a, METRIC_EUCLIDEAN_SQUARED, rows, dims);
	arena_free(a);
	return 0;
}
