/* Many threads on one store: writers of one namespace and of several, readers beside them, one that keeps
 * deleting a namespace, and two that copy what is being written, and each other's copies. What was answered
 * with 200 is there after a restart, and every copy as it was answered. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "store_kit.h"

#define WRITERS 8
#define ROUNDS  40
#define COPIERS 2
#define COPIES  10

struct worker {
	struct kit kit;
	int number;
	int acknowledged;
	int rows[COPIES]; /* of each copy, as it was answered; -1: its source was not there yet */
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

/* The other copier's last copy may not exist yet. */
static void *run_copier(void *arg)
{
	struct worker *w = arg;
	int self = w->number % COPIERS;
	for (int i = 0; i < COPIES; i++) {
		char what[64], body[96];
		snprintf(what, sizeof what, "POST /v2/namespaces/copy-%d-%d", self, i);
		if (i % 2)
			snprintf(
			    body, sizeof body, "{\"branch_from_namespace\":\"copy-%d-%d\"}", 1 - self, i - 1);
		else
			snprintf(body, sizeof body, "{\"copy_from_namespace\":\"shared0\"}");
		kit_ask(&w->kit, what, body);
		struct span reply = buf_span(&w->kit.reply.body), key = SPAN("\"rows_affected\":");
		const char *at = memmem(reply.ptr, reply.len, key.ptr, key.len);
		w->rows[i] = at ? (int)strtol(at + key.len, NULL, 10) : -1;
		arena_reset(w->kit.arena);
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
	enum { THREADS = WRITERS + 2 + COPIERS };
	struct worker workers[THREADS] = {0};
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.kit = {.st = k.st, .arena = arena_new()}, .number = i};
		pthread_create(&threads[i], NULL,
		    i < WRITERS        ? run_writer
		    : i == WRITERS     ? run_reader
		    : i == WRITERS + 1 ? run_deleter
		                       : run_copier,
		    &workers[i]);
	}
	for (int i = 0; i < THREADS; i++) {
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
	for (int c = 0; c < COPIERS; c++) {
		for (int i = 0; i < COPIES; i++) {
			const struct worker *w = &workers[WRITERS + 2 + c];
			char name[32];
			snprintf(name, sizeof name, "copy-%d-%d", w->number % COPIERS, i);
			if (w->rows[i] >= 0)
				assert_int_equal(count_rows(&k, name), w->rows[i]);
		}
	}
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
