/* The store on a directory: replay, torn ends, damage, failing disks, rewriting. */
#include "base/fault.h"
#include "store_dir.h"

#define WRITE "POST /v2/namespaces/n"
#define ALL   "POST /v2/namespaces/n/query"
#define QUERY "{\"rank_by\":[\"id\",\"asc\"],\"limit\":100,\"include_attributes\":true}"

static struct buf file_read(const struct dir *d)
{
	struct buf b = buf_new(16 << 20);
	size_t n = file_size(d);
	int fd = open(d->file, O_RDONLY);
	assert_true(fd >= 0 && read(fd, buf_reserve(&b, n), n) == (ssize_t)n);
	buf_commit(&b, n);
	close(fd);
	return b;
}

/* Opening fails with this code; the problem must contain the text. */
static void expect_refused(const struct dir *d, int want, const char *text)
{
	struct arena *a = arena_new();
	struct store *st = NULL;
	struct store_report r;
	int rc = store_open(d->path, NULL, a, &st, &r);
	if (rc != want || !span_contains(r.problem, span_str(text)))
		fail_msg("open: %d \"%.*s\", want %d \"%s\"", rc, SPAN_FMT(r.problem), want, text);
	arena_free(a);
}

static void write_id(struct kit *k, int id, int status)
{
	char body[256];
	snprintf(body, sizeof body, "{\"upsert_rows\":[{\"id\":%d,\"a\":\"row %d\"}]}", id, id);
	kit_expect(k, WRITE, body, status, status == 200 ? "OK" : "could not be made durable");
}

/* Documents 1 to n are there and no other. */
static void expect_rows(struct kit *k, int n)
{
	char rows[1024] = "{\"rows\":[";
	size_t at = strlen(rows);
	for (int i = 1; i <= n; i++)
		at += (size_t)snprintf(
		    rows + at, sizeof rows - at, "%s{\"id\":%d,\"a\":\"row %d\"}", i > 1 ? "," : "", i, i);
	snprintf(rows + at, sizeof rows - at, "],");
	kit_expect(k, ALL, QUERY, 200, rows);
}

/* Three writes; the sizes of the file after each, [0] before the first. */
static struct buf three_writes(const struct dir *d, size_t sizes[4])
{
	struct kit k = kit_open(d->path);
	sizes[0] = file_size(d);
	for (int i = 1; i <= 3; i++) {
		write_id(&k, i, 200);
		sizes[i] = file_size(d);
	}
	kit_close(&k);
	return file_read(d);
}

/* Everything that a namespace can hold reads the same after a restart. */
static void replay(void **state)
{
	static const char *const writes[] = {
	    "{\"upsert_rows\":["
	    "{\"id\":\"0190a0b0-c0d0-7e0f-8001-0203040506ff\",\"vector\":[0.7,-1],\"w\":\"AAAAPw==\",\"s\":"
	    "\"é\",\"i\":-5,"
	    "\"u\":18446744073709551615,\"f\":1.5,\"d\":\"1969-07-20T20:17:40.5Z\",\"b\":true,\"x\":\"AAEC\","
	    "\"z\":{\"wind\":0.1,\"\":-65504,\"é\":0},\"zz\":{},"
	    "\"ss\":[\"a\",\"\"],\"ii\":[],\"uu\":[1,2],\"q\":\"0190A0B0C0D07E0F80010203040506FE\",\"text\":["
	    "\"red fox\"]},"
	    "{\"id\":\"0190a0b0-c0d0-7e0f-8001-020304050600\",\"vector\":[1,2],\"w\":[0.1]}],"
	    "\"distance_metric\":\"euclidean_squared\",\"schema\":{\"id\":\"uuid\",\"w\":{\"type\":\"[1]"
	    "f16\",\"ann\":true},"
	    "\"z\":{\"type\":\"{}f16\",\"sparse_knn\":{\"distance_metric\":\"dot_product\"}},"
	    "\"zz\":{\"type\":\"{}f16\",\"sparse_knn\":{\"distance_metric\":\"dot_product\"}},"
	    "\"u\":\"uint\",\"f\":\"float\",\"d\":\"datetime\",\"x\":\"bytes\",\"ii\":\"[]int\",\"uu\":\"[]"
	    "uint\",\"q\":\"uuid\","
	    "\"text\":{\"type\":\"[]string\",\"full_text_search\":{\"k1\":1.1,\"case_sensitive\":true},"
	    "\"fuzzy\":true}}}",
	    "{\"patch_rows\":[{\"id\":\"0190a0b0-c0d0-7e0f-8001-020304050600\",\"s\":\"new\",\"later\":7}]}",
	    "{\"upsert_rows\":[{\"id\":\"0190a0b0-c0d0-7e0f-8001-020304050601\",\"vector\":[1,2],\"w\":[3]}]"
	    "}",
	    "{\"deletes\":[\"0190a0b0-c0d0-7e0f-8001-020304050601\"]}",
	    "{\"schema\":{\"s\":{\"type\":\"string\",\"full_text_search\":{\"stemming\":true,\"language\":"
	    "\"dutch\"}}}}",
	};
	static const char *const reads[][2] = {
	    {ALL, QUERY},
	    {ALL, "{\"rank_by\":[\"vector\",\"ANN\",[1,1]],\"limit\":9}"},
	    {ALL, "{\"rank_by\":[\"w\",\"ANN\",[1]],\"limit\":9}"},
	    {ALL, "{\"rank_by\":[\"text\",\"BM25\",\"fox\"],\"limit\":9}"},
	    {ALL, "{\"rank_by\":[\"z\",\"SparseKNN\",{\"wind\":2}],\"limit\":9}"},
	    {ALL, "{\"rank_by\":[\"s\",\"BM25\",\"new\"],\"limit\":9}"},
	    {"GET /v1/namespaces/n/schema", ""},
	    {"GET /v2/namespaces/n/metadata", ""},
	};
	struct dir d = dir_new();
	struct kit k = kit_open(d.path);
	for (size_t i = 0; i < COUNT(writes); i++)
		kit_expect(&k, WRITE, writes[i], 200, "OK");
	kit_expect(&k, "POST /v2/namespaces/gone", "{\"upsert_rows\":[{\"id\":1}]}", 200, "OK");
	kit_expect(&k, "DELETE /v2/namespaces/gone", "", 200, "OK");
	char *before[COUNT(reads)];
	for (size_t i = 0; i < COUNT(reads); i++) {
		assert_int_equal(kit_ask(&k, reads[i][0], reads[i][1]), 200);
		char *took = memmem(k.reply.body.ptr, k.reply.body.len, ",\"performance\"", 14);
		before[i] =
		    strndup(k.reply.body.ptr, took ? (size_t)(took - k.reply.body.ptr) : k.reply.body.len);
	}
	assert_non_null(strstr(before[0], "\"d\":\"1969-07-20T20:17:40.500000000Z\""));
	assert_non_null(strstr(before[0], "\"u\":18446744073709551615"));
	assert_non_null(strstr(before[0], "\"w\":[0.099975586]"));
	kit_close(&k);
	k = kit_open(d.path);
	for (size_t i = 0; i < COUNT(reads); i++) {
		kit_expect(&k, reads[i][0], reads[i][1], 200, before[i]);
		free(before[i]);
	}
	kit_expect(&k, "GET /v1/namespaces", "", 200, "{\"namespaces\":[{\"id\":\"n\"}],");
	kit_close(&k);
	dir_remove(&d);
}

/* The file ends anywhere inside the last frame, or any byte of that frame is wrong: the write before it is
 * the last one, and the log goes on from there. */
static void torn_end(void **state)
{
	struct dir d = dir_new();
	size_t sizes[4];
	struct buf whole = three_writes(&d, sizes);
	for (size_t at = sizes[2]; at < sizes[3]; at++) {
		for (int flip = 0; flip < 2; flip++) {
			whole.ptr[at] = (char)(whole.ptr[at] ^ (flip ? 0x40 : 0));
			file_write(&d, span_of(whole.ptr, flip ? whole.len : at));
			whole.ptr[at] = (char)(whole.ptr[at] ^ (flip ? 0x40 : 0));
			struct kit k = kit_open(d.path);
			expect_rows(&k, 2);
			assert_int_equal(k.report.bytes_cut, (flip ? sizes[3] : at) - sizes[2]);
			assert_int_equal(file_size(&d), sizes[2]);
			write_id(&k, 3, 200);
			kit_close(&k);
			k = kit_open(d.path);
			expect_rows(&k, 3);
			kit_close(&k);
		}
	}
	buf_free(&whole);
	dir_remove(&d);
}

/* Any wrong byte before the last frame stops the start; the file stays as it was. */
static void damage(void **state)
{
	struct dir d = dir_new();
	size_t sizes[4];
	struct buf whole = three_writes(&d, sizes);
	for (size_t at = 0; at < sizes[2]; at++) {
		whole.ptr[at] = (char)(whole.ptr[at] ^ 0x01);
		file_write(&d, buf_span(&whole));
		char where[64];
		snprintf(where, sizeof where, "/store.log: damaged at byte %zu",
		    at < sizes[0]   ? 0
		    : at < sizes[1] ? sizes[0]
		                    : sizes[1]);
		expect_refused(&d, -E_CORRUPT, where);
		whole.ptr[at] = (char)(whole.ptr[at] ^ 0x01);
		assert_int_equal(file_size(&d), sizes[3]);
	}
	/* A hole, a missing frame, a repeated frame, an empty file. */
	memset(whole.ptr + sizes[1], 0, sizes[2] - sizes[1]);
	file_write(&d, buf_span(&whole));
	expect_refused(&d, -E_CORRUPT, "damaged at byte");
	memmove(whole.ptr + sizes[1], whole.ptr + sizes[2], sizes[3] - sizes[2]);
	file_write(&d, span_of(whole.ptr, sizes[1] + sizes[3] - sizes[2]));
	expect_refused(&d, -E_CORRUPT, "damaged at byte");
	memcpy(whole.ptr + sizes[1], whole.ptr + sizes[0], sizes[1] - sizes[0]);
	file_write(&d, span_of(whole.ptr, sizes[1] + sizes[1] - sizes[0]));
	expect_refused(&d, -E_CORRUPT, "damaged at byte");
	file_write(&d, SPAN_NONE);
	expect_refused(&d, -E_CORRUPT, "damaged at byte 0");
	buf_free(&whole);
	dir_remove(&d);
}

static void one_process(void **state)
{
	struct dir d = dir_new();
	struct kit k = kit_open(d.path);
	expect_refused(&d, -E_BUSY, "another process is using this data directory");
	kit_close(&k);
	k = kit_open(d.path);
	kit_close(&k);
	dir_remove(&d);
}

/* A file that is mostly garbage is rewritten at the next start and holds the same afterwards. */
static void write_garbage(struct kit *k)
{
	struct buf body = buf_new(1 << 20);
	buf_lit(&body, "{\"schema\":{\"a\":{\"type\":\"string\",\"filterable\":false}},\"upsert_rows\":[{"
	               "\"id\":9,\"a\":\"");
	memset(buf_reserve(&body, 300000), 'g', 300000);
	buf_commit(&body, 300000);
	buf_lit(&body, "\"}]}");
	buf_byte(&body, '\0');
	for (int i = 0; i < 5; i++)
		kit_expect(k, WRITE, body.ptr, 200, "OK");
	kit_expect(k, WRITE, "{\"deletes\":[9]}", 200, "OK");
	buf_free(&body);
}

/* Small documents take more room in the file than they are billed for; that is no garbage. */
static void no_rewrite_without_garbage(void **state)
{
	struct dir d = dir_new();
	struct kit k = kit_open(d.path);
	struct buf body = buf_new(4 << 20);
	buf_lit(&body, "{\"upsert_columns\":{\"id\":[0");
	for (int i = 1; i < 60000; i++)
		buf_printf(&body, ",%d", i);
	buf_lit(&body, "],\"b\":[true");
	for (int i = 1; i < 60000; i++)
		buf_lit(&body, ",true");
	buf_lit(&body, "]}}");
	buf_byte(&body, '\0');
	kit_expect(&k, WRITE, body.ptr, 200, "OK");
	kit_close(&k);
	size_t size = file_size(&d);
	assert_true(size > 1 << 20);
	k = kit_open(d.path);
	assert_int_equal(k.report.bytes_before, 0);
	assert_int_equal(file_size(&d), size);
	kit_close(&k);
	buf_free(&body);
	dir_remove(&d);
}

static void rewrite(void **state)
{
	struct dir d = dir_new();
	struct kit k = kit_open(d.path);
	write_garbage(&k);
	for (int i = 1; i <= 3; i++)
		write_id(&k, i, 200);
	kit_expect(&k, "GET /v2/namespaces/n/metadata", "", 200, "created_at");
	char *metadata = strndup(k.reply.body.ptr, k.reply.body.len);
	kit_close(&k);
	size_t before = file_size(&d);
#ifdef LAYER_FAULTS
	/* A rewrite that fails at any step leaves the old file or the new one, each complete. */
	static const char *const faults[] = {"store.log.open", "store.log.write", "store.log.fdatasync",
	    "store.log.rename", "store.log.sync_dir", NULL};
	struct buf old = file_read(&d);
	for (size_t i = 0; faults[i]; i++) {
		file_write(&d, buf_span(&old));
		fault_arm(faults[i], i == 0 ? 3 : 1); /* the third file that opens is the new log */
		k = kit_open(d.path);
		fault_arm(NULL, 0);
		assert_int_equal(k.report.rewrite_rc, i == 1 ? -E_FULL : -E_IO);
		expect_rows(&k, 3);
		kit_close(&k);
	}
	file_write(&d, buf_span(&old));
	buf_free(&old);
#endif
	k = kit_open(d.path);
	assert_true(before > 1 << 20 && file_size(&d) < 2048);
	assert_int_equal(k.report.bytes_before, before);
	assert_int_equal(k.report.bytes_after, file_size(&d));
	for (int again = 0; again < 2; again++) {
		expect_rows(&k, 3);
		kit_expect(&k, "GET /v2/namespaces/n/metadata", "", 200, metadata);
		kit_close(&k);
		k = kit_open(d.path);
	}
	write_id(&k, 4, 200);
	kit_close(&k);
	k = kit_open(d.path);
	expect_rows(&k, 4);
	kit_close(&k);
	free(metadata);
	dir_remove(&d);
}

#ifdef LAYER_FAULTS
/* What happens when a step fails once: the write is refused and not visible; whether the store takes the next
 * one; how many rows a restart finds. */
static const struct {
	const char *fault;
	int next_status;
} failures[] = {
    {"store.log.write", 200},
    {"store.log.write_on", 200},
    {"store.log.fdatasync", 500},
};

static void failing_disk(void **state)
{
	for (size_t i = 0; i < COUNT(failures); i++) {
		struct dir d = dir_new();
		struct kit k = kit_open(d.path);
		write_id(&k, 1, 200);
		size_t size = file_size(&d);
		fault_arm(failures[i].fault, 1);
		write_id(&k, 2, 500);
		fault_arm(NULL, 0);
		expect_rows(&k, 1);
		assert_int_equal(file_size(&d), size);
		write_id(&k, 2, failures[i].next_status);
		expect_rows(&k, failures[i].next_status == 200 ? 2 : 1);
		kit_close(&k);
		k = kit_open(d.path);
		expect_rows(&k, failures[i].next_status == 200 ? 2 : 1);
		write_id(&k, 2, 200);
		kit_close(&k);
		dir_remove(&d);
	}
}

/* A store with a torn end whose opening fails at any step opens the next time. */
static void failing_opening(void **state)
{
	static const char *const faults[] = {
	    "store.log.open", "store.log.stat", "store.log.map", "store.log.truncate", "store.log.fdatasync"};
	struct dir d = dir_new();
	size_t sizes[4];
	struct buf whole = three_writes(&d, sizes);
	for (size_t i = 0; i < COUNT(faults); i++) {
		file_write(&d, span_of(whole.ptr, sizes[3] - 1));
		fault_arm(faults[i], i == 0 ? 2 : 1); /* the first file is the lock */
		expect_refused(&d, -E_IO, "store.log");
		fault_arm(NULL, 0);
		struct kit k = kit_open(d.path);
		expect_rows(&k, 2);
		kit_close(&k);
	}
	buf_free(&whole);
	dir_remove(&d);
}

/* A new store whose making fails at any step leaves nothing that stands in the way of the next attempt. */
static void failing_creation(void **state)
{
	static const char *const faults[] = {"store.log.open", "store.log.write", "store.log.fdatasync",
	    "store.log.rename", "store.log.sync_dir"};
	for (size_t i = 0; i < COUNT(faults); i++) {
		struct dir d = dir_new();
		fault_arm(faults[i], 1);
		struct arena *a = arena_new();
		struct store *st;
		struct store_report r;
		assert_true(store_open(d.path, NULL, a, &st, &r) < 0);
		assert_true(r.problem.len > 0);
		arena_free(a);
		fault_arm(NULL, 0);
		struct kit k = kit_open(d.path);
		write_id(&k, 1, 200);
		kit_close(&k);
		dir_remove(&d);
	}
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replay),
	    cmocka_unit_test(torn_end),
	    cmocka_unit_test(damage),
	    cmocka_unit_test(one_process),
	    cmocka_unit_test(no_rewrite_without_garbage),
	    cmocka_unit_test(rewrite),
#ifdef LAYER_FAULTS
	    cmocka_unit_test(failing_disk),
	    cmocka_unit_test(failing_opening),
	    cmocka_unit_test(failing_creation),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
