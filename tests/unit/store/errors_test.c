/* The error texts of the contract (wire §8, and the sections it names), verbatim, through the whole store. In
 * requests ' stands for ". */
#include "store_kit.h"

#include "json/doc.h"

struct sent {
	const char *what, *body;
	int status;
	const char *error; /* the whole text; up to a last … if it ends so */
};

#define W     "POST /v2/namespaces/"
#define Q     "POST /v2/namespaces/n/query"
#define SHAPE "Failed to deserialize the JSON body into the target type: "
#define BY_ID "{'rank_by':['id','asc'],'limit':1,"

static const struct sent cases[] = {
    {Q, "{'rank_by'", 400, "Failed to parse the request body as JSON: …"},
    {W "m/query", BY_ID "'x':1}", 404, "🤷 namespace 'm' was not found"},
    {"DELETE /v2/namespaces/m", "", 404, "🤷 namespace 'm' was not found"},

    /* shapes of writes */
    {W "n", "[]", 422, SHAPE "…"},
    {W "n", "{'upsert_rows':{'id':1}}", 422, SHAPE "upsert_rows: invalid type: map, expected a sequence"},
    {W "n", "{'upsert_rows':[{'s':'x'}]}", 422, SHAPE "upsert_rows[0]: missing field `id`"},
    {W "s", "{'upsert_rows':[{'id':'b'},{'s':'x'}]}", 422, SHAPE "upsert_rows[1]: missing field `id`"},
    {W "n", "{'upsert_rows':[{'id':[]}]}", 422,
        SHAPE "upsert_rows[0].id: data did not match any variant of untagged enum Id"},
    {W "n", "{'deletes':[{}]}", 422, SHAPE "deletes: data did not match any variant of untagged enum IdVec"},
    {W "n", "{'deletes':5}", 422, SHAPE "deletes: data did not match any variant of untagged enum IdVec"},
    {W "n", "{'upsert_rows':[{'id':9}],'distance_metric':'bad'}", 422,
        SHAPE "distance_metric: unknown variant `bad`, expected one of `Unknown`, `euclidean_squared`, "
              "`cosine_distance`, `euclidean`, `Query`"},
    {W "n", "{'schema':{'x':{'filterable':true}}}", 422, SHAPE "…"},
    {W "n", "{'schema':{'x':{'type':'string','full_text_search':{'tokenizer':'word_v9'}}}}", 422, SHAPE "…"},
    {W "n", "{'schema':{'x':{'type':'string','full_text_search':{'language':'klingon'}}}}", 422, SHAPE "…"},
    {W "new",
        "{'upsert_rows':[{'id':1,'v':[1]}],'distance_metric':'cosine_distance',"
        "'schema':{'v':{'type':'[1]f32','ann':{'distance_metric':'bad'}}}}",
        422, SHAPE "…"},

    /* shapes of queries */
    {Q, BY_ID "'consistency':'eventual'}", 422,
        SHAPE "consistency: invalid type: string \"eventual\", expected struct Consistency"},
    {Q, BY_ID "'consistency':{'level':'nonexistentvalue'}}", 422,
        SHAPE "consistency.level: unknown variant `nonexistentvalue`, expected `strong` or `eventual`"},
    {Q, BY_ID "'consistency':{}}", 422, SHAPE "consistency: missing field `level`"},
    {Q, BY_ID "'vector_encoding':'bad'}", 422,
        SHAPE "vector_encoding: unknown variant `bad`, expected `float` or `base64`"},
    {Q, "{'rank_by':5,'limit':1}", 422,
        SHAPE "rank_by: data did not match any variant of enum a valid variant of RankInput"},
    {Q, "{'rank_by':['id','asc'],'limit':'x'}", 422,
        SHAPE "limit: data did not match any variant of untagged enum LimitInput"},
    {Q, BY_ID "'exclude_attributes':true}", 422,
        SHAPE "exclude_attributes: invalid type: boolean `true`, expected a sequence"},
    {Q, BY_ID "'include_attributes':'s'}", 422,
        SHAPE "include_attributes: invalid type: string \"s\", expected a sequence"},
    {Q, BY_ID "'offset':'1'}", 422, SHAPE "offset: invalid type: string \"1\", expected usize"},
    {Q, BY_ID "'filters':['n','In',[1,'x']]}", 422, SHAPE "filters: …"},
    {Q, BY_ID "'filters':['n','In',[[1]]]}", 422, SHAPE "filters: …"},
    {Q, BY_ID "'filters':['n','Near',1]}", 422, SHAPE "filters: …"},
    {Q, "{'aggregate_by':{'c':['Count']},'limit':1}", 422, SHAPE "limit: unknown field `limit`…"},
    {Q, "{'aggregate_by':{'c':['Count']},'distance_metric':'cosine_distance'}", 422, SHAPE "…"},

    /* writes */
    {W "n", "{}", 400, "💔 no writes provided"},
    {W "s", "{'upsert_rows':[{'id':'b'},{'id':'b'}]}", 400,
        "💔 This upsert contains duplicate document IDs and was not written. You should ensure that "
        "individual "
        "upserts do not include duplicate documents. The duplicated IDs in this batch were the following: …"},
    {W "s", "{'upsert_rows':[{'id':7}]}", 400,
        "💔 namespace ID type is string, but you sent uint; you are not allowed to mix ID types in the same "
        "namespace"},
    {W "u", "{'upsert_rows':[{'id':'x'}]}", 400,
        "💔 namespace ID type is uuid, but a written ID could not be parsed as uuid"},
    {W "new", "{'upsert_rows':[{'id':7}],'schema':{'id':'int'}}", 400, "💔 int is not a valid ID type"},
    {W "new", "{'upsert_rows':[{'id':1}],'encryption':{'mode':'customer-managed','key_name':'mykey'}}", 400,
        "Malformed Cloud KMS crypto key: mykey"},
    {W "new", "{'upsert_rows':[{'id':1,'vector':[1]}]}", 400,
        "💔 distance_metric must be specified for write to namespace with a vector"},
    {W "new",
        "{'upsert_rows':[{'id':1,'vector':[1]}],"
        "'schema':{'vector':{'type':'[1]f32','ann':{'distance_metric':'cosine_distance'}}}}",
        400,
        "💔 `distance_metric` must be specified as a field at the top level of the write request, not in the "
        "`ann` "
        "configuration for an attribute"},
    {W "new",
        "{'upsert_rows':[{'id':1,'embedding':[1]}],'distance_metric':'cosine_distance',"
        "'schema':{'embedding':{'type':'[1]f32'}}}",
        400, "💔 vector attribute 'embedding' must have ann:true"},
    {W "new",
        "{'upsert_rows':[{'id':1,'vector':[1]}],'distance_metric':'cosine_distance',"
        "'schema':{'vector':{'type':'[1]f32','ann':false}}}",
        400, "💔 the `vector` attribute must have `ann` set to `true`…"},
    {W "n", "{'upsert_rows':[{'id':1,'vector':[1,2]}],'distance_metric':'euclidean_squared'}", 400,
        "💔 distance metric mismatch, expected cosine_distance, got euclidean_squared"},
    {W "s", "{'upsert_rows':[{'id':'a','vector':[1,2]}],'distance_metric':'cosine_distance'}", 400,
        "💔 Vector provided for namespace without vector attribute"},
    {"POST /v1/namespaces/n/schema", "{'n':'string'}", 400,
        "🙅 invalid schema update for attribute 'n': cannot change attribute type from int to string"},

    /* queries */
    {Q, "{'rank_by':['id','asc']}", 400, "💔 rank_by queries must specify top_k or limit"},
    {Q, "{'rank_by':['id','asc'],'top_k':0}", 400, "💔 top_k must be between 1 and 10000"},
    {Q, "{'rank_by':['id','asc'],'limit':{'total':10001}}", 400, "💔 top_k must be between 1 and 10000"},
    {Q, "{'rank_by':[],'limit':1}", 400, "💔 rank_by cannot be empty"},
    {Q, BY_ID "'include_attributes':['s'],'exclude_attributes':['s']}", 400,
        "💔 cannot specify both include_attributes and exclude_attributes"},
    {Q, BY_ID "'include_attributes':['nope']}", 400,
        "💔 attribute \"nope\" not found in schema, cannot be part of `include_attributes`. consider passing "
        "`include_attributes=True` to return all attribute data instead"},
    {Q, BY_ID "'distance_metric':'euclidean_squared'}", 400, "💔 distance metric mismatch, …"},
    {Q, "{'rank_by':['vector','kNN',[1,2]],'limit':1}", 400, "…"},
    {Q, "{'rank_by':['tokens','BM25','fish'],'limit':1}", 400,
        "invalid input 'fish' for rank_by field \"tokens\", expecting []string"},
    {Q, "{'rank_by':['Sum',[1,['text','BM25','x']]],'limit':1}", 400,
        "Sum aggregations can only contain other text queries"},
    {Q, "{'rank_by':['Attribute','n'],'limit':1}", 400,
        "rank_by clauses must produce non-negative scores, but an attribute clause on signed numeric "
        "attribute 'n' was "
        "used. Wrap this clause under a [\"Max\", [0, <clause>]] to fix this."},

    /* filters */
    {"POST /v2/namespaces/s/query", BY_ID "'filters':['id','Eq',1]}", 400,
        "filter error in key `id`: type mismatch, Eq expects string, but got '1'"},
    {"POST /v2/namespaces/u/query", BY_ID "'filters':['id','In',['x']]}", 400,
        "filter error in key `id`: type mismatch, In expects uuid or []uuid, but got '[\"x\"]'"},
    {Q, BY_ID "'filters':['s','Eq',1]}", 400,
        "filter error in key `s`: type mismatch, Eq expects string, but got '1'"},
    {Q, BY_ID "'filters':['tags','ContainsAny','sea']}", 400,
        "filter error in key `tags`: type mismatch, ContainsAny expects []string, but got 'sea'"},
    {Q, BY_ID "'filters':['tags','NotContainsAny',1]}", 400,
        "filter error in key `tags`: type mismatch, NotContainsAny expects []string, but got '1'"},
    {Q, BY_ID "'filters':['tags','Contains',['sea']]}", 400,
        "filter error in key `tags`: type mismatch, Contains expects string, but got '[\"sea\"]'"},
    {Q, BY_ID "'filters':['tags','NotContains',1]}", 400,
        "filter error in key `tags`: type mismatch, NotContains expects string, but got '1'"},
    {Q, BY_ID "'filters':['text','Eq','x']}", 400, "filter error in key `text`: attribute isn't filterable…"},
    {Q, BY_ID "'filters':['s','Eq','x','y']}", 400, "filter error in key `s`: …"},

    /* computed attributes */
    {Q, BY_ID "'compute_attributes':{'h':['Highlight','s']}}", 400,
        "computed attribute `h` references `s`, which is not enabled for full-text search; this requires a "
        "schema "
        "update"},
    {Q, BY_ID "'compute_attributes':{'h':['Highlight','text']}}", 400,
        "computed attribute `h`: cannot infer `rank_fragments_by` because the query `rank_by` has no BM25 "
        "clause over "
        "`text`; provide `rank_fragments_by` explicitly"},

    /* aggregations, several queries */
    {Q, "{'aggregate_by':{'c':['Count','n']}}", 400,
        "💔 aggregate_by with attributes other than \"id\" not yet supported"},
    {Q, "{'aggregate_by':{'c':['Count']},'top_k':1}", 400,
        "💔 top_k is not supported in aggregation queries without group_by"},
    {Q, "{'queries':[]}", 400, "💔 must send at least one sub-query"},
    {Q, "{'queries':[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]}", 400,
        "💔 multi-query exceeds per-namespace concurrency budget: requires 17 permits, max is 16 (see "
        "https://turbopuffer.com/docs/limits)"},
    {"POST /v2/namespaces/n/explain_query", BY_ID "'x':1}", 400, "index does not exist, cannot explain"},
};

static const char *quoted(struct arena *a, const char *text)
{
	char *copy = arena_str(a, span_str(text));
	for (char *p = copy; *p; p++)
		*p = (char)(*p == '\'' ? '"' : *p);
	return copy;
}

/* Whether the reply has the error shape, and the text. */
static bool check(struct kit *k, const struct sent *c)
{
	static const struct span more = SPAN("…");
	yyjson_val *root;
	int status = kit_ask(k, c->what, quoted(k->arena, c->body));
	struct span body = buf_span(&k->reply.body), want = span_str(c->error);
	assert_int_equal(json_parse(k->arena, body, &root, NULL), 0);
	struct span got = json_span(yyjson_obj_get(root, "error"));
	bool whole = !span_ends(want, more);
	if (!whole)
		want.len -= more.len;
	if (status == c->status && yyjson_equals_str(yyjson_obj_get(root, "status"), "error") &&
	    (whole ? span_eq(got, want) : span_starts(got, want)) &&
	    strcmp(k->reply.content_type, "application/json") == 0)
		return true;
	print_error("%s %s\n got %d %.*s\nwant %d %s\n", c->what, c->body, status, SPAN_FMT(got), c->status,
	    c->error);
	return false;
}

static void texts(void **state)
{
	struct kit k = kit_open(NULL);
	kit_expect(&k, W "n",
	    quoted(k.arena,
	        "{'upsert_rows':[{'id':1,'vector':[1,2]}],'distance_metric':'cosine_distance',"
	        "'schema':{'s':'string','n':'int','tags':'[]string',"
	        "'text':{'type':'string','full_text_search':true},"
	        "'tokens':{'type':'[]string','full_text_search':{'tokenizer':'pre_tokenized_array'}}}}"),
	    200, "OK");
	kit_expect(&k, W "s", quoted(k.arena, "{'upsert_rows':[{'id':'a'}]}"), 200, "OK");
	kit_expect(&k, W "u",
	    quoted(k.arena,
	        "{'upsert_rows':[{'id':'0190a0b0-c0d0-7e0f-8001-0203040506ff'}],'schema':{'id':'uuid'}}"),
	    200, "OK");
	size_t wrong = 0;
	for (size_t i = 0; i < COUNT(cases); i++)
		wrong += !check(&k, &cases[i]);
	assert_int_equal(wrong, 0);
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(texts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
