/* Slots after many replacements: a store that has been written to for long answers as one that was filled at
 * once with what is left. */
#include <stdlib.h>

#include "store_kit.h"

#define IDS    200
#define WRITES 150
#define PER    40 /* documents of a write */
#define WRITE  "POST /v2/namespaces/n"
#define CREATED                                                                                              \
	"{\"distance_metric\":\"cosine_distance\",\"schema\":{\"t\":{\"type\":\"string\",\"full_text_"       \
	"search\":true},\"z\":{\"type\":\"{}f16\",\"sparse_knn\":{\"distance_metric\":\"dot_product\"}}},"

struct model {
	bool present;
	int vector, word, patched; /* -1: never */
};

static void put_row(struct buf *b, int id, const struct model *m, bool upsert)
{
	buf_printf(b, "{\"id\":%d", id);
	if (upsert)
		buf_printf(b, ",\"vector\":[%d,300],\"t\":\"w%d common w%d\",\"z\":{\"d%d\":0.5,\"\":%d}",
		    m->vector, m->word, m->word / 2, m->word, m->vector);
	if (m->patched >= 0)
		buf_printf(b, ",\"p\":%d", m->patched);
	buf_lit(b, "}");
}

/* One random write: upserts, patches or deletes of some ids in a row. */
static void change(struct kit *k, struct model *models, int round)
{
	struct buf body = buf_new(1 << 20);
	int kind = round < 3 ? 0 : rand() % 4, first = rand() % (IDS - PER);
	buf_lit(&body, CREATED);
	buf_append(&body, kind < 2    ? SPAN("\"upsert_rows\":[")
	                  : kind == 2 ? SPAN("\"patch_rows\":[")
	                              : SPAN("\"deletes\":["));
	for (int i = 0; i < PER; i++) {
		struct model *m = &models[first + i];
		buf_append(&body, i ? SPAN(",") : SPAN_NONE);
		if (kind < 2)
			*m = (struct model){true, rand() % 1000, rand() % 30, -1};
		else if (kind == 2)
			m->patched = m->present ? rand() % 100 : -1;
		else
			m->present = false;
		if (kind == 3)
			buf_printf(&body, "%d", first + i);
		else
			put_row(&body, first + i, m, kind < 2);
	}
	buf_lit(&body, "]}");
	buf_byte(&body, '\0');
	kit_expect(k, WRITE, body.ptr, 200, "OK");
	buf_free(&body);
}

static void expect_as_fresh(struct kit *k, const struct model *models)
{
	static const char *const queries[] = {
	    "{\"rank_by\":[\"id\",\"asc\"],\"limit\":1000,\"include_attributes\":true}",
	    "{\"rank_by\":[\"vector\",\"ANN\",[500,300]],\"limit\":50}",
	    "{\"rank_by\":[\"t\",\"BM25\",\"w3 common w7 w11\"],\"limit\":1000}",
	    "{\"rank_by\":[\"id\",\"asc\"],\"limit\":1000,\"filters\":[\"t\",\"ContainsTokenSequence\","
	    "\"common w4\"]}",
	    "{\"rank_by\":[\"z\",\"SparseKNN\",{\"d3\":8,\"d7\":2}],\"limit\":1000}",
	    "{\"rank_by\":[\"z\",\"SparseKNN\",{\"d3\":8,\"\":0.25}],\"limit\":1000}",
	};
	struct kit fresh = kit_open(NULL);
	struct buf body = buf_new(1 << 20);
	buf_lit(&body, CREATED "\"upsert_rows\":[{\"id\":999,\"vector\":[0,0],\"t\":\"\",\"p\":0}");
	for (int id = 0; id < IDS; id++) {
		if (models[id].present) {
			buf_lit(&body, ",");
			put_row(&body, id, &models[id], true);
		}
	}
	buf_lit(&body, "]}");
	buf_byte(&body, '\0');
	kit_expect(&fresh, WRITE, body.ptr, 200, "OK");
	kit_expect(&fresh, WRITE, "{\"deletes\":[999]}", 200, "OK");
	for (size_t i = 0; i < COUNT(queries); i++) {
		kit_expect(&fresh, "POST /v2/namespaces/n/query", queries[i], 200, "],\"billing\"");
		struct span rows = buf_span(&fresh.reply.body);
		while (!span_ends(rows, SPAN("],\"billing\"")))
			rows.len--;
		char *want = strndup(rows.ptr, rows.len);
		kit_expect(k, "POST /v2/namespaces/n/query", queries[i], 200, want);
		free(want);
	}
	buf_free(&body);
	kit_close(&fresh);
}

static void churn(void **state)
{
	struct model models[IDS] = {0};
	struct kit k = kit_open(NULL);
	srand(5);
	for (int i = 0; i < IDS; i++)
		models[i].patched = -1;
	kit_expect(&k, WRITE, CREATED "\"upsert_rows\":[{\"id\":999,\"vector\":[0,0],\"t\":\"\",\"p\":0}]}",
	    200, "OK");
	kit_expect(&k, WRITE, "{\"deletes\":[999]}", 200, "OK");
	for (int round = 0; round < WRITES; round++) {
		change(&k, models, round);
		if (round % 10 == 9)
			expect_as_fresh(&k, models);
	}
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(churn)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
