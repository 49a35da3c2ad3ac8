/* Copies and branches, settings at creation, pinning and read_only, create_namespace. */
#include "store_kit.h"

#define WRITE    "POST /v2/namespaces/n"
#define COPY     "POST /v2/namespaces/c"
#define ALL      "{'rank_by':['id','asc'],'limit':9,'include_attributes':true}"
#define METADATA "GET /v2/namespaces/c/metadata"
#define SOURCE                                                                                               \
	"{'upsert_rows':[{'id':1,'vector':[1,0],'t':'red fox','n':1},{'id':2,'vector':[0,1],'t':'owl'},"     \
	"{'id':3,'vector':[2,2]}],'distance_metric':'euclidean_squared',"                                    \
	"'schema':{'t':{'type':'string','full_text_search':true}}}"
#define GOOGLE "projects/p/locations/l/keyRings/r/cryptoKeys/k"

static const struct scenario scenarios[] = {
    {"a copy has the documents, vectors, indexes and schema, and goes its own way",
        {{WRITE, SOURCE, 200, "OK"}, {WRITE, "{'deletes':[3]}", 200, "OK"},
            {COPY, "{'copy_from_namespace':'n'}", 200,
                "{'status':'OK','message':'namespace cloned successfully','rows_affected':2,'billing':{"
                "'billable_logical_bytes_written':25},'performance':"},
            {WRITE, "{'deletes':[1]}", 200, "OK"},
            {"POST /v2/namespaces/c/query", ALL, 200,
                "{'rows':[{'id':1,'t':'red fox','vector':[1.0,0.0],'n':1},"
                "{'id':2,'t':'owl','vector':[0.0,1.0]}]"},
            {"POST /v2/namespaces/c/query", "{'rank_by':['vector','ANN',[0,1]],'limit':1}", 200, "'id':2"},
            {"POST /v2/namespaces/c/query", "{'rank_by':['t','BM25','fox'],'limit':9}", 200, "'id':1"},
            {COPY, "{'upsert_rows':[{'id':4,'vector':[1,1]}]}", 200, "OK"},
            {"POST /v2/namespaces/n/query", "{'rank_by':['id','asc'],'limit':9}", 200, "{'rows':[{'id':2}]"},
            {METADATA, "", 200, "'encryption':{'mode':'default'},'index':{'status':'up-to-date'}}"}}},
    {"an object, with settings of its own; the source's are not taken over",
        {{WRITE, "{'upsert_rows':[{'id':1}],'sharding':{'num_shards':4}}", 200, "OK"},
            {"PATCH /v1/namespaces/n/metadata", "{'read_only':true,'pinning':true}", 200, "'schema'"},
            {COPY,
                "{'copy_from_namespace':{'source_namespace':'n','source_region':null,'dest_encryption':"
                "{'mode':'customer-managed','key_name':'" GOOGLE "'}},'sharding':{'num_shards':2}}",
                200, "'rows_affected':1"},
            {METADATA, "", 200,
                "'encryption':{'mode':'customer-managed','key_name':'" GOOGLE
                "'},'index':{'status':'up-to-date'},'sharding':{'num_shards':2}}"},
            {"POST /v2/namespaces/d", "{'copy_from_namespace':'n'}", 200, "OK"},
            {"GET /v2/namespaces/d/metadata", "", 200,
                "'encryption':{'mode':'default'},'index':{'status':'up-to-date'}}"}}},
    {"a branch names its parent and is read-only if that is, but not pinned",
        {{WRITE, SOURCE, 200, "OK"},
            {"PATCH /v1/namespaces/n/metadata", "{'read_only':true,'pinning':{'replicas':2}}", 200,
                "'schema'"},
            {COPY, "{'branch_from_namespace':{'source_namespace':'n'}}", 200,
                "'rows_affected':3,'billing':{'billable_logical_bytes_written':0},"},
            {METADATA, "", 200,
                "'index':{'status':'up-to-date'},'branching':{'parent':'n'},'read_only':true}"},
            {COPY, "{'deletes':[1]}", 400, "💔 Writes not permitted. This namespace is read-only."},
            {"PATCH /v1/namespaces/c/metadata", "{'read_only':false}", 200, "'branching':{'parent':'n'}}"},
            {COPY, "{'deletes':[1]}", 200, "OK"}, {"DELETE /v2/namespaces/n", "", 200, "OK"},
            {"POST /v2/namespaces/c/query", "{'rank_by':['t','BM25','owl'],'limit':9}", 200, "'id':2"}}},
    {"read_only: no write of any kind, but reads, settings and delete",
        {{WRITE, SOURCE, 200, "OK"},
            {"PATCH /v1/namespaces/n/metadata", "{'read_only':true}", 200, "'read_only':true}"},
            {WRITE, "{'upsert_rows':[{'id':1}]}", 400,
                "💔 Writes not permitted. This namespace is read-only."},
            {WRITE, "{'delete_by_filter':['n','Eq',1]}", 400, "read-only"},
            {"POST /v1/namespaces/n/schema", "{'z':'uint'}", 400, "read-only"},
            {"POST /v2/namespaces/n/query", "{'rank_by':['id','asc'],'limit':1}", 200, "'id':1"},
            {"PATCH /v1/namespaces/n/metadata", "{}", 200, "'read_only':true}"},
            {"PATCH /v1/namespaces/n/metadata", "{'read_only':null,'later':1}", 200, "'read_only':true}"},
            {"DELETE /v2/namespaces/n", "", 200, "OK"}, {WRITE, SOURCE, 200, "OK"},
            {"GET /v2/namespaces/n/metadata", "", 200, "'index':{'status':'up-to-date'}}"}}},
    {"pinning",
        {{COPY, "{'upsert_rows':[{'id':1}]}", 200, "OK"},
            {"PATCH /v1/namespaces/c/metadata", "{'pinning':true}", 200,
                "'pinning':{'replicas':1,'status':{'ready_replicas':1,'replicas':1,'utilization':0.0,"
                "'updated_at':'"},
            {"PATCH /v1/namespaces/c/metadata", "{'pinning':{'replicas':3}}", 200,
                "'pinning':{'replicas':3,'status':{'ready_replicas':3,"},
            {METADATA, "", 200, "'pinning':{'replicas':3,"},
            {"PATCH /v1/namespaces/c/metadata", "{'pinning':{}}", 200, "'pinning':{'replicas':1,"},
            {"PATCH /v1/namespaces/c/metadata", "{'pinning':null}", 200, "'index':{'status':'up-to-date'}}"},
            {"PATCH /v1/namespaces/c/metadata", "{'pinning':false}", 200,
                "'index':{'status':'up-to-date'}}"}}},
    {"sharding",
        {{COPY, "{'upsert_rows':[{'id':1}],'sharding':{'num_shards':256}}", 200, "OK"},
            {METADATA, "", 200, "'sharding':{'num_shards':256}}"},
            {COPY, "{'upsert_rows':[{'id':1}],'sharding':{'num_shards':256}}", 200, "OK"},
            {COPY, "{'upsert_rows':[{'id':1}],'sharding':{'num_shards':8}}", 400,
                "💔 sharding is fixed when a namespace is created: this one has 256 shards, not 8 shards"},
            {"POST /v2/namespaces/b", "{'branch_from_namespace':'c'}", 400,
                "💔 branching is not available for sharded namespaces"},
            {WRITE, "{'upsert_rows':[{'id':1}]}", 200, "OK"},
            {WRITE, "{'upsert_rows':[{'id':1}],'sharding':{'num_shards':2}}", 400,
                "this one has no sharding, not 2 shards"},
            {"POST /v2/namespaces/b", "{'branch_from_namespace':'n','sharding':{'num_shards':2}}", 400,
                "💔 branching is not available for sharded namespaces"}}},
    {"encryption in both shapes; honoured at the creation only",
        {{COPY, "{'upsert_rows':[{'id':1}],'encryption':{'mode':'customer-managed','key_name':'" GOOGLE "'}}",
             200, "OK"},
            {METADATA, "", 200, "'encryption':{'mode':'customer-managed','key_name':'" GOOGLE "'}"},
            {"GET /v1/namespaces/c/metadata", "", 200, "'encryption':{'cmek':{'key_name':'" GOOGLE "'}}"},
            {COPY, "{'upsert_rows':[{'id':1}],'encryption':{'mode':'default'}}", 200, "OK"},
            {METADATA, "", 200, "'encryption':{'mode':'customer-managed','key_name':'" GOOGLE "'}"},
            {"POST /v2/namespaces/b", "{'branch_from_namespace':'c'}", 200, "OK"},
            {"GET /v2/namespaces/b/metadata", "", 200, "'key_name':'" GOOGLE "'"},
            {WRITE, "{'upsert_rows':[{'id':1}],'encryption':{'cmek':{'key_name':'arn:aws:kms:r:1:key/k'}}}",
                200, "OK"},
            {"GET /v1/namespaces/n/metadata", "", 200,
                "'encryption':{'cmek':{'key_name':'arn:aws:kms:r:1:key/k'}}"}}},
    {"create_namespace",
        {{WRITE, "{'create_namespace':true}", 400,
             "💔 creating an empty namespace requires the type of `id` to be declared in `schema`"},
            {WRITE, "{'create_namespace':true,'schema':{'id':'uuid','t':'string'}}", 200,
                "'rows_affected':0,'billing':{'billable_logical_bytes_written':0},"},
            {"GET /v1/namespaces/n/schema", "", 200, "{'id':{'type':'uuid',"},
            {WRITE, "{'create_namespace':true}", 200, "'rows_affected':0"},
            {"POST /v2/namespaces/n/query", ALL, 200, "{'rows':[]"},
            {WRITE, "{'create_namespace':false}", 400, "💔 no writes provided"},
            {COPY, "{'create_namespace':false,'upsert_rows':[{'id':1}]}", 404, "namespace 'c' was not found"},
            {METADATA, "", 404, "was not found"},
            {COPY,
                "{'create_namespace':true,'schema':{'id':'uint'},'deletes':[1],'delete_by_filter':"
                "['id','Gt',3]}",
                200, "'rows_deleted':1"},
            {WRITE, "{'create_namespace':'yes'}", 422, "create_namespace: invalid type"}}},
};

/* Namespace n has three documents, c none of this makes. */
static const struct step refused[] = {
    {WRITE, "{'copy_from_namespace':'n'}", 400, "💔 destination namespace already exists"},
    {WRITE, "{'branch_from_namespace':'c'}", 404, "🤷 namespace 'c' was not found"},
    {COPY, "{'copy_from_namespace':'c'}", 404, "🤷 namespace 'c' was not found"},
    {COPY, "{'copy_from_namespace':{'source_namespace':'gone'}}", 404, "🤷 namespace 'gone' was not found"},
    {COPY, "{'copy_from_namespace':'n','upsert_rows':[{'id':1}]}", 400,
        "💔 `copy_from_namespace` cannot be combined with `upsert_rows`"},
    {COPY, "{'branch_from_namespace':'n','schema':{}}", 400,
        "💔 `branch_from_namespace` cannot be combined with `schema`"},
    {COPY, "{'branch_from_namespace':'n','copy_from_namespace':'n'}", 400,
        "💔 `branch_from_namespace` cannot be combined with `copy_from_namespace`"},
    {COPY, "{'copy_from_namespace':7}", 422,
        "copy_from_namespace: invalid type: integer `7`, expected a string or a map"},
    {COPY, "{'copy_from_namespace':{}}", 422, "copy_from_namespace: missing field `source_namespace`"},
    {COPY, "{'copy_from_namespace':{'source_namespace':[]}}", 422,
        "copy_from_namespace.source_namespace: invalid type: sequence"},
    {COPY, "{'copy_from_namespace':{'source_namespace':'n','source_region':'aws-us-east-1'}}", 400,
        "💔 copy_from_namespace.source_region: this local store has one organisation and one region"},
    {COPY, "{'copy_from_namespace':{'source_namespace':'n','source_api_key':'tpuf_x'}}", 400,
        "💔 copy_from_namespace.source_api_key: this local store has one organisation"},
    {COPY, "{'copy_from_namespace':{'source_namespace':'n','source_region':5}}", 422,
        "copy_from_namespace.source_region: invalid type"},
    {COPY, "{'copy_from_namespace':{'source_namespace':'n','dest_encryption':{'mode':'x'}}}", 422,
        "copy_from_namespace.dest_encryption: unknown variant `x`"},
    {COPY, "{'branch_from_namespace':'n','encryption':{'cmek':{'key_name':'" GOOGLE "'}}}", 400,
        "💔 a branch has the encryption of its parent"},
    {COPY, "{'upsert_rows':[{'id':1}],'sharding':{'num_shards':0}}", 400,
        "💔 sharding.num_shards must be between 1 and 256"},
    {COPY, "{'upsert_rows':[{'id':1}],'sharding':{'num_shards':257}}", 400, "between 1 and 256"},
    {COPY, "{'upsert_rows':[{'id':1}],'sharding':{'num_shards':'2'}}", 422, "sharding.num_shards: invalid"},
    {COPY, "{'upsert_rows':[{'id':1}],'sharding':{}}", 422, "sharding: missing field `num_shards`"},
    {COPY, "{'upsert_rows':[{'id':1}],'sharding':2}", 422, "sharding: invalid type: integer `2`"},
    {COPY, "{'upsert_rows':[{'id':1}],'encryption':{'cmek':{'key_name':'mykey'}}}", 400,
        "Malformed Cloud KMS crypto key: mykey"},
    {COPY, "{'upsert_rows':[{'id':1}],'encryption':{'mode':'customer-managed','key_name':'" GOOGLE "/x'}}",
        400, "Malformed Cloud KMS crypto key: " GOOGLE "/x"},
    {COPY,
        "{'upsert_rows':[{'id':1}],'encryption':{'mode':'customer-managed','key_name':"
        "'projects//locations/l/keyRings/r/cryptoKeys/k'}}",
        400, "Malformed Cloud KMS crypto key: projects//"},
    {COPY, "{'upsert_rows':[{'id':1}],'encryption':{'mode':'customer-managed'}}", 422,
        "encryption: missing field `key_name`"},
    {COPY, "{'upsert_rows':[{'id':1}],'encryption':{}}", 422, "encryption: missing field `mode`"},
    {COPY, "{'upsert_rows':[{'id':1}],'encryption':{'mode':'default','key_name':'k'}}", 400,
        "`encryption.key_name` needs the mode customer-managed"},
    {COPY,
        "{'upsert_rows':[{'id':1}],'encryption':{'mode':'customer-managed','key_name':'" GOOGLE
        "','encryption_context':{'a':'b'}}}",
        400, "`encryption.encryption_context` is not supported"},
    {COPY, "{'upsert_rows':[{'id':1}],'encryption':'default'}", 422, "encryption: invalid type: string"},
    {"PATCH /v1/namespaces/n/metadata", "{'pinning':7}", 422, "pinning: invalid type: integer `7`"},
    {"PATCH /v1/namespaces/n/metadata", "{'pinning':{'replicas':'2'}}", 422,
        "pinning.replicas: invalid type"},
    {"PATCH /v1/namespaces/n/metadata", "{'pinning':{'replicas':0}}", 400,
        "💔 pinning.replicas must be between 1 and 256"},
    {"PATCH /v1/namespaces/n/metadata", "{'read_only':'yes'}", 422, "read_only: invalid type: string"},
    {"PATCH /v1/namespaces/n/metadata", "{'pinning':true,'read_only':1}", 422, "read_only: invalid type"},
    {"PATCH /v1/namespaces/n/metadata", "[]", 422, "invalid type: sequence, expected a map"},
    {"PATCH /v1/namespaces/c/metadata", "{'read_only':true}", 404, "namespace 'c' was not found"},
    {"GET /v2/namespaces/n/metadata", "", 200,
        "'encryption':{'mode':'default'},'index':{'status':'up-to-date'}}"},
    {"GET /v1/namespaces", "", 200, "{'namespaces':[{'id':'n'}],"},
};

static void copies_and_settings(void **state)
{
	for (size_t i = 0; i < COUNT(scenarios); i++)
		kit_play(&scenarios[i], NULL);
}

static void refusals(void **state)
{
	struct kit k = kit_open(NULL);
	kit_expect(&k, WRITE, kit_quoted(&k, SOURCE), 200, "OK");
	for (size_t i = 0; i < COUNT(refused); i++)
		kit_step(&k, &refused[i]);
	kit_close(&k);
}

/* The value of a time in metadata; it stays until the kit ends. */
static const char *when(struct kit *k, const char *field)
{
	kit_expect(k, "GET /v2/namespaces/n/metadata", "", 200, field);
	const char *at = memmem(k->reply.body.ptr, k->reply.body.len, field, strlen(field));
	return arena_str(
	    k->arena, span_of(at, strlen(field) + strlen("\":\"2026-11-21T10:00:00.000000000Z")));
}

/* What moves updated_at, and what moves last_write_at with it. */
static void times(void **state)
{
	static const struct {
		const char *what, *body;
		bool updated, written;
	} moves[] = {
	    {WRITE, "{'upsert_rows':[{'id':2}]}", true, true},
	    {WRITE, "{'deletes':[77]}", true, true},
	    {WRITE, "{'delete_by_filter':['id','Eq',77]}", true, true},
	    {WRITE, "{'patch_rows':[{'id':1,'a':1}],'patch_condition':['id','Eq',null]}", true, true},
	    {WRITE, "{'schema':{'b':'uint'}}", true, false},
	    {"POST /v1/namespaces/n/schema", "{'b':'uint'}", true, false},
	    {"PATCH /v1/namespaces/n/metadata", "{'pinning':true}", true, false},
	    {"PATCH /v1/namespaces/n/metadata", "{'later':true}", false, false},
	    {WRITE, "{'create_namespace':true}", false, false},
	    {COPY, "{'copy_from_namespace':'n'}", false, false},
	};
	struct kit k = kit_open(NULL);
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":1}]}", 200, "OK");
	for (size_t i = 0; i < COUNT(moves); i++) {
		const char *updated = when(&k, "updated_at"), *written = when(&k, "last_write_at");
		kit_expect(&k, moves[i].what, kit_quoted(&k, moves[i].body), 200, "{");
		if (moves[i].updated != (strcmp(updated, when(&k, "updated_at")) != 0) ||
		    moves[i].written != (strcmp(written, when(&k, "last_write_at")) != 0))
			fail_msg("times after %s", moves[i].body);
	}
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(copies_and_settings),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(times),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
