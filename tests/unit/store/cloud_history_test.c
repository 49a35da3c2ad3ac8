/* Histories of writes and reads on virtual time, against a list of versions: what a lagging index lets an
 * eventual query see is a whole earlier version, the one that the rules name, and never an older one than
 * before. The model works all of it out again at each look, from the list alone. */
#include <stdio.h>

#include "store_kit.h"

#include "base/time.h"
#include "store/cloud/chance.h"
#include "store/cloud/cloud_settings.h"
#include "json/doc.h"

#define IDS       6
#define STEPS     24
#define HISTORIES 75 /* of each combination of settings */
#define ROW_BYTES 16 /* id and n */
#define ID_BYTES  8

struct version {
	uint64_t at_ms, bytes;
	unsigned n[IDS]; /* 0: no such row */
};

struct rules {
	uint64_t lag_ms, bytes_per_s, eventual_bytes;
};

struct world {
	struct kit kit;
	struct virtual_clock clock;
	struct rules rules;
	struct version versions[STEPS + 1]; /* the first is the empty namespace */
	size_t len, seen_before;
	char ns[32];
};

static uint64_t now_ms(const struct world *w)
{
	return w->clock.mono_ns / NS_PER_MS;
}

/* How many versions are indexed. Milliseconds as fractions, since a rate does not end on whole ones. */
static size_t indexed(const struct world *w)
{
	double done = 0;
	for (size_t i = 1; i < w->len; i++) {
		double begin = (double)(w->versions[i].at_ms + w->rules.lag_ms);
		done = begin > done ? begin : done;
		if (w->rules.bytes_per_s)
			done += (double)w->versions[i].bytes * 1000 / (double)w->rules.bytes_per_s;
		if (done > (double)now_ms(w) + 1e-6)
			return i;
	}
	return w->len;
}

static uint64_t bytes_after(const struct world *w, size_t from, size_t to)
{
	uint64_t sum = 0;
	for (size_t i = from; i < to; i++)
		sum += w->versions[i].bytes;
	return sum;
}

static size_t visible(const struct world *w)
{
	size_t from = indexed(w), to = from;
	while (to < w->len && bytes_after(w, from, to + 1) <= w->rules.eventual_bytes)
		to++;
	return to;
}

static yyjson_val *ask(struct world *w, const char *method, const char *rest, const char *body)
{
	char what[128];
	yyjson_val *json;
	snprintf(what, sizeof what, "%s /v2/namespaces/%s%s", method, w->ns, rest);
	if (kit_ask(&w->kit, what, body) != 200)
		fail_msg("%s %s: %.*s", what, body, SPAN_FMT(buf_span(&w->kit.reply.body)));
	assert_int_equal(json_parse(w->kit.arena, buf_span(&w->kit.reply.body), &json, NULL), 0);
	return json;
}

static void write_something(struct world *w, struct chance *c)
{
	char body[512];
	const struct version *last = &w->versions[w->len - 1];
	struct version next = *last;
	int n = snprintf(body, sizeof body, "{\"upsert_rows\":[");
	size_t first = chance_draw(c) % IDS, count = 1 + chance_draw(c) % 3, gone = chance_draw(c) % IDS;
	const char *comma = "";
	next.at_ms = now_ms(w);
	next.bytes = 0;
	for (size_t i = 0; i < count; i++) {
		size_t id = (first + i) % IDS;
		next.n[id] = (unsigned)w->len;
		next.bytes += ROW_BYTES;
		n += snprintf(
		    body + n, sizeof body - (size_t)n, "%s{\"id\":%zu,\"n\":%zu}", comma, id, w->len);
		comma = ",";
	}
	n += snprintf(body + n, sizeof body - (size_t)n, "]");
	if (last->n[gone] && next.n[gone] != w->len) {
		next.n[gone] = 0;
		next.bytes += ID_BYTES;
		n += snprintf(body + n, sizeof body - (size_t)n, ",\"deletes\":[%zu]", gone);
	}
	snprintf(body + n, sizeof body - (size_t)n, "}");
	ask(w, "POST", "", body);
	w->versions[w->len++] = next;
}

static void expect_rows(const struct world *w, yyjson_val *rows, size_t version, const char *level)
{
	unsigned n[IDS] = {0};
	yyjson_val *row;
	size_t i, max;
	yyjson_arr_foreach(rows, i, max, row)
	{
		n[yyjson_get_uint(yyjson_obj_get(row, "id"))] =
		    (unsigned)yyjson_get_uint(yyjson_obj_get(row, "n"));
	}
	if (memcmp(n, w->versions[version].n, sizeof n) != 0)
		fail_msg("%s at %s: not version %zu of %zu: %.*s", level, w->ns, version, w->len - 1,
		    SPAN_FMT(buf_span(&w->kit.reply.body)));
}

/* Two legs and a count: all of them see the same version. */
static void read_at(struct world *w, const char *level, size_t version)
{
	char body[512];
	uint64_t rows = 0;
	snprintf(body, sizeof body,
	    "{\"queries\":[{\"rank_by\":[\"id\",\"asc\"],\"limit\":99,\"include_attributes\":[\"n\"]},"
	    "{\"aggregate_by\":{\"rows\":[\"Count\"]}},"
	    "{\"rank_by\":[\"n\",\"desc\"],\"limit\":99,\"include_attributes\":[\"n\"]}],"
	    "\"consistency\":{\"level\":\"%s\"}}",
	    level);
	yyjson_val *results = yyjson_obj_get(ask(w, "POST", "/query", body), "results");
	expect_rows(w, yyjson_obj_get(yyjson_arr_get(results, 0), "rows"), version, level);
	expect_rows(w, yyjson_obj_get(yyjson_arr_get(results, 2), "rows"), version, level);
	for (size_t i = 0; i < IDS; i++)
		rows += w->versions[version].n[i] > 0;
	yyjson_val *figures = yyjson_obj_get(yyjson_arr_get(results, 1), "aggregations");
	assert_int_equal(yyjson_get_uint(yyjson_obj_get(figures, "rows")), rows);
}

static void read_metadata(struct world *w)
{
	yyjson_val *index = yyjson_obj_get(ask(w, "GET", "/metadata", ""), "index");
	uint64_t bytes = bytes_after(w, indexed(w), w->len);
	assert_int_equal(yyjson_get_uint(yyjson_obj_get(index, "unindexed_bytes")), bytes);
	assert_true(yyjson_equals_str(yyjson_obj_get(index, "status"), bytes ? "updating" : "up-to-date"));
}

static void step(struct world *w, struct chance *c)
{
	static const uint64_t pauses[] = {0, 0, 1, 20, 70, 300, 2000};
	uint64_t ns = pauses[chance_draw(c) % 7] * NS_PER_MS;
	w->clock.mono_ns += ns;
	w->clock.wall_ns += ns;
	size_t what = chance_draw(c) % 6;
	if (what < 3 && w->len <= STEPS)
		write_something(w, c);
	if (what == 3)
		read_metadata(w);
	if (what == 4)
		read_at(w, "strong", w->len - 1);
	if (what >= 3) {
		size_t v = visible(w) - 1;
		assert_true(v >= w->seen_before);
		w->seen_before = v;
		read_at(w, "eventual", v);
	}
	arena_reset(w->kit.arena);
}

static void play(struct world *w, uint64_t number)
{
	struct chance c = chance_of(11, SPAN("histories"), number);
	snprintf(w->ns, sizeof w->ns, "h%llu", (unsigned long long)number);
	w->versions[0] = (struct version){.at_ms = now_ms(w)};
	w->len = 1;
	w->seen_before = 0;
	write_something(w, &c);
	for (int i = 0; i < STEPS; i++)
		step(w, &c);
	ask(w, "DELETE", "", "");
}

static void histories(void **state)
{
	static const uint64_t lags[] = {0, 50, 1000}, rates[] = {0, 64, 1000},
	                      eventual[] = {0, 48, 134217728};
	uint64_t number = 0;
	for (size_t i = 0; i < 27; i++) {
		struct cloud_settings s;
		struct world w = {.clock = {5000 * NS_PER_MS, 1790000000 * NS_PER_S}};
		w.rules = (struct rules){lags[i % 3], rates[i / 3 % 3], eventual[i / 9]};
		cloud_settings_init(&s, false);
		s.index_lag_ms = w.rules.lag_ms;
		s.index_bytes_per_s = w.rules.bytes_per_s;
		s.eventual_bytes = w.rules.eventual_bytes;
		time_use_virtual(&w.clock);
		w.kit = kit_open_with(NULL, &(struct store_options){.cloud = &s});
		for (int k = 0; k < HISTORIES; k++)
			play(&w, number++);
		kit_close(&w.kit);
		time_use_virtual(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(histories)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
