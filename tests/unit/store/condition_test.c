/* upsert_condition, patch_condition, delete_condition, and the operand $ref_new. */
#include "store_kit.h"

#define WRITE "POST /v2/namespaces/n"
#define QUERY "POST /v2/namespaces/n/query"
#define ALL   "{'rank_by':['id','asc'],'limit':9,'include_attributes':true}"
#define THREE "{'upsert_rows':[{'id':1,'v':5,'s':'a','t':['x','y']},{'id':2,'v':7,'s':'b'},{'id':3,'s':'c'}]}"

static const struct scenario scenarios[] = {
    {"only if newer: one passes, one does not, one is new",
        {{WRITE,
             "{'upsert_rows':[{'id':1,'v':2},{'id':2,'v':5}],"
             "'upsert_condition':['v','Lt',{'$ref_new':'v'}]}",
             200, "'rows_affected':2,'rows_upserted':2"},
            {WRITE,
                "{'upsert_rows':[{'id':1,'v':3},{'id':2,'v':4},{'id':3,'v':1}],'return_affected_ids':true,"
                "'upsert_condition':['v','Lt',{'$ref_new':'v'}]}",
                200, "'rows_affected':2,'rows_upserted':2,'upserted_ids':[1,3],'billing'"},
            {QUERY, ALL, 200, "[{'id':1,'v':3},{'id':2,'v':5},{'id':3,'v':1}]"}}},
    {"insert if absent",
        {{WRITE, THREE, 200, "OK"},
            {WRITE, "{'upsert_columns':{'id':[3,4],'s':['new','new']},'upsert_condition':['id','Eq',null]}",
                200, "'rows_upserted':1"},
            {QUERY, "{'rank_by':['id','asc'],'limit':9,'filters':['s','Eq','new']}", 200,
                "{'rows':[{'id':4}]"}}},
    {"no row passes: 200 and 0, and the values are checked all the same",
        {{WRITE, THREE, 200, "OK"},
            {WRITE, "{'upsert_rows':[{'id':1,'v':9}],'upsert_condition':['s','Eq','z']}", 200,
                "'rows_affected':0,'rows_upserted':0"},
            {WRITE, "{'upsert_rows':[{'id':1,'v':'x'}],'upsert_condition':['s','Eq','z']}", 400,
                "does not fit the type int"},
            {QUERY, ALL, 200, "{'id':1,'v':5,'s':'a'"}}},
    {"a patch: what it does not name is null to $ref_new; absent ids are skipped",
        {{WRITE, THREE, 200, "OK"},
            {WRITE,
                "{'patch_rows':[{'id':1,'v':6},{'id':2,'v':6},{'id':3,'v':6},{'id':9,'v':6}],"
                "'patch_condition':['v','Lt',{'$ref_new':'v'}],'return_affected_ids':true}",
                200, "'rows_affected':2,'rows_patched':2,'patched_ids':[1,3]"},
            {WRITE, "{'patch_rows':[{'id':1,'s':'q'}],'patch_condition':['v','Eq',{'$ref_new':'v'}]}", 200,
                "'rows_patched':0"},
            {WRITE, "{'patch_rows':[{'id':1,'s':'q'}],'patch_condition':['v','Gt',{'$ref_new':'v'}]}", 200,
                "'rows_patched':1"},
            {QUERY, ALL, 200,
                "[{'id':1,'v':6,'s':'q','t':['x','y']},{'id':2,'v':7,'s':'b'},{'id':3,'v':6,'s':'c'}]"}}},
    {"deletes count only what is there and passes; $ref_new is null",
        {{WRITE, THREE, 200, "OK"},
            {WRITE,
                "{'deletes':[1,2,3,9],'delete_condition':['v','Gt',{'$ref_new':'v'}],"
                "'return_affected_ids':true}",
                200, "'rows_affected':2,'rows_deleted':2,'deleted_ids':[1,2]"},
            {WRITE, "{'deletes':[3],'delete_condition':['v','NotEq',{'$ref_new':'v'}]}", 200,
                "'rows_deleted':0"},
            {WRITE, "{'deletes':[3],'delete_condition':['id','NotEq',{'$ref_new':'id'}]}", 200,
                "'rows_deleted':1"},
            {QUERY, ALL, 200, "{'rows':[]"}}},
    {"each condition speaks of its own kind",
        {{WRITE, THREE, 200, "OK"},
            {WRITE,
                "{'upsert_rows':[{'id':1,'v':1}],'patch_rows':[{'id':2,'s':'p'}],'deletes':[3],"
                "'upsert_condition':['v','Eq',0],'delete_condition':['v','Eq',null]}",
                200, "'rows_affected':2,'rows_upserted':0,'rows_patched':1,'rows_deleted':1"}}},
    {"lists, arrays and ids on either side",
        {{WRITE, "{'upsert_rows':[{'id':7,'owner':7,'t':['x','y'],'s':'x'}],'schema':{'owner':'uint'}}", 200,
             "OK"},
            {WRITE, "{'patch_rows':[{'id':7,'a':1}],'patch_condition':['owner','Eq',{'$ref_new':'id'}]}", 200,
                "'rows_patched':1"},
            {WRITE, "{'patch_rows':[{'id':7,'owner':7}],'patch_condition':['id','Eq',{'$ref_new':'owner'}]}",
                200, "'rows_patched':1"},
            {WRITE, "{'patch_rows':[{'id':7,'t':['y','x']}],'patch_condition':['t','Eq',{'$ref_new':'t'}]}",
                200, "'rows_patched':0"},
            {WRITE,
                "{'patch_rows':[{'id':7,'t':['y','x']}],"
                "'patch_condition':['t','ContainsAny',{'$ref_new':'t'}]}",
                200, "'rows_patched':1"},
            {WRITE,
                "{'patch_rows':[{'id':7,'t':['x','b','z']}],'patch_condition':['s','In',{'$ref_new':'t'}]}",
                200, "'rows_patched':1"},
            {WRITE, "{'patch_rows':[{'id':7,'s':'b'}],'patch_condition':['t','Contains',{'$ref_new':'s'}]}",
                200, "'rows_patched':1"},
            {WRITE, "{'patch_rows':[{'id':7,'a':1}],'patch_condition':['t','Contains',{'$ref_new':'s'}]}",
                200, "'rows_patched':0"},
            {WRITE,
                "{'patch_rows':[{'id':7,'a':1}],"
                "'patch_condition':['Not',['t','Contains',{'$ref_new':'s'}]]}",
                200, "'rows_patched':1"},
            {WRITE, "{'patch_rows':[{'id':7,'s':'c'}],'patch_condition':['s','In',{'$ref_new':'s'}]}", 200,
                "'rows_patched':0"}}},
    {"Not and null in turn: the operand is bound anew for each row",
        {{WRITE, THREE, 200, "OK"},
            {WRITE,
                "{'patch_columns':{'id':[1,2,3],'v':[null,7,null]},"
                "'patch_condition':['Not',['v','Eq',{'$ref_new':'v'}]],'return_affected_ids':true}",
                200, "'patched_ids':[1]"},
            {WRITE,
                "{'patch_columns':{'id':[1,2,3],'v':[null,8,null]},"
                "'patch_condition':['And',[['v','Eq',{'$ref_new':'v'}]]],'return_affected_ids':true}",
                200, "'patched_ids':[1,3]"}}},
    {"string and uuid ids",
        {{WRITE, "{'upsert_rows':[{'id':'a','p':'a'}],'upsert_condition':['p','Eq',{'$ref_new':'id'}]}", 200,
             "'rows_upserted':1"},
            {WRITE, "{'upsert_rows':[{'id':'a','p':'b'}],'upsert_condition':['p','Eq',{'$ref_new':'id'}]}",
                200, "'rows_upserted':1"},
            {WRITE, "{'upsert_rows':[{'id':'a','p':'b'}],'upsert_condition':['p','Eq',{'$ref_new':'id'}]}",
                200, "'rows_upserted':0"},
            {"POST /v2/namespaces/u",
                "{'schema':{'id':'uuid','p':'uuid'},'upsert_rows':[{'id':"
                "'0190a0b0-c0d0-7e0f-8001-0203040506ff','p':'0190A0B0C0D07E0F80010203040506FF'}]}",
                200, "OK"},
            {"POST /v2/namespaces/u",
                "{'patch_rows':[{'id':'0190a0b0-c0d0-7e0f-8001-0203040506ff','q':1}],"
                "'patch_condition':['p','Eq',{'$ref_new':'id'}]}",
                200, "'rows_patched':1"}}},
    {"token, glob and regex conditions",
        {{WRITE,
             "{'upsert_rows':[{'id':1,'t':'red fox'},{'id':2,'t':'blue fox'}],'schema':{'t':{'type':"
             "'string','full_text_search':true,'glob':true,'regex':true}}}",
             200, "OK"},
            {WRITE,
                "{'deletes':[1,2],'delete_condition':['And',[['t','ContainsAllTokens','fox'],"
                "['Or',[['t','Glob','b*'],['t','Regex','^x']]]]],'return_affected_ids':true}",
                200, "'deleted_ids':[2]"}}},
    {"a write that reads is billed for it",
        {{WRITE, THREE, 200, "'billing':{'billable_logical_bytes_written':45},"},
            {WRITE, "{'upsert_rows':[{'id':1}],'upsert_condition':['v','Eq',5]}", 200,
                "'billing':{'billable_logical_bytes_written':8,'query':{'billable_logical_bytes_queried':"
                "256000000,'billable_logical_bytes_returned':0}}"},
            {WRITE, "{'upsert_rows':[{'id':1}],'delete_condition':['v','Eq',5]}", 200,
                "'billing':{'billable_logical_bytes_written':8},"}}},
};

static const struct step refused[] = {
    {WRITE, "{'upsert_rows':[{'id':1}],'upsert_condition':['w','Eq',1]}", 400,
        "filter error in key `w`: attribute not found in schema"},
    {WRITE, "{'upsert_rows':[{'id':1}],'upsert_condition':['v','Eq',{'$ref_new':'w'}]}", 400,
        "filter error in key `v`: attribute `w` of `$ref_new` not found in schema"},
    {WRITE, "{'upsert_rows':[{'id':1}],'upsert_condition':['v','Eq',{'$ref_new':'s'}]}", 400,
        "filter error in key `v`: type mismatch, Eq expects int, but `$ref_new` is of type string"},
    {WRITE, "{'upsert_rows':[{'id':1}],'upsert_condition':['v','Eq',{'$ref_new':'id'}]}", 400,
        "Eq expects int, but `$ref_new` is of type uint"},
    {WRITE, "{'upsert_rows':[{'id':1}],'upsert_condition':['t','ContainsAny',{'$ref_new':'s'}]}", 400,
        "ContainsAny expects []string, but `$ref_new` is of type string"},
    {WRITE, "{'upsert_rows':[{'id':1}],'upsert_condition':['s','Lt',{'$ref_new':'t'}]}", 400,
        "Lt expects string, but `$ref_new` is of type []string"},
    {WRITE, "{'upsert_rows':[{'id':1}],'upsert_condition':['s','Eq',{'$ref_new':7}]}", 400,
        "`$ref_new` must be the only key and name an attribute"},
    {WRITE, "{'upsert_rows':[{'id':1}],'upsert_condition':['s','Glob',{'$ref_new':'s'}]}", 400,
        "filter error in key `s`: `$ref_new` cannot be the operand of Glob"},
    {WRITE, "{'upsert_rows':[{'id':1}],'upsert_condition':['s','In',[{'$ref_new':'s'}]]}", 422,
        "upsert_condition: data did not match any variant of untagged enum Filter"},
    {WRITE, "{'upsert_rows':[{'id':1}],'upsert_condition':'yes'}", 422,
        "upsert_condition: data did not match any variant of untagged enum Filter"},
    {WRITE, "{'delete_by_filter':['s','Eq',{'$ref_new':'s'}]}", 400,
        "`$ref_new` can only stand in the condition of a write"},
    {QUERY, "{'rank_by':['id','asc'],'limit':1,'filters':['s','Eq',{'$ref_new':'s'}]}", 400,
        "`$ref_new` can only stand in the condition of a write"},
    {WRITE, "{'upsert_condition':['s','Eq','a']}", 400, "💔 no writes provided"},
    {"POST /v2/namespaces/m", "{'deletes':[1],'delete_condition':['id','Eq',1]}", 404,
        "namespace 'm' was not found"},
    {QUERY, ALL, 200, "[{'id':1,'v':5,'s':'a','t':['x','y']},{'id':2,'v':7,'s':'b'},{'id':3,'s':'c'}]"},
};

static void conditions(void **state)
{
	for (size_t i = 0; i < COUNT(scenarios); i++)
		kit_play(&scenarios[i], NULL);
}

static void refusals(void **state)
{
	struct kit k = kit_open(NULL);
	kit_expect(&k, WRITE, kit_quoted(&k, THREE), 200, "OK");
	for (size_t i = 0; i < COUNT(refused); i++)
		kit_step(&k, &refused[i]);
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conditions),
	    cmocka_unit_test(refusals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
