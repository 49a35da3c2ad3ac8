/* delete_by_filter and patch_by_filter: what they change, in which order, how much at most. */
#include "store_kit.h"

#define WRITE "POST /v2/namespaces/n"
#define QUERY "POST /v2/namespaces/n/query"
#define ALL   "{'rank_by':['id','asc'],'limit':9,'include_attributes':true}"
/* Written in an order that is not that of the ids. */
#define FIVE "{'upsert_rows':[{'id':10,'n':1},{'id':9,'n':2},{'id':2,'n':1},{'id':7,'n':3},{'id':1,'n':1}]}"
#define VECTORS                                                                                              \
	"{'upsert_rows':[{'id':1,'vector':[1,0],'n':1},{'id':2,'vector':[0,1],'n':2}],"                      \
	"'distance_metric':'euclidean_squared'}"

/* The limits here are 3 deletes and 2 patches. */
static const struct scenario scenarios[] = {
    {"affected ids come in the order of the ids",
        {{WRITE, FIVE, 200, "OK"},
            {WRITE, "{'delete_by_filter':['n','Eq',1],'return_affected_ids':true}", 200,
                "'rows_affected':3,'rows_deleted':3,'deleted_ids':[1,2,10],'billing':{"
                "'billable_logical_bytes_written':24,'query':{'billable_logical_bytes_queried':256000000,"},
            {QUERY, ALL, 200, "{'rows':[{'id':7,'n':3},{'id':9,'n':2}]"},
            {WRITE, "{'delete_by_filter':['n','Eq',1]}", 200, "'rows_affected':0,'rows_deleted':0,'billing'"},
            {WRITE, "{'delete_by_filter':['id','In',[9,9,8]],'return_affected_ids':true}", 200,
                "'deleted_ids':[9]"}}},
    {"a patch: null removes, attributes are inferred, vectors stay",
        {{WRITE, VECTORS, 200, "OK"},
            {WRITE,
                "{'patch_by_filter':{'filters':['n','Gte',1],'patch':{'n':null,'s':'p','l':[1]}},"
                "'return_affected_ids':true}",
                200, "'rows_affected':2,'rows_patched':2,'patched_ids':[1,2]"},
            {QUERY, ALL, 200,
                "[{'id':1,'vector':[1.0,0.0],'s':'p','l':[1]},{'id':2,'vector':[0.0,1.0],'s':'p','l':[1]}]"},
            {QUERY, "{'rank_by':['vector','ANN',[0,1]],'limit':1}", 200, "[{'id':2,'$dist':0.0}]"},
            {WRITE, "{'patch_by_filter':{'filters':['s','Eq','none'],'patch':{'later':true}}}", 200,
                "'rows_patched':0"},
            {QUERY, "{'rank_by':['id','asc'],'limit':1,'filters':['later','Eq',null]}", 200, "'id':1"}}},
    {"an attribute that is full-text searched is found under its new text",
        {{WRITE,
             "{'upsert_rows':[{'id':1,'t':'red fox'},{'id':2,'t':'red hen'}],'schema':{'t':{'type':"
             "'string','full_text_search':true}}}",
             200, "OK"},
            {WRITE,
                "{'patch_by_filter':{'filters':['t','ContainsAllTokens','hen'],'patch':{'t':'blue owl'}}}",
                200, "'rows_patched':1"},
            {QUERY, "{'rank_by':['t','BM25','owl'],'limit':9}", 200, "'id':2"},
            {QUERY, "{'rank_by':['t','BM25','hen'],'limit':9}", 200, "{'rows':[]"}}},
    {"deleted by filter, then written by id: a new document, whatever the condition",
        {{WRITE, FIVE, 200, "OK"},
            {WRITE,
                "{'delete_by_filter':['n','Eq',1],'upsert_rows':[{'id':2,'m':5},{'id':9,'m':5}],"
                "'upsert_condition':['id','Eq',null],'return_affected_ids':true}",
                200,
                "'rows_affected':4,'rows_upserted':1,'rows_deleted':3,'upserted_ids':[2],"
                "'deleted_ids':[1,2,10]"},
            {QUERY, ALL, 200, "{'rows':[{'id':2,'m':5},{'id':7,'n':3},{'id':9,'n':2}]"}}},
    {"deleted by filter is gone for the patch by filter, and for a patch and a conditional delete by id",
        {{WRITE, FIVE, 200, "OK"},
            {WRITE,
                "{'delete_by_filter':['id','Lt',7],'patch_by_filter':{'filters':['id','Lte',7],'patch':"
                "{'p':1}},'patch_rows':[{'id':1,'q':1},{'id':9,'q':1}],'deletes':[2],'delete_condition':"
                "['n','Gte',0],'return_affected_ids':true}",
                200,
                "'rows_affected':4,'rows_patched':2,'rows_deleted':2,'patched_ids':[7,9],"
                "'deleted_ids':[1,2],'billing':{'billable_logical_bytes_written':64,"
                "'query':{'billable_logical_bytes_queried':768000000,"},
            {QUERY, ALL, 200, "{'rows':[{'id':7,'n':3,'p':1},{'id':9,'n':2,'q':1},{'id':10,'n':1}]"}}},
    {"writes by id see what the patch by filter did",
        {{WRITE, FIVE, 200, "OK"},
            {WRITE,
                "{'patch_by_filter':{'filters':['id','Gte',9],'patch':{'n':8}},"
                "'patch_rows':[{'id':9,'m':1},{'id':7,'m':1}],'patch_condition':['n','Eq',8],"
                "'deletes':[10,2],'delete_condition':['n','Eq',8],'return_affected_ids':true}",
                200,
                "'rows_affected':4,'rows_patched':3,'rows_deleted':1,'patched_ids':[9,10,9],"
                "'deleted_ids':[10]"},
            {QUERY, ALL, 200,
                "{'rows':[{'id':1,'n':1},{'id':2,'n':1},{'id':7,'n':3},{'id':9,'n':8,'m':1}]"}}},
    {"token and regex conditions see the texts from before the patch by filter",
        {{WRITE,
             "{'upsert_rows':[{'id':1,'t':'red fox'},{'id':2,'t':'owl'}],'schema':{'t':{'type':'string',"
             "'full_text_search':true,'regex':true}}}",
             200, "OK"},
            {WRITE,
                "{'patch_by_filter':{'filters':['id','Gte',1],'patch':{'t':'owl'}},'deletes':[1,2],"
                "'delete_condition':['Or',[['t','ContainsAllTokens','fox'],['t','Regex','^red']]],"
                "'return_affected_ids':true}",
                200, "'rows_patched':2,'rows_deleted':1,'patched_ids':[1,2],'deleted_ids':[1]"}}},
    {"over the limit: nothing happens, unless part of it is enough",
        {{WRITE, FIVE, 200, "OK"},
            {WRITE, "{'delete_by_filter':['id','Gte',0]}", 400,
                "💔 delete_by_filter matches 5 documents, the limit of one request is 3; set "
                "delete_by_filter_allow_partial"},
            {WRITE, "{'upsert_rows':[{'id':3}],'patch_by_filter':{'filters':['n','Eq',1],'patch':{'x':1}}}",
                400, "💔 patch_by_filter matches 3 documents, the limit of one request is 2"},
            {QUERY, "{'rank_by':['id','asc'],'limit':9}", 200,
                "{'rows':[{'id':1},{'id':2},{'id':7},{'id':9},{'id':10}]"},
            {"GET /v1/namespaces/n/schema", "", 200,
                "'n':{'type':'int','filterable':true,'full_text_search':null}}"},
            {WRITE,
                "{'patch_by_filter':{'filters':['n','Eq',1],'patch':{'x':1}},"
                "'patch_by_filter_allow_partial':true,'return_affected_ids':true}",
                200, "'rows_patched':2,'patched_ids':[1,2],'rows_remaining':true,"},
            {WRITE,
                "{'delete_by_filter':['id','Gte',0],'delete_by_filter_allow_partial':true,"
                "'return_affected_ids':true}",
                200, "'rows_deleted':3,'deleted_ids':[1,2,7],'rows_remaining':true,"},
            {WRITE, "{'delete_by_filter':['id','Gte',0],'delete_by_filter_allow_partial':true}", 200,
                "'rows_deleted':2,'rows_remaining':false,"},
            {QUERY, ALL, 200, "{'rows':[]"}}},
    {"into a namespace that this request makes",
        {{WRITE, "{'delete_by_filter':['a','Eq',1],'upsert_rows':[{'id':'x','a':1}]}", 200,
             "'rows_affected':1,'rows_upserted':1,'rows_deleted':0"},
            {QUERY, ALL, 200, "{'rows':[{'id':'x','a':1}]"}}},
    {"what the request adds to the schema is missing in what is stored; what it changes is not yet indexed",
        {{WRITE, "{'upsert_rows':[{'id':1,'s':'red fox'}]}", 200, "OK"},
            {WRITE, "{'schema':{'u':'uint'},'delete_by_filter':['u','NotEq',null]}", 200, "'rows_deleted':0"},
            {WRITE,
                "{'schema':{'s':{'type':'string','full_text_search':true}},"
                "'delete_by_filter':['s','ContainsAllTokens','red']}",
                400, "needs an attribute of type string or []string with `full_text_search` enabled"},
            {WRITE,
                "{'schema':{'z':{'type':'string','full_text_search':true}},"
                "'delete_by_filter':['z','ContainsAllTokens','red']}",
                200, "'rows_deleted':0"},
            {WRITE, "{'schema':{'w':'uint'},'delete_by_filter':['w','Eq',null]}", 200, "'rows_deleted':1"}}},
};

static const struct step refused[] = {
    {WRITE, "{'delete_by_filter':['w','Eq',1]}", 400, "filter error in key `w`: attribute not found"},
    {WRITE, "{'delete_by_filter':{}}", 422,
        "delete_by_filter: data did not match any variant of untagged enum Filter"},
    {WRITE, "{'delete_by_filter':['n','Eq',1],'delete_by_filter_allow_partial':1}", 422,
        "delete_by_filter_allow_partial: invalid type: integer `1`, expected a boolean"},
    {WRITE, "{'patch_by_filter':['n','Eq',1]}", 422, "patch_by_filter: invalid type: sequence"},
    {WRITE, "{'patch_by_filter':{'patch':{}}}", 422, "patch_by_filter: missing field `filters`"},
    {WRITE, "{'patch_by_filter':{'filters':['n','Eq',1]}}", 422, "patch_by_filter: missing field `patch`"},
    {WRITE, "{'patch_by_filter':{'filters':['n','Eq',1],'patch':[]}}", 422,
        "patch_by_filter.patch: invalid type: sequence"},
    {WRITE, "{'patch_by_filter':{'filters':7,'patch':{'n':1}}}", 422, "patch_by_filter.filters: data did"},
    {WRITE, "{'patch_by_filter':{'filters':['n','Eq',99],'patch':{'n':'x'}}}", 400,
        "💔 attribute 'n' of patch_by_filter: its value does not fit the type int"},
    {WRITE, "{'patch_by_filter':{'filters':['n','Eq',99],'patch':{'id':5}}}", 400,
        "💔 patch_by_filter cannot change the id"},
    {WRITE, "{'patch_by_filter':{'filters':['n','Eq',99],'patch':{'vector':[1,2]}}}", 400,
        "💔 attribute 'vector' of patch_by_filter: dense vectors cannot be patched"},
    {WRITE, "{'patch_by_filter':{'filters':['n','Eq',1],'patch':{'n':1,'n':2}}}", 400, "it is given twice"},
    {WRITE, "{'patch_by_filter':{'filters':['n','Eq',1],'patch':{'f':1.5}}}", 400, "cannot be inferred"},
    {"POST /v2/namespaces/m", "{'delete_by_filter':['n','Eq',1]}", 404, "namespace 'm' was not found"},
    {QUERY, ALL, 200, "{'rows':[{'id':1,'vector':[1.0,0.0],'n':1},{'id':2,'vector':[0.0,1.0],'n':2}]"},
};

static void filter_writes(void **state)
{
	static const struct store_options few = {.delete_rows_max = 3, .patch_rows_max = 2};
	for (size_t i = 0; i < COUNT(scenarios); i++)
		kit_play(&scenarios[i], &few);
}

static void refusals(void **state)
{
	struct kit k = kit_open(NULL);
	kit_expect(&k, WRITE, kit_quoted(&k, VECTORS), 200, "OK");
	for (size_t i = 0; i < COUNT(refused); i++)
		kit_step(&k, &refused[i]);
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(filter_writes),
	    cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
