/* Many threads on one store whose index lags: writers, eventual and strong readers, operations, and one that
 * keeps changing the settings. An eventual reader never sees a batch by half, nor less than it saw before. */
#include <pthread.h>
#include <stdio.h>

#include "store_kit.h"

#include "store/cloud/cloud_settings.h"

#define ROUNDS 60

struct worker {
	struct kit kit;
	int number;
};

static void *run_writer(void *arg)
{
	struct worker *w = arg;
	for (int i = 1; i <= ROUNDS; i++) {
		char body[256];
		snprintf(body, sizeof body,
		    "{\"upsert_rows\":[{\"id\":1,\"n\":%d},{\"id\":2,\"n\":%d}],\"disable_backpressure\":"
		    "true}",
		    i, i);
		kit_expect(&w->kit, "POST /v2/namespaces/a", body, 200, "OK");
		kit_ask(&w->kit, "POST /v2/namespaces/brief", body);
		kit_ask(&w->kit, "DELETE /v2/namespaces/brief", "");
		arena_reset(w->kit.arena);
	}
	return NULL;
}

/* The numbers of both rows; 0 without. */
static void read_both(struct kit *k, const char *level, unsigned n[2])
{
	char body[256];
	n[0] = n[1] = 0;
	snprintf(body, sizeof body,
	    "{\"rank_by\":[\"id\",\"asc\"],\"limit\":9,\"include_attributes\":true,\"consistency\":{"
	    "\"level\":"
	    "\"%s\"}}",
	    level);
	if (kit_ask(k, "POST /v2/namespaces/a/query", body) != 200)
		return;
	struct span rest = buf_span(&k->reply.body);
	for (int i = 0; i < 2; i++) {
		while (rest.len && !span_starts(rest, SPAN("\"n\":")))
			rest = span_skip(rest, 1);
		rest = span_skip(rest, 4);
		for (; rest.len && rest.ptr[0] >= '0' && rest.ptr[0] <= '9'; rest = span_skip(rest, 1))
			n[i] = n[i] * 10 + (unsigned)(rest.ptr[0] - '0');
	}
}

static void *run_reader(void *arg)
{
	struct worker *w = arg;
	unsigned last = 0, n[2];
	for (int i = 0; i < 4 * ROUNDS; i++) {
		read_both(&w->kit, w->number % 2 ? "eventual" : "strong", n);
		assert_int_equal(n[0], n[1]);
		if (n[0]) {
			assert_true(n[0] >= last);
			last = n[0];
		}
		kit_ask(&w->kit, "GET /v2/namespaces/a/metadata", "");
		kit_ask(&w->kit, "POST /v2/namespaces/brief/query",
		    "{\"rank_by\":[\"id\",\"asc\"],\"limit\":9,\"consistency\":{\"level\":\"eventual\"}}");
		arena_reset(w->kit.arena);
	}
	return NULL;
}

static void *run_operator(void *arg)
{
	struct worker *w = arg;
	static const char *const lags[] = {"{\"index_lag_ms\":0}", "{\"index_lag_ms\":1}",
	    "{\"namespaces\":{\"a\":{\"index_lag_ms\":2}}}", "{\"index_lag_ms\":1000}",
	    "{\"namespaces\":{\"a\":null}}"};
	w->kit.respond_async = true;
	for (int i = 0; i < 2 * ROUNDS; i++) {
		kit_expect(&w->kit, "PATCH /_admin/cloud", lags[i % 5], 200, "settings");
		kit_expect(
		    &w->kit, "POST /v2/namespaces/other", "{\"upsert_rows\":[{\"id\":1}]}", 202, "token");
		arena_reset(w->kit.arena);
	}
	return NULL;
}

static void together(void **state)
{
	struct cloud_settings s;
	struct worker workers[6];
	pthread_t threads[6];
	unsigned n[2];
	cloud_settings_init(&s, false);
	s.eventual_bytes = 0;
	s.permits = 4;
	s.strong_backlog_bytes = 0;
	s.async_after_ms = s.operation_p50_ms = s.write_p50_ms = 1;
	s.async_routes = 1U << 2; /* write */
	struct kit k = kit_open_with(NULL, &(struct store_options){.cloud = &s, .admin = true});
	for (int i = 0; i < 6; i++) {
		workers[i] = (struct worker){.kit = {.st = k.st, .arena = arena_new()}, .number = i};
		pthread_create(&threads[i], NULL,
		    i == 0   ? run_writer
		    : i == 1 ? run_operator
		             : run_reader,
		    &workers[i]);
	}
	for (int i = 0; i < 6; i++) {
		pthread_join(threads[i], NULL);
		buf_free(&workers[i].kit.reply.body);
		arena_free(workers[i].kit.arena);
	}
	kit_expect(&k, "PATCH /_admin/cloud",
	    "{\"index_lag_ms\":0,\"permits\":0,\"namespaces\":{\"a\":null}}", 200, "");
	read_both(&k, "eventual", n);
	assert_int_equal(n[0], ROUNDS);
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(together)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
