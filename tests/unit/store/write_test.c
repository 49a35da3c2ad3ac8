#include "store_kit.h"

#define SCHEMA "POST /v1/namespaces/n/schema"
#define WRITE  "POST /v2/namespaces/n"
#define TWO    "{\"upsert_rows\":[{\"id\":1,\"a\":\"x\"},{\"id\":2}]}"
#define VEC    "{\"upsert_rows\":[{\"id\":1,\"vector\":[0.5,1]}],\"distance_metric\":\"cosine_distance\"}"
#define HALF(v)                                                                                              \
	"{\"upsert_rows\":[{\"id\":1,\"h\":" v                                                               \
	"}],\"distance_metric\":\"cosine_distance\",\"schema\":{\"h\":{"                                     \
	"\"type\":\"[2]f16\",\"ann\":true}}}"

/* What a write answers, each case in a store of its own after `before` (may be NULL). */
static const struct {
	const char *before, *body;
	int status;
	const char *text;
} cases[] = {
    {NULL, TWO, 200,
        "{\"status\":\"OK\",\"message\":\"documents committed successfully\",\"rows_affected\":2,"
        "\"rows_upserted\":2,\"billing\":{\"billable_logical_bytes_written\":17},\"performance\":{\"server_"
        "total_ms\":"},
    {NULL, "{\"upsert_columns\":{\"id\":[1,2,3],\"a\":[\"x\",null,\"y\"]}}", 200, "\"rows_upserted\":3"},
    {TWO, "{\"patch_rows\":[{\"id\":1,\"b\":true},{\"id\":9,\"b\":true}]}", 200, "\"rows_patched\":1"},
    {TWO, "{\"patch_columns\":{\"id\":[2,1],\"a\":[\"p\",\"q\"]}}", 200, "\"rows_patched\":2"},
    {TWO, "{\"deletes\":[1,7]}", 200, "\"rows_affected\":2,\"rows_deleted\":2"},
    {TWO,
        "{\"upsert_rows\":[{\"id\":3}],\"patch_rows\":[{\"id\":2,\"a\":\"z\"}],\"deletes\":[1],"
        "\"return_affected_ids\":true,\"unknown_field\":1,\"disable_backpressure\":true}",
        200, "\"upserted_ids\":[3],\"patched_ids\":[2],\"deleted_ids\":[1]"},
    {TWO, "{\"schema\":{\"c\":\"uint\"}}", 200, "\"rows_affected\":0"},
    {NULL, "{\"upsert_rows\":[{\"id\":1}],\"encryption\":{\"mode\":\"default\"}}", 200, "OK"},

    /* Nothing to do, nothing there. */
    {NULL, "{}", 400, "💔 no writes provided"},
    {TWO, "{\"upsert_rows\":[]}", 400, "💔 no writes provided"},
    {NULL, "{\"deletes\":[1]}", 404, "🤷 namespace 'n' was not found"},
    {NULL, "{\"patch_rows\":[{\"id\":1,\"a\":2}]}", 404, "🤷 namespace 'n' was not found"},
    {NULL, "{\"schema\":{\"c\":\"uint\"}}", 404, "🤷 namespace 'n' was not found"},

    /* The shape of the request. */
    {NULL, "{\"upsert_rows\":", 400, "Failed to parse the request body as JSON: "},
    {NULL, "[]", 422, "Failed to deserialize the JSON body into the target type: invalid type: sequence"},
    {NULL, "{\"upsert_rows\":{}}", 422, "upsert_rows: invalid type: map, expected a sequence"},
    {NULL, "{\"upsert_rows\":[7]}", 422, "upsert_rows[0]: invalid type: integer `7`, expected a map"},
    {NULL, "{\"upsert_rows\":[{\"a\":1}]}", 422, "upsert_rows[0]: missing field `id`"},
    {NULL, "{\"upsert_rows\":[{\"id\":1},{\"id\":-1}]}", 422,
        "upsert_rows[1].id: data did not match any variant of untagged enum Id"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"id\":2}]}", 422, "upsert_rows[0]: duplicate field `id`"},
    {TWO, "{\"deletes\":7}", 422, "deletes: data did not match any variant of untagged enum IdVec"},
    {TWO, "{\"deletes\":[1,\"2\"]}", 422, "deletes: data did not match any variant of untagged enum IdVec"},
    {NULL, "{\"upsert_columns\":{\"a\":[1]}}", 422, "upsert_columns: missing field `id`"},
    {NULL, "{\"upsert_columns\":{\"id\":[1,2],\"a\":[1]}}", 400,
        "column 'a' has 1 values, but there are 2 ids"},
    {NULL, "{\"upsert_columns\":{\"id\":[1],\"a\":1}}", 422, "upsert_columns.a: invalid type: integer `1`"},
    {NULL, "{\"deletes\":[1],\"deletes\":[2]}", 422, "duplicate field `deletes`"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"a\":1,\"a\":2}]}", 400,
        "attribute 'a' of document 1: it is given twice"},

    /* Ids. */
    {TWO, "{\"upsert_rows\":[{\"id\":\"x\"}]}", 400,
        "💔 namespace ID type is uint, but you sent string; you are not allowed to mix ID types in the same "
        "namespace"},
    {NULL, "{\"upsert_rows\":[{\"id\":\"x\"},{\"id\":1}]}", 400,
        "💔 namespace ID type is string, but you sent uint"},
    {NULL, "{\"upsert_rows\":[{\"id\":\"x\"}],\"schema\":{\"id\":\"uuid\"}}", 400,
        "💔 namespace ID type is uuid, but a written ID could not be parsed as uuid"},
    {NULL, "{\"upsert_rows\":[{\"id\":\"x\"}],\"schema\":{\"id\":\"int\"}}", 400,
        "💔 int is not a valid ID type"},
    {NULL, "{\"upsert_rows\":[{\"id\":5}],\"deletes\":[6,5]}", 400, "in this batch were the following: 5"},
    {NULL,
        "{\"upsert_rows\":[{\"id\":\"0190a0b0c0d07e0f80010203040506ff\"},"
        "{\"id\":\"urn:uuid:0190A0B0-C0D0-7E0F-8001-0203040506FF\"}],\"schema\":{\"id\":\"uuid\"}}",
        400, "following: \\\"0190a0b0-c0d0-7e0f-8001-0203040506ff\\\""},
    {NULL,
        "{\"upsert_rows\":[{\"id\":\"0123456789012345678901234567890123456789012345678901234567890123\"}]}",
        200, "OK"},
    {NULL,
        "{\"upsert_rows\":[{\"id\":\"01234567890123456789012345678901234567890123456789012345678901234\"}]}",
        400, "string IDs can have at most 64 bytes"},
    {NULL, "{\"upsert_rows\":[{\"id\":18446744073709551615}],\"return_affected_ids\":true}", 200,
        "[18446744073709551615]"},

    /* Values. */
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"a\":1.5}]}", 400, "the type of attribute 'a' cannot be inferred"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"a\":{}}]}", 400, "the type of attribute 'a' cannot be inferred"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"a\":1},{\"id\":2,\"a\":\"x\"}]}", 400,
        "attribute 'a' of document 2: its value does not fit the type int"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"a\":[1,null]}]}", 400, "does not fit the type []int"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"a\":[]},{\"id\":2,\"a\":[true]}]}", 200, "OK"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"d\":\"yesterday\"}],\"schema\":{\"d\":\"datetime\"}}", 400,
        "does not fit the type datetime"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"d\":\"!!\"}],\"schema\":{\"d\":\"bytes\"}}", 400,
        "does not fit the type bytes"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"d\":-1}],\"schema\":{\"d\":\"uint\"}}", 400,
        "does not fit the type uint"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"d\":9223372036854775808}],\"schema\":{\"d\":\"int\"}}", 400,
        "does not fit the type int"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"$a\":1}]}", 400, "must not begin with `$`"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"\":1}]}", 400, "must have 1 to 128 bytes"},

    /* Vectors. */
    {NULL, VEC, 200, "\"billable_logical_bytes_written\":16}"},
    {VEC, "{\"upsert_rows\":[{\"id\":2,\"vector\":\"AAAAPwAAgD8=\"}]}", 200, "OK"},
    {VEC, "{\"upsert_columns\":{\"id\":[2,3],\"vector\":[\"AAAAPwAAgD8=\",[1,2]]}}", 200, "OK"},
    {VEC, "{\"upsert_rows\":[{\"id\":2,\"vector\":[1,2,3]}]}", 400,
        "the vector has 3 dimensions, expected 2"},
    {VEC, "{\"upsert_rows\":[{\"id\":2,\"vector\":[]}]}", 400,
        "attribute 'vector' of document 2: a vector must be"},
    {VEC, "{\"upsert_rows\":[{\"id\":2,\"vector\":null}]}", 400,
        "attribute 'vector' of document 2: a vector must be"},
    {VEC, "{\"upsert_rows\":[{\"id\":2,\"vector\":[1,\"a\"]}]}", 400, "a vector must be"},
    {VEC, "{\"upsert_rows\":[{\"id\":2,\"vector\":[1e39,0]}]}", 400, "a vector must be"},
    {NULL, HALF("[65519.99,-65504]"), 200, "\"billable_logical_bytes_written\":12}"},
    {NULL, HALF("\"AOB/RwDgf8c=\""), 200, "OK"},
    {NULL, HALF("[65520,0]"), 400, "attribute 'h' of document 1: a component is out of the range of f16"},
    {NULL, HALF("[0,-1e6]"), 400, "attribute 'h' of document 1: a component is out of the range of f16"},
    {NULL, HALF("[1,2,3]"), 400, "the vector has 3 dimensions, expected 2"},
    {NULL, HALF("[]"), 400, "attribute 'h' of document 1: a vector must be"},
    {VEC, "{\"upsert_rows\":[{\"id\":2}]}", 400, "attribute 'vector' of document 2: the vector is missing"},
    {VEC, "{\"patch_rows\":[{\"id\":1,\"vector\":[1,2]}]}", 400, "dense vectors cannot be patched"},
    {VEC, "{\"patch_rows\":[{\"id\":1,\"x\":1}]}", 200, "\"rows_patched\":1"},
    {VEC, "{\"upsert_rows\":[{\"id\":2,\"vector\":[1,2]}],\"distance_metric\":\"euclidean_squared\"}", 400,
        "💔 distance metric mismatch, expected cosine_distance, got euclidean_squared"},
    {TWO, "{\"upsert_rows\":[{\"id\":2,\"vector\":[1,2]}],\"distance_metric\":\"cosine_distance\"}", 400,
        "💔 Vector provided for namespace without vector attribute"},
    {VEC, "{\"schema\":{\"vector\":{\"drop\":true}}}", 400,
        "attribute 'vector' cannot be dropped: the vector"},
    {TWO, "{\"schema\":{\"id\":{\"drop\":true}}}", 400, "attribute 'id' cannot be dropped: it is the id"},
    {TWO, "{\"schema\":{\"a\":{\"drop\":false}}}", 400, "`drop` of attribute 'a' must be true"},
    {VEC, "{\"schema\":{\"w\":{\"type\":\"[2]f32\",\"ann\":true}}}", 400,
        "vector attribute 'w' cannot be added"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"vector\":[0.5]}]}", 400,
        "💔 distance_metric must be specified for write to namespace with a vector"},
    {NULL, "{\"upsert_rows\":[{\"id\":1,\"vector\":[0.5]}],\"distance_metric\":\"bad\"}", 422,
        "distance_metric: unknown variant `bad`, expected one of `Unknown`, `euclidean_squared`, "
        "`cosine_distance`, "
        "`euclidean`, `Query`"},

    /* Fields that are read for their shape only, or off. */
    {NULL, "{\"upsert_rows\":[{\"id\":1}],\"sharding\":null}", 200, "OK"},
    {TWO, "{\"deletes\":[1],\"disable_backpressure\":7}", 422,
        "disable_backpressure: invalid type: integer `7`, expected a boolean"},
    {TWO, "{\"deletes\":[1],\"return_affected_ids\":\"yes\"}", 422, "return_affected_ids: invalid type"},
};

static void answers(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct kit k = kit_open(NULL);
		if (cases[i].before)
			kit_expect(&k, WRITE, cases[i].before, 200, "OK");
		kit_expect(&k, WRITE, cases[i].body, cases[i].status, cases[i].text);
		kit_close(&k);
	}
}

/* A refused write leaves no namespace, no attribute and no row behind. */
static void all_or_nothing(void **state)
{
	struct kit k = kit_open(NULL);
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":1,\"a\":1},{\"id\":\"x\"}]}", 400, "mix ID types");
	kit_expect(&k, "GET /v1/namespaces/n/schema", "", 404, "was not found");
	kit_expect(&k, "GET /v1/namespaces", "", 200, "{\"namespaces\":[],\"next_cursor\":null}");
	kit_expect(&k, WRITE, TWO, 200, "OK");
	kit_expect(&k, WRITE, "{\"upsert_rows\":[{\"id\":3,\"b\":1},{\"id\":4,\"a\":5}]}", 400, "document 4");
	kit_expect(&k, "GET /v1/namespaces/n/schema", "", 200,
	    "{\"id\":{\"type\":\"uint\",\"filterable\":null,\"full_text_search\":null},"
	    "\"a\":{\"type\":\"string\",\"filterable\":true,\"full_text_search\":null}}");
	kit_close(&k);
}

static void value_limits(void **state)
{
	static const struct {
		size_t len;
		const char *schema;
		int status;
	} sizes[] = {
	    {4096, "\"string\"", 200},
	    {4097, "\"string\"", 400},
	    {4097, "{\"type\":\"string\",\"filterable\":false}", 200},
	    {4097, "{\"type\":\"string\",\"full_text_search\":true}", 200},
	    {8388608, "{\"type\":\"string\",\"filterable\":false}", 200},
	    {8388609, "{\"type\":\"string\",\"filterable\":false}", 400},
	};
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct kit k = kit_open(NULL);
		struct buf body = buf_new(16 << 20);
		buf_printf(
		    &body, "{\"schema\":{\"a\":%s},\"upsert_rows\":[{\"id\":1,\"a\":\"", sizes[i].schema);
		char *room = buf_reserve(&body, sizes[i].len);
		memset(room, 'x', sizes[i].len);
		buf_commit(&body, sizes[i].len);
		buf_lit(&body, "\"}]}");
		buf_byte(&body, '\0');
		kit_expect(&k, WRITE, body.ptr, sizes[i].status,
		    sizes[i].status == 200 ? "OK" : "attribute 'a' of document 1: a");
		buf_free(&body);
		kit_close(&k);
	}
}

/* A dropped attribute is gone from schema, documents, indexes and sizes, and its name is free. */
static void drop(void **state)
{
	static const struct scenario dropped = {"drop",
	    {{WRITE,
	         "{'upsert_rows':[{'id':1,'a':'red fox','b':1},{'id':2,'a':'owl','b':2}],"
	         "'schema':{'a':{'type':'string','full_text_search':true}}}",
	         200, "OK"},
	        {SCHEMA, "{'a':{'drop':true}}", 200,
	            "{'id':{'type':'uint','filterable':null,'full_text_search':null},"
	            "'b':{'type':'int','filterable':true,'full_text_search':null}}"},
	        {"POST /v2/namespaces/n/query",
	            "{'rank_by':['id','asc'],'limit':9,'include_attributes':true}", 200,
	            "{'rows':[{'id':1,'b':1},{'id':2,'b':2}],'billing':{'billable_logical_bytes_queried':"
	            "256000000,'billable_logical_bytes_returned':32}"},
	        {"POST /v2/namespaces/n/query", "{'rank_by':['a','BM25','fox'],'limit':9}", 400, "not found"},
	        {WRITE, "{'delete_by_filter':['a','Eq',null]}", 400, "attribute not found in schema"},
	        {WRITE, "{'patch_rows':[{'id':1,'a':[7]}]}", 200, "OK"},
	        {"POST /v2/namespaces/n/query",
	            "{'rank_by':['id','asc'],'limit':9,'include_attributes':true}", 200,
	            "{'rows':[{'id':1,'b':1,'a':[7]},{'id':2,'b':2}]"},
	        {WRITE,
	            "{'schema':{'b':{'drop':true}},'patch_rows':[{'id':1,'c':1}],'deletes':[2],"
	            "'delete_condition':['b','Eq',2]}",
	            200, "'rows_deleted':1"},
	        {"POST /v2/namespaces/n/query",
	            "{'rank_by':['id','asc'],'limit':9,'include_attributes':true}", 200,
	            "{'rows':[{'id':1,'a':[7],'c':1}]"},
	        {"GET /v2/namespaces/n/metadata", "", 200,
	            "{'schema':{'id':{'type':'uint'},'a':{'type':'[]int','filterable':true},"
	            "'c':{'type':'int','filterable':true}},"},
	        {SCHEMA, "{'b':{'drop':true}}", 400,
	            "💔 attribute 'b' cannot be dropped: it is not in the schema"},
	        {SCHEMA, "{'a':{'drop':true,'type':'[]int'}}", 400,
	            "cannot be combined with other options"}}};
	kit_play(&dropped, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(all_or_nothing),
	    cmocka_unit_test(drop),
	    cmocka_unit_test(value_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
