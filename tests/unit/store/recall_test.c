#include "world.h"

#define SHAPE "422 Failed to deserialize the JSON body into the target type: "

/* Documents 1 to 4 at 1, 2, 4 and 8 on a line, the other vector going the other way; 5 was never there. */
static struct world line(void)
{
	return world_new(ID_UINT, METRIC_EUCLIDEAN_SQUARED,
	    "{'a':{'type':'[1]f32','ann':true},'b':{'type':'[2]f16','ann':true},'n':'int'}",
	    "[{'id':1,'a':[1],'b':[0,8],'n':1},{'id':2,'a':[2],'b':[0,4]},{'id':3,'a':[4],'b':[0,2],'n':3},"
	    "{'id':4,'a':[8],'b':[0,1]}]");
}

static void answers(void **state)
{
	static const struct ask asks[] = {
	    {"{}", "{'avg_recall':1.0,'avg_exhaustive_count':4.0,'avg_ann_count':4.0}"},
	    {"{'num':1,'top_k':2,'filters':null,'rank_by':null,'include_ground_truth':false}",
	        "{'avg_recall':1.0,'avg_exhaustive_count':2.0,'avg_ann_count':2.0}"},
	    {"{'filters':['n','NotEq',null]}",
	        "{'avg_recall':1.0,'avg_exhaustive_count':2.0,'avg_ann_count':2.0}"},
	    {"{'filters':['n','Gt',9],'include_ground_truth':true,'num':1}",
	        "{'avg_recall':1.0,'avg_exhaustive_count':0.0,'avg_ann_count':0.0,"
	        "'ground_truth':[{'query_vector':[1.0],'nearest_neighbors':[]}]}"},
	    /* each vector attribute in turn, documents spread over all */
	    {"{'num':2,'top_k':2,'include_ground_truth':true}",
	        "{'avg_recall':1.0,'avg_exhaustive_count':2.0,'avg_ann_count':2.0,'ground_truth':["
	        "{'query_vector':[1.0],'nearest_neighbors':[{'id':1,'$dist':0.0},{'id':2,'$dist':1.0}]},"
	        "{'query_vector':[0.0,2.0],'nearest_neighbors':[{'id':3,'$dist':0.0},{'id':4,'$dist':1.0}]}]"
	        "}"},
	    {"{'rank_by':['a','ANN',[5]],'top_k':3,'include_ground_truth':true,'num':1,'filters':['id','"
	     "NotEq',3]}",
	        "{'avg_recall':1.0,'avg_exhaustive_count':3.0,'avg_ann_count':3.0,'ground_truth':["
	        "{'query_vector':[5.0],'nearest_neighbors':[{'id':2,'$dist':9.0},{'id':4,'$dist':9.0},"
	        "{'id':1,'$dist':16.0}]}]}"},
	    {"{'rank_by':['b','kNN',[0,1]],'num':null}",
	        "{'avg_recall':1.0,'avg_exhaustive_count':4.0,'avg_ann_count':4.0}"},

	    {"[]", SHAPE "invalid type: sequence, expected a map"},
	    {"{'num':'1'}", SHAPE "num: invalid type: string '1', expected usize"},
	    {"{'num':0}", "400 💔 num must be between 1 and 1000"},
	    {"{'num':1001}", "400 💔 num must be between 1 and 1000"},
	    {"{'top_k':0}", "400 💔 top_k must be between 1 and 10000"},
	    {"{'top_k':-1}", SHAPE "top_k: invalid type: integer `-1`, expected usize"},
	    {"{'include_ground_truth':1}",
	        SHAPE "include_ground_truth: invalid type: integer `1`, expected a boolean"},
	    {"{'rank_by':['a','ANN',[5]],'num':2}", "400 💔 num must be null or 1 if rank_by is given"},
	    {"{'rank_by':['n','asc']}", "400 💔 recall's rank_by must be ANN or kNN"},
	    {"{'rank_by':['n','ANN',[5]]}", "400 💔 rank_by field 'n' is not a vector attribute"},
	    {"{'filters':['n','Eq','x']}",
	        "400 filter error in key `n`: type mismatch, Eq expects int, but got 'x'"},
	};
	struct world w = line();
	world_expect(&w, store_recall, asks, COUNT(asks));
	world_free(&w);
}

static void without_documents_or_vectors(void **state)
{
	static const struct ask empty[] = {{"{'include_ground_truth':true}",
	    "{'avg_recall':1.0,'avg_exhaustive_count':0.0,'avg_ann_count':0.0,'ground_truth':[]}"}};
	static const struct ask none[] = {{"{}", "400 💔 recall needs a namespace with a vector attribute"}};
	struct world w = world_new(ID_UINT, METRIC_COSINE, "{'v':{'type':'[2]f32','ann':true}}", "[]");
	world_expect(&w, store_recall, empty, COUNT(empty));
	world_free(&w);
	w = world_new(ID_UINT, METRIC_NONE, "{'n':'int'}", "[{'id':1}]");
	world_expect(&w, store_recall, none, COUNT(none));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(answers),
	    cmocka_unit_test(without_documents_or_vectors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
