/* BM25 over the descriptions of this machine's package catalogue (what `layer sample` loads), beside SQLite's
 * FTS5 with its bm25(): the same texts, the same queries (any of the words, the ten best), in one process.
 * Ours is all that the store does for a request, without HTTP; SQLite's a prepared statement. Processor time
 * per query, seven interleaved rounds, median (least–most). Usage: bm25 FOLDER [PACKAGES]: the catalogue is
 * kept in the folder. */
#include <sqlite3.h>
#include <stdio.h>

#include "rounds.h"

#include "base/time.h"
#include "cli/sample_fetch.h"
#include "cli/sample_write.h"
#include "store/store.h"
#include "json/write.h"

#define BEST  10
#define NS    "/v2/namespaces/" SAMPLE_NAMESPACE
#define ABOUT (20 * NS_PER_MS) /* a measurement repeats its query for so long */

static const char *const queries[] = {
    /* rare words */
    "sudoku",
    "kerberos",
    "fortran bindings",
    "astronomy telescope",
    /* searches */
    "http server",
    "image viewer",
    "python xml parser",
    "fast compression library",
    "monitor network traffic",
    "convert audio files",
    "text editor for programmers",
    "graphical user interface toolkit",
    "tool to recover deleted files from a disk",
    /* words that stand nearly everywhere */
    "the",
    "library",
    "this package contains the development files",
    "a library for the",
};
#define QUERIES (sizeof queries / sizeof *queries)

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static void ask(struct store *st, struct arena *a, const char *path, struct span body, struct buf *ret_body)
{
	struct store_request req = {SPAN("POST"), span_str(path), SPAN_NONE, body, a};
	struct store_reply reply;
	store_handle(st, &req, &reply);
	if (reply.status != 200)
		die(path, arena_str(a, buf_span(&reply.body)));
	*ret_body = reply.body;
}

static struct store *fill_store(const struct catalogue *c, size_t count)
{
	struct store *st;
	struct store_report report;
	struct arena *a = arena_new();
	struct sample_words *words = calloc(1, sizeof *words);
	if (!words || store_open(NULL, NULL, a, &st, &report) < 0)
		abort();
	for (size_t at = 0; at < count; at += SAMPLE_BATCH_ROWS) {
		struct buf body = buf_new(64 << 20), reply;
		size_t rows = count - at < SAMPLE_BATCH_ROWS ? count - at : SAMPLE_BATCH_ROWS;
		sample_write_batch(&body, c->index.packages.at + at, rows, words);
		ask(st, a, NS, buf_span(&body), &reply);
		buf_free(&reply);
		buf_free(&body);
		arena_reset(a);
	}
	arena_free(a);
	free(words);
	return st;
}

static void sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		die(text, sqlite3_errmsg(db));
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *text)
{
	sqlite3_stmt *s;
	if (sqlite3_prepare_v2(db, text, -1, &s, NULL) != SQLITE_OK)
		die(text, sqlite3_errmsg(db));
	return s;
}

static sqlite3 *fill_sqlite(const struct catalogue *c, size_t count)
{
	sqlite3 *db;
	struct arena *a = arena_new();
	if (sqlite3_open(":memory:", &db) != SQLITE_OK)
		abort();
	sql(db,
	    "CREATE VIRTUAL TABLE packages USING fts5(name UNINDEXED, description, tokenize='unicode61')");
	sql(db, "BEGIN");
	sqlite3_stmt *insert = prepare(db, "INSERT INTO packages VALUES (?, ?)");
	for (size_t i = 0; i < count; i++) {
		const struct package *p = c->index.packages.at[i];
		struct span description = sample_unfold(a, p->description);
		sqlite3_bind_text(insert, 1, p->name.ptr, (int)p->name.len, SQLITE_STATIC);
		sqlite3_bind_text(insert, 2, description.ptr, (int)description.len, SQLITE_STATIC);
		if (sqlite3_step(insert) != SQLITE_DONE)
			die("insert", sqlite3_errmsg(db));
		sqlite3_reset(insert);
		arena_reset(a);
	}
	sqlite3_finalize(insert);
	sql(db, "COMMIT");
	sql(db, "INSERT INTO packages(packages) VALUES ('optimize')");
	arena_free(a);
	return db;
}

/* One query of each kind: its text and how it is asked. */
struct question {
	struct store *st;
	sqlite3_stmt *select;
	const char *words;
	struct buf json, match;
};

static void ask_store(struct question *q, struct arena *a)
{
	struct buf reply;
	ask(q->st, a, NS "/query", buf_span(&q->json), &reply);
	buf_free(&reply);
}

static void ask_sqlite(struct question *q, struct arena *a)
{
	sqlite3_bind_text(q->select, 1, q->match.ptr, (int)q->match.len, SQLITE_STATIC);
	while (sqlite3_step(q->select) == SQLITE_ROW)
		(void)sqlite3_column_text(q->select, 0);
	sqlite3_reset(q->select);
}

static double timed(struct question *q, void (*fn)(struct question *, struct arena *))
{
	struct arena *a = arena_new();
	uint64_t from = time_cpu_ns(), ns;
	unsigned n = 0;
	do {
		fn(q, a);
		arena_reset(a);
		n++;
	} while ((ns = time_cpu_ns() - from) < ABOUT);
	arena_free(a);
	return (double)ns / n / 1e3;
}

static unsigned long matches(sqlite3 *db, const struct question *q)
{
	sqlite3_stmt *s = prepare(db, "SELECT count(*) FROM packages WHERE packages MATCH ?");
	sqlite3_bind_text(s, 1, q->match.ptr, (int)q->match.len, SQLITE_STATIC);
	unsigned long n = sqlite3_step(s) == SQLITE_ROW ? (unsigned long)sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return n;
}

static void write_forms(struct question *q)
{
	q->json = buf_new(4096);
	q->match = buf_new(4096);
	buf_lit(&q->json, "{\"rank_by\":[\"description\",\"BM25\",");
	json_put_string(&q->json, span_str(q->words));
	buf_printf(&q->json, "],\"limit\":%d}", BEST);
	for (struct span rest = span_str(q->words); rest.len;) {
		struct span word = span_cut(&rest, ' ');
		buf_printf(&q->match, "%s\"%.*s\"", q->match.len ? " OR " : "", SPAN_FMT(word));
	}
}

static void measure(sqlite3 *db, struct question *q)
{
	struct rounds ours, theirs, ratio;
	write_forms(q);
	for (int round = 0; round < ROUNDS; round++) {
		bool first = round % 2;
		double sqlite = first ? timed(q, ask_sqlite) : 0;
		ours.at[round] = timed(q, ask_store);
		theirs.at[round] = first ? sqlite : timed(q, ask_sqlite);
		ratio.at[round] = ours.at[round] / theirs.at[round];
	}
	printf(
	    "%-45s %6lu %9.1f %9.1f", q->words, matches(db, q), rounds_median(&ours), rounds_median(&theirs));
	printf("   %.2f", rounds_median(&ratio));
	printf(" (%.2f–%.2f)\n", ratio.at[0], ratio.at[ROUNDS - 1]);
	buf_free(&q->json);
	buf_free(&q->match);
}

int main(int argc, char **argv)
{
	struct catalogue c = {0};
	if (argc < 2 || catalogue_fetch(argv[1], &c) < 0)
		die("bm25", "usage: bm25 FOLDER [PACKAGES], on a machine with apt");
	size_t count = c.index.packages.len, wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : count;
	count = wanted < count ? wanted : count;
	struct store *st = fill_store(&c, count);
	sqlite3 *db = fill_sqlite(&c, count);
	sqlite3_stmt *select =
	    prepare(db, "SELECT name FROM packages WHERE packages MATCH ? ORDER BY rank LIMIT 10");
	printf("%zu packages; microseconds per query, SQLite %s\n", count, sqlite3_libversion());
	printf("%-45s %6s %9s %9s   ours / SQLite\n", "any of the words", "rows", "ours", "SQLite");
	for (size_t i = 0; i < QUERIES; i++) {
		struct question q = {.st = st, .select = select, .words = queries[i]};
		measure(db, &q);
	}
	sqlite3_finalize(select);
	sqlite3_close(db);
	store_close(st);
	catalogue_free(&c);
	return 0;
}
