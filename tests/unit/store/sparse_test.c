/* Sparse vectors: what may be written, what comes back, how they rank. */
#include "store_kit.h"

#include "world.h"

#define WRITE  "POST /v2/namespaces/n"
#define QUERY  "POST /v2/namespaces/n/query"
#define ALL    "{\"rank_by\":[\"id\",\"asc\"],\"limit\":9,\"include_attributes\":true}"
#define SCHEMA "\"schema\":{\"z\":{\"type\":\"{}f16\",\"sparse_knn\":{\"distance_metric\":\"dot_product\"}}}"
#define ROW(z) "{" SCHEMA ",\"upsert_rows\":[{\"id\":1,\"z\":" z "}]}"

static void writes(void **state)
{
	static const struct {
		const char *body;
		int status;
		const char *text; /* in the rows if 200, else in the answer */
	} cases[] = {
	    /* The nearest f16, as the shortest decimal of f32; by name. */
	    {ROW("{\"salt\":0.4,\"wind\":1.2,\"air\":-3}"), 200,
	        "{\"id\":1,\"z\":{\"air\":-3.0,\"salt\":0.39990234,\"wind\":1.2001953}}"},
	    {ROW("{\"a\":65504,\"b\":65519.9,\"c\":6e-8,\"d\":1e-9,\"\":2049}"), 200,
	        "\"z\":{\"\":2048.0,\"a\":65504.0,\"b\":65504.0,\"c\":5.9604645e-8,\"d\":0.0}"},
	    {ROW("{}"), 200, "{\"id\":1,\"z\":{}}"},
	    {ROW("null"), 200, "{\"id\":1}"},
	    {ROW("{\"a\":65520}"), 400,
	        "attribute 'z' of document 1: a weight of the sparse vector is out of the "
	        "range of f16"},
	    {ROW("{\"a\":-1e300}"), 400, "is out of the range of f16"},
	    {ROW("{\"a\":1,\"b\":\"2\"}"), 400, "the weights of a sparse vector must be numbers"},
	    {ROW("{\"a\":1,\"b\":2,\"a\":1}"), 400, "the sparse vector names a dimension twice"},
	    {ROW("[1,2]"), 400, "a sparse vector must be an object of numbers by dimension"},
	    {"{\"upsert_rows\":[{\"id\":1,\"z\":{\"a\":1}}]}", 400, "cannot be inferred from its value"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct kit k = kit_open(NULL);
		kit_expect(
		    &k, WRITE, cases[i].body, cases[i].status, cases[i].status == 200 ? "OK" : cases[i].text);
		if (cases[i].status == 200)
			kit_expect(&k, QUERY, ALL, 200, cases[i].text);
		kit_close(&k);
	}
}

/* 1,024 dimensions are fine, one more is not. */
static void many_dimensions(void **state)
{
	for (int n = 1024; n <= 1025; n++) {
		struct kit k = kit_open(NULL);
		struct buf body = buf_new(1 << 20);
		buf_lit(&body, "{" SCHEMA ",\"upsert_rows\":[{\"id\":1,\"z\":{");
		for (int i = 0; i < n; i++)
			buf_printf(&body, "%s\"d%d\":1", i ? "," : "", i);
		buf_lit(&body, "}}]}");
		buf_byte(&body, '\0');
		if (n == 1024)
			kit_expect(&k, WRITE, body.ptr, 200, "OK");
		else
			kit_expect(
			    &k, WRITE, body.ptr, 400, "a sparse vector can have at most 1024 dimensions");
		buf_free(&body);
		kit_close(&k);
	}
}

/* The rest of their life: later addition, patches, shapes, what they cannot do. */
static void life(void **state)
{
	static const struct {
		const char *what, *body;
		int status;
		const char *text;
	} steps[] = {
	    {WRITE, "{\"upsert_rows\":[{\"id\":1,\"s\":\"x\"},{\"id\":2}]}", 200, "OK"},
	    {WRITE,
	        "{" SCHEMA ",\"patch_rows\":[{\"id\":1,\"z\":{\"b\":2,\"a\":1}},{\"id\":2,\"z\":{\"a\":3}}]}",
	        200, "\"rows_patched\":2"},
	    {QUERY, "{\"rank_by\":[\"z\",\"SparseKNN\",{\"a\":2}],\"limit\":9}", 200,
	        "{\"rows\":[{\"id\":2,\"$dist\":6.0},{\"id\":1,\"$dist\":2.0}]"},
	    {WRITE, "{\"patch_rows\":[{\"id\":1,\"z\":{\"c\":1}},{\"id\":2,\"s\":\"y\"}]}", 200,
	        "\"rows_patched\":2"},
	    {QUERY, ALL, 200,
	        "{\"id\":1,\"s\":\"x\",\"z\":{\"c\":1.0}},{\"id\":2,\"s\":\"y\",\"z\":{\"a\":3.0}}"},
	    {QUERY, "{\"rank_by\":[\"z\",\"SparseKNN\",{\"a\":2}],\"limit\":9}", 200,
	        "{\"rows\":[{\"id\":2,\"$dist\":6.0}]"},
	    {WRITE, "{\"patch_columns\":{\"id\":[2],\"z\":[null]}}", 200, "\"rows_patched\":1"},
	    {QUERY, ALL, 200, "{\"id\":1,\"s\":\"x\",\"z\":{\"c\":1.0}},{\"id\":2,\"s\":\"y\"}"},
	    {"GET /v1/namespaces/n/schema", "", 200,
	        "\"z\":{\"type\":\"{}f16\",\"filterable\":null,\"full_text_search\":null}"},
	    {"GET /v2/namespaces/n/metadata", "", 200,
	        "\"z\":{\"type\":\"{}f16\",\"sparse_knn\":{\"distance_metric\":\"dot_product\"}}"},
	    {"POST /v1/namespaces/n/schema", "{\"z\":{\"type\":\"{}f16\",\"filterable\":null}}", 200,
	        "{}f16"},
	    {"POST /v1/namespaces/n/schema", "{\"z\":\"string\"}", 400,
	        "cannot change attribute type from {}f16 to string"},
	    {QUERY, "{\"limit\":9,\"filters\":[\"z\",\"Eq\",null]}", 400, "attribute isn't filterable"},
	    {QUERY, "{\"limit\":9,\"rank_by\":[\"z\",\"asc\"]}", 400, "of type {}f16 cannot be ordered by"},
	    {QUERY, "{\"aggregate_by\":{\"n\":[\"Count\"]},\"group_by\":[\"z\"]}", 400,
	        "of type {}f16 cannot be grouped by"},
	    {QUERY, "{\"aggregate_by\":{\"n\":[\"Sum\",\"z\"]}}", 400, "but \\\"z\\\" is {}f16"},
	};
	struct kit k = kit_open(NULL);
	for (size_t i = 0; i < COUNT(steps); i++)
		kit_expect(&k, steps[i].what, steps[i].body, steps[i].status, steps[i].text);
	kit_close(&k);
}

static void ranking(void **state)
{
	static const struct ask asks[] = {
	    {"{'rank_by':['z','SparseKNN',{'a':2,'b':0.5}],'limit':9,'include_attributes':['z']}",
	        "{'rows':[{'id':2,'$dist':4.0,'z':{'a':2.0}},{'id':1,'$dist':2.5,'z':{'a':1.0,'b':1.0}},"
	        "{'id':3,'$dist':-1.5,'z':{'a':-1.0,'b':1.0}}]"},
	    /* 0.1 is 0.099975586 in f16. */
	    {"{'rank_by':['z','SparseKNN',{'b':0.1}],'limit':9}",
	        "{'rows':[{'id':1,'$dist':0.099975586},{'id':3,'$dist':0.099975586}]"},
	    {"{'rank_by':['z','SparseKNN',{'a':1,'b':1}],'limit':9,'filters':['id','In',[3,1,4]]}",
	        "{'rows':[{'id':1,'$dist':2.0}]"},
	    {"{'rank_by':['Sum',[['z','SparseKNN',{'a':1}],['id','Gte',3]]],'limit':9}",
	        "{'rows':[{'id':2,'$dist':2.0},{'id':1,'$dist':1.0},{'id':4,'$dist':1.0},{'id':5,'$dist':1.0}"
	        "]"},
	    {"{'rank_by':['Max',[0.25,['z','SparseKNN',{'a':1}]]],'limit':9}",
	        "{'rows':[{'id':2,'$dist':2.0},{'id':1,'$dist':1.0},{'id':3,'$dist':0.25}]"},
	    {"{'rank_by':['z','SparseKNN',{'nope':1}],'limit':9}", "{'rows':[]"},
	    {"{'rank_by':['z','SparseKNN',{}],'limit':9}", "{'rows':[]"},
	    {"{'rank_by':['y','SparseKNN',{'a':1}],'limit':9}", "{'rows':[]"},
	    {"{'rank_by':['z','SparseKNN',{'a':70000}],'limit':9}",
	        "400 💔 rank_by field 'z': a weight of the sparse vector is out of the range of f16"},
	    {"{'rank_by':['z','SparseKNN',[1]],'limit':9}",
	        "400 💔 rank_by field 'z': a sparse vector must be an object of numbers by dimension"},
	    {"{'rank_by':['s','SparseKNN',{'a':1}],'limit':9}",
	        "400 💔 SparseKNN needs an attribute of type {}f16, but 's' is string"},
	    {"{'rank_by':['nope','SparseKNN',{'a':1}],'limit':9}",
	        "400 💔 rank_by field 'nope' not found in schema"},
	    {"{'rank_by':['z','SparseKNN',{'a':1},{}],'limit':9}",
	        "400 💔 malformed rank_by expression, expected [name, 'SparseKNN', {dimension: weight, …}]"},
	    {"{'rank_by':['z','ANN',[1]],'limit':9}", "400 💔 rank_by field 'z' is not a vector attribute"},
	};
	struct world w = world_new(ID_UINT, METRIC_NONE,
	    "{'z':{'type':'{}f16','sparse_knn':{'distance_metric':'dot_product'}},'s':'string',"
	    "'y':{'type':'{}f16','sparse_knn':{'distance_metric':'dot_product'}}}",
	    "[{'id':1,'z':{'a':1,'b':1}},{'id':2,'z':{'a':2}},{'id':3,'z':{'b':1,'a':-1}},{'id':4,'z':{'c':1}"
	    "},"
	    "{'id':5}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

/* Billing: 8 for the id, and for each dimension its name and two bytes. */
static void billed(void **state)
{
	struct kit k = kit_open(NULL);
	kit_expect(&k, WRITE, ROW("{\"salt\":1,\"air\":2}"), 200, "\"billable_logical_bytes_written\":19");
	kit_expect(&k, QUERY, ALL, 200, "\"billable_logical_bytes_returned\":19}");
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes),
	    cmocka_unit_test(many_dimensions),
	    cmocka_unit_test(life),
	    cmocka_unit_test(ranking),
	    cmocka_unit_test(billed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
