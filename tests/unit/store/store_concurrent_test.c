/* Many threads on one store: writers of one namespace and of several, readers beside them, and one that keeps
 * deleting a namespace. What was answered with 200 is there after a restart. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "store_kit.h"

#define WRITERS 8
#define ROUNDS  40

struct worker {
	struct kit kit;
	int number;
	int acknowledged;
};

static void ask(struct worker *w, const char *what, const char *body)
{
	int status = kit_ask(&w->kit, what, body);
	w->acknowledged += status == 200;
	arena_reset(w->kit.arena);
}

static void *run_writer(void *arg)
{
	struct worker *w = arg;
	for (int i = 0; i < ROUNDS; i++) {
		char what[64], body[256];
		snprintf(what, sizeof what, "POST /v2/namespaces/%s%d", w->number % 2 ? "shared" : "own",
		    w->number % 2 ? 0 : w->number);
		snprintf(body, sizeof body,
		    "{\"upsert_rows\":[{\"id\":%d,\"text\":\"row of %d\"}],\"schema\":{\"text\":{"
		    "\"type\":\"string\",\"full_text_search\":true}}}",
		    w->number * ROUNDS + i, w->number);
		ask(w, what, body);
	}
	return NULL;
}

static void *run_reader(void *arg)
{
	struct worker *w = arg;
	for (int i = 0; i < 4 * ROUNDS; i++) {
		ask(w, "POST /v2/namespaces/shared0/query",
		    "{\"rank_by\":[\"text\",\"BM25\",\"r\",{\"last_as_prefix\":true}],\"limit\":9}");
		ask(w, "GET /v2/namespaces/shared0/metadata", "");
		ask(w, "GET /v1/namespaces", "");
	}
	return NULL;
}

static void *run_deleter(void *arg)
{
	struct worker *w = arg;
	for (int i = 0; i < ROUNDS; i++) {
		ask(w, "POST /v2/namespaces/brief", "{\"upsert_rows\":[{\"id\":1}]}");
		ask(w, "DELETE /v2/namespaces/brief", "");
	}
	return NULL;
}

static int count_rows(struct kit *k, const char *ns)
{
	char what[64];
	int n = 0;
	snprintf(what, sizeof what, "POST /v2/namespaces/%s/query", ns);
	kit_expect(k, what, "{\"rank_by\":[\"id\",\"asc\"],\"limit\":1000}", 200, "rows");
	for (struct span rest = buf_span(&k->reply.body); rest.len; rest = span_skip(rest, 1))
		n += span_starts(rest, SPAN("\"id\":"));
	return n;
}

static void together(void **state)
{
	char dir[] = P_tmpdir "/layer-store-test-XXXXXX", file[64];
	assert_non_null(mkdtemp(dir));
	struct kit k = kit_open(dir);
	struct worker workers[WRITERS + 2] = {0};
	pthread_t threads[WRITERS + 2];
	for (int i = 0; i < WRITERS + 2; i++) {
		workers[i] = (struct worker){.kit = {.st = k.st, .arena = arena_new()}, .number = i};
		pthread_create(&threads[i], NULL,
		    i < WRITERS    ? run_writer
		    : i == WRITERS ? run_reader
		                   : run_deleter,
		    &workers[i]);
	}
	for (int i = 0; i < WRITERS + 2; i++) {
		pthread_join(threads[i], NULL);
		buf_free(&workers[i].kit.reply.body);
		arena_free(workers[i].kit.arena);
		if (i < WRITERS)
			assert_int_equal(workers[i].acknowledged, ROUNDS);
	}
	assert_int_equal(workers[WRITERS + 1].acknowledged, 2 * ROUNDS);
	kit_close(&k);
	k = kit_open(dir);
	assert_int_equal(k.report.bytes_cut, 0);
	assert_int_equal(count_rows(&k, "shared0"), WRITERS / 2 * ROUNDS);
	assert_int_equal(count_rows(&k, "own0"), ROUNDS);
	kit_expect(&k, "GET /v1/namespaces?prefix=brief", "", 200, "[]");
	kit_close(&k);
	snprintf(file, sizeof file, "%s/store.log", dir);
	unlink(file);
	snprintf(file, sizeof file, "%s/lock", dir);
	unlink(file);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(together)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
