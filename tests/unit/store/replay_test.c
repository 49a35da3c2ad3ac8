/* Every kind of write, on the disk: after each one the store is opened again and answers as before. */
#include "base/fault.h"
#include "store_dir.h"

#define WRITE "POST /v2/namespaces/n"
#define COPY  "POST /v2/namespaces/c"
#define PATCH "PATCH /v1/namespaces/n/metadata"
#define ALL   "{\"rank_by\":[\"id\",\"asc\"],\"limit\":100,\"include_attributes\":true}"

static const struct step writes[] = {
    {WRITE,
        "{'upsert_rows':[{'id':1,'v':1,'t':'red fox','vector':[1,2]},{'id':2,'v':2,'t':'owl','vector':"
        "[3,4]},{'id':3,'v':3,'vector':[5,6]}],'distance_metric':'cosine_distance','schema':{'t':{'type':"
        "'string','full_text_search':true}},'encryption':{'mode':'customer-managed','key_name':"
        "'projects/p/locations/l/keyRings/r/cryptoKeys/k'}}",
        200, "OK"},
    {WRITE,
        "{'upsert_rows':[{'id':1,'v':0,'vector':[0,1]},{'id':2,'v':9,'vector':[0,1]}],"
        "'upsert_condition':['v','Lt',{'$ref_new':'v'}]}",
        200, "'rows_upserted':1"},
    {WRITE, "{'patch_rows':[{'id':1,'p':1},{'id':3,'p':2}],'patch_condition':['v','Eq',3]}", 200,
        "'rows_patched':1"},
    {WRITE, "{'deletes':[2,3],'delete_condition':['v','Gt',8]}", 200, "'rows_deleted':1"},
    {WRITE, "{'patch_by_filter':{'filters':['v','Gte',1],'patch':{'t':'blue owl','new':[true]}}}", 200,
        "'rows_patched':2"},
    {COPY, "{'copy_from_namespace':'n','sharding':{'num_shards':3}}", 200, "'rows_affected':2"},
    {WRITE, "{'delete_by_filter':['v','Eq',3],'upsert_rows':[{'id':3,'vector':[7,7]}]}", 200,
        "'rows_affected':2"},
    {WRITE,
        "{'patch_by_filter':{'filters':['id','Gte',1],'patch':{'x':1}},'patch_rows':[{'id':1,'y':1}],"
        "'deletes':[3]}",
        200, "'rows_affected':4"},
    {WRITE,
        "{'schema':{'x':{'drop':true},'t':{'drop':true}},'upsert_rows':[{'id':3,'x':'anew','vector':[1,1]}]}",
        200, "OK"},
    {PATCH, "{'read_only':true,'pinning':{'replicas':2}}", 200, "'read_only':true"},
    {"POST /v2/namespaces/b", "{'branch_from_namespace':'n'}", 200, "'rows_affected':2"},
    {PATCH, "{'read_only':false}", 200, "'replicas':2"},
    {PATCH, "{'pinning':null}", 200, "}"},
    {"DELETE /v2/namespaces/n", "", 200, "OK"},
    {"POST /v2/namespaces/n", "{'copy_from_namespace':'c'}", 200, "'rows_affected':2"},
    {"DELETE /v2/namespaces/c", "", 200, "OK"},
    {COPY, "{'create_namespace':true,'schema':{'id':'string'}}", 200, "'rows_affected':0"},
};

static const char *const names[] = {"n", "c", "b"};
static const struct {
	const char *method, *route, *body;
} reads[] = {
    {"POST", "v2", "/query"},
    {"GET", "v2", "/metadata"},
    {"GET", "v1", "/metadata"},
    {"GET", "v1", "/schema"},
};

/* Everything that can be read, with " as it is; times of answering do not count. */
static char *look(struct kit *k)
{
	struct buf all = buf_new(1 << 20);
	for (size_t n = 0; n < COUNT(names); n++) {
		for (size_t i = 0; i < COUNT(reads); i++) {
			char what[96];
			snprintf(what, sizeof what, "%s /%s/namespaces/%s%s", reads[i].method, reads[i].route,
			    names[n], reads[i].body);
			kit_ask(k, what, ALL);
			struct span got = buf_span(&k->reply.body);
			const char *timing = memmem(got.ptr, got.len, "\"performance\"", 13);
			buf_append(&all, timing ? span_between(got.ptr, timing) : got);
			buf_byte(&all, '\n');
		}
	}
	kit_ask(k, "POST /v2/namespaces/n/query", "{\"rank_by\":[\"t\",\"BM25\",\"owl\"],\"limit\":9}");
	buf_append(&all, span_of(k->reply.body.ptr, k->reply.body.len < 40 ? k->reply.body.len : 40));
	buf_byte(&all, '\0');
	char *copy = strdup(all.ptr);
	buf_free(&all);
	return copy;
}

static void expect_same(struct kit *k, const char *before, const char *after_what)
{
	char *now = look(k);
	if (strcmp(now, before) != 0)
		fail_msg("after %s\n  was %s\n  is %s", after_what, before, now);
	free(now);
}

static void each_kind(void **state)
{
	struct dir d = dir_new();
	struct kit k = kit_open(d.path);
	for (size_t i = 0; i < COUNT(writes); i++) {
		kit_step(&k, &writes[i]);
		char *before = look(&k);
		kit_close(&k);
		k = kit_open(d.path);
		expect_same(&k, before, writes[i].body);
		free(before);
	}
	kit_close(&k);
	dir_remove(&d);
}

/* Rewriting the file keeps settings and copies. */
static void rewritten(void **state)
{
	struct dir d = dir_new();
	struct kit k = kit_open(d.path);
	for (size_t i = 0; i < 12; i++)
		kit_step(&k, &writes[i]);
	struct buf body = buf_new(4 << 20);
	buf_lit(&body, "{\"upsert_rows\":[{\"id\":1,\"g\":\"");
	memset(buf_reserve(&body, 3 << 20), 'g', 3 << 20);
	buf_commit(&body, 3 << 20);
	buf_lit(&body, "\"}],\"schema\":{\"g\":{\"type\":\"string\",\"filterable\":false}}}");
	buf_byte(&body, '\0');
	kit_expect(&k, "POST /v2/namespaces/g", body.ptr, 200, "OK");
	kit_expect(&k, "DELETE /v2/namespaces/g", "", 200, "OK");
	char *before = look(&k);
	buf_free(&body);
	kit_close(&k);
	for (int again = 0; again < 2; again++) {
		k = kit_open(d.path);
		assert_int_equal(k.report.bytes_before > 0, again == 0);
		expect_same(&k, before, "rewriting");
		kit_close(&k);
	}
	free(before);
	dir_remove(&d);
}

#ifdef LAYER_FAULTS
/* A copy that cannot be logged leaves no namespace behind. */
static void failing_disk(void **state)
{
	struct dir d = dir_new();
	struct kit k = kit_open(d.path);
	kit_step(&k, &writes[0]);
	fault_arm("store.log.write", 1);
	kit_expect(&k, COPY, "{\"copy_from_namespace\":\"n\"}", 500, "could not be made durable");
	fault_arm("store.log.write", 1);
	kit_expect(&k, PATCH, "{\"read_only\":true}", 500, "could not be made durable");
	fault_arm(NULL, 0);
	kit_expect(&k, "GET /v1/namespaces", "", 200, "[{\"id\":\"n\"}]");
	kit_expect(&k, WRITE, "{\"deletes\":[1]}", 200, "OK");
	char *before = look(&k);
	kit_close(&k);
	k = kit_open(d.path);
	expect_same(&k, before, "a failed copy");
	free(before);
	kit_close(&k);
	dir_remove(&d);
}
#endif

/* A file of the first release: nothing of what came later is in it. */
static void first_release(void **state)
{
	static const unsigned char file[] = {
#include "first_release.inc"
	};
	struct dir d = dir_new();
	file_write(&d, span_of((const char *)file, sizeof file));
	struct kit k = kit_open(d.path);
	kit_expect(&k, "POST /v2/namespaces/n/query", ALL, 200,
	    "[{\"id\":1,\"t\":\"red fox\",\"vector\":[1.0,0.5],\"n\":4},{\"id\":2,\"vector\":[0.0,1.0]}]");
	kit_expect(&k, "GET /v2/namespaces/n/metadata", "", 200, "\"encryption\":{\"mode\":\"default\"}");
	kit_expect(&k, WRITE, "{\"deletes\":[1]}", 200, "OK");
	kit_close(&k);
	dir_remove(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind),
	    cmocka_unit_test(rewritten),
#ifdef LAYER_FAULTS
	    cmocka_unit_test(failing_disk),
#endif
	    cmocka_unit_test(first_release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
