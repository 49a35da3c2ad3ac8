#include "world.h"

static int explain(
    const struct namespace *ns, yyjson_val *body, struct arena *a, struct buf *out, struct refusal *r)
{
	return store_explain(ns, true, body, a, out, r);
}

static int explain_without_index(
    const struct namespace *ns, yyjson_val *body, struct arena *a, struct buf *out, struct refusal *r)
{
	return store_explain(ns, false, body, a, out, r);
}

static struct world shelf(void)
{
	return world_new(ID_UINT, METRIC_COSINE,
	    "{'text':{'type':'string','full_text_search':true},'n':'int','v':{'type':'[2]f32','ann':true}}",
	    "[{'id':1,'v':[1,2]},{'id':2,'v':[1,2],'n':3}]");
}

static void plans(void **state)
{
	static const struct ask asks[] = {
	    {"{'limit':5}",
	        "{'plan_text':'query\\n  reads: all 2 documents\\n  result: the first 5 in the order of the "
	        "attributes, then by ascending id, after 0 skipped; with id\\n'}"},
	    {"{'rank_by':['v','ANN',[0.5,1]],'limit':3,'include_attributes':['n'],"
	     "'filters':['And',[['id','In',[2,7]],['Not',['n','Lt',3]]]]}",
	        "{'plan_text':'query\\n  reads: 1 of 2 documents, which the filter names by id\\n  "
	        "filter:\\n    And\\n"
	        "      id In [2,7] (lookup by id)\\n      Not\\n        n Lt 3 (tested on each document)\\n"
	        "  rank:\\n    v ANN [0.5,1] (all vectors compared, exact)\\n"
	        "  result: the first 3 by ascending distance, then by ascending id, after 0 skipped; with "
	        "id, n\\n'}"},
	    {"{'rank_by':['Sum',[['Product',2,['text','BM25','a "
	     "\\'b\\'']],['n','Eq',1]]],'limit':3,'offset':1,"
	     "'compute_attributes':{'h':['Highlight','text',{'fragment_limit':1}]}}",
	        "{'plan_text':'query\\n  reads: all 2 documents\\n  rank:\\n    Sum\\n      Product\\n       "
	        " 2\\n"
	        "        text BM25 a \\'b\\' (full-text index)\\n      n Eq 1 (tested on each document)\\n"
	        "  compute:\\n    h:\\n      Highlight text {\\'fragment_limit\\':1} (computed for each row "
	        "returned)\\n"
	        "  result: the first 3 by descending score, then by ascending id, after 1 skipped; with "
	        "id\\n'}"},
	    {"{'aggregate_by':{'c':['Count'],'s':['Sum','n']},'group_by':['n'],'top_k':4}",
	        "{'plan_text':'query\\n  reads: all 2 documents\\n  aggregate:\\n    c:\\n      Count\\n    "
	        "s:\\n"
	        "      Sum n\\n  group:\\n    n\\n  result: groups by ascending key, at most 4 groups\\n'}"},
	    {"{'queries':[{'rank_by':[['n','asc'],['id','desc']],'limit':1},{'rank_by':['id','asc'],'limit':"
	     "2}],"
	     "'rerank_by':['RRF',{'weights':[2,1]}]}",
	        "{'plan_text':'query 1 of 2\\n  reads: all 2 documents\\n  rank:\\n    n asc\\n    id desc\\n"
	        "  result: the first 1 in the order of the attributes, then by ascending id, after 0 "
	        "skipped; with id\\n"
	        "query 2 of 2\\n  reads: all 2 documents\\n  rank:\\n    id asc\\n"
	        "  result: the first 2 in the order of the attributes, then by ascending id, after 0 "
	        "skipped; with id\\n"
	        "fusion: RRF with rank_constant 60, the first 2 rows\\n  query 1: weight 2\\n  query 2: "
	        "weight 1\\n'}"},
	    {"{'rank_by':['n','asc'],'limit':{'total':2,'per':{'attributes':['n'],'limit':1}},'include_"
	     "attributes':['n']}",
	        "{'plan_text':'query\\n  reads: all 2 documents\\n  rank:\\n    n asc\\n  limit:\\n    "
	        "total:\\n      2\\n"
	        "    per:\\n      {\\'attributes\\':[\\'n\\'],\\'limit\\':1}\\n"
	        "  result: the first 2 in the order of the attributes, then by ascending id, after 0 "
	        "skipped; with id, n\\n'}"},
	    /* checked as a query is */
	    {"{'rank_by':['nope','asc'],'limit':1}", "400 💔 rank_by field 'nope' not found in schema"},
	    {"{}", "400 💔 rank_by queries must specify top_k or limit"},
	};
	static const struct ask no_index[] = {
	    {"{'limit':5}", "400 index does not exist, cannot explain"},
	    {"{}", "400 💔 rank_by queries must specify top_k or limit"},
	};
	struct world w = shelf();
	world_expect(&w, explain, asks, COUNT(asks));
	world_expect(&w, explain_without_index, no_index, COUNT(no_index));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(plans)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
