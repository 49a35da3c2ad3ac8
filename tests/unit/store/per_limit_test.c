/* limit.per: rows of each group, in rank order, exactly. */
#include <stdlib.h>

#include "world.h"

#define PER(rank, total, keys, limit, more)                                                                  \
	"{'rank_by':" rank ",'limit':{'total':" total ",'per':{'attributes':" keys ",'limit':" limit         \
	"}}" more "}"
#define WITH_A ",'include_attributes':['a']"
#define ASC    "['n','asc']"
#define BY_A   "['a']"

static struct world small_world(void)
{
	return world_new(ID_UINT, METRIC_EUCLIDEAN_SQUARED,
	    "{'vector':{'type':'[1]f32','ann':true},'n':'int','a':'string','b':'bool','l':'[]int',"
	    "'text':{'type':'string','full_text_search':true},"
	    "'z':{'type':'{}f16','sparse_knn':{'distance_metric':'dot_product'}}}",
	    "[{'id':1,'vector':[1],'n':1,'a':'x','b':true,'text':'fox','z':{'d':1}},"
	    "{'id':2,'vector':[2],'n':2,'a':'x','b':false,'text':'fox','z':{'d':2}},"
	    "{'id':3,'vector':[3],'n':3,'a':'x','b':true,'text':'fox','z':{'d':3}},"
	    "{'id':4,'vector':[4],'n':4,'a':'y','b':true,'text':'owl fox','z':{'d':4}},"
	    "{'id':5,'vector':[5],'n':5,'text':'owl','z':{'d':5}},"
	    "{'id':6,'vector':[6],'n':6,'text':'owl','z':{'d':6}}]");
}

static void every_way_of_ranking(void **state)
{
	static const struct ask asks[] = {
	    {PER(ASC, "10", BY_A, "1", WITH_A), "{'rows':[{'id':1,'a':'x'},{'id':4,'a':'y'},{'id':5}]"},
	    {PER("['n','desc']", "10", BY_A, "1", WITH_A),
	        "{'rows':[{'id':6},{'id':4,'a':'y'},{'id':3,'a':'x'}]"},
	    {PER(ASC, "2", BY_A, "1", WITH_A), "{'rows':[{'id':1,'a':'x'},{'id':4,'a':'y'}]"},
	    {PER(ASC, "10", BY_A, "2", WITH_A),
	        "{'rows':[{'id':1,'a':'x'},{'id':2,'a':'x'},{'id':4,'a':'y'},{'id':5},{'id':6}]"},
	    {PER(ASC, "2", BY_A, "1", WITH_A ",'offset':1"), "{'rows':[{'id':4,'a':'y'},{'id':5}]"},
	    {PER(ASC, "10", BY_A, "1", WITH_A ",'filters':['n','Gt',1]"),
	        "{'rows':[{'id':2,'a':'x'},{'id':4,'a':'y'},{'id':5}]"},
	    {PER(ASC, "10", BY_A, "1", WITH_A ",'filters':['id','In',[2,3,6]]"),
	        "{'rows':[{'id':2,'a':'x'},{'id':6}]"},
	    {PER(ASC, "10", "['a','b']", "1", ",'include_attributes':['b','a']"),
	        "{'rows':[{'id':1,'a':'x','b':true},{'id':2,'a':'x','b':false},{'id':4,'a':'y','b':true},"
	        "{'id':5}]"},
	    {PER(ASC, "10", "['b','b']", "1", ",'exclude_attributes':['vector','text','l','z']"),
	        "{'rows':[{'id':1,'n':1,'a':'x','b':true},{'id':2,'n':2,'a':'x','b':false},{'id':5,'n':5}]"},
	    {PER(ASC, "2", "['id']", "1", ",'include_attributes':['id']"), "{'rows':[{'id':1},{'id':2}]"},
	    {"{'limit':{'total':9,'per':{'attributes':['a'],'limit':1}},'include_attributes':['a']}",
	        "{'rows':[{'id':1,'a':'x'},{'id':4,'a':'y'},{'id':5}]"},
	    {PER("['vector','ANN',[3.25]]", "10", BY_A, "1", WITH_A),
	        "{'rows':[{'id':3,'$dist':0.0625,'a':'x'},{'id':4,'$dist':0.5625,'a':'y'},{'id':5,'$dist':3."
	        "0625}]"},
	    {PER("['vector','kNN',[3.25]]", "2", BY_A, "2", WITH_A ",'filters':['n','NotEq',3]"),
	        "{'rows':[{'id':4,'$dist':0.5625,'a':'y'},{'id':2,'$dist':1.5625,'a':'x'}]"},
	    {PER("['Max',[2,['text','BM25','fox']]]", "10", BY_A, "1", WITH_A),
	        "{'rows':[{'id':1,'$dist':2.0,'a':'x'},{'id':4,'$dist':2.0,'a':'y'}]"},
	    {PER("['z','SparseKNN',{'d':1}]", "10", BY_A, "1", WITH_A),
	        "{'rows':[{'id':6,'$dist':6.0},{'id':4,'$dist':4.0,'a':'y'},{'id':3,'$dist':3.0,'a':'x'}]"},
	    /* What is ignored. */
	    {"{'rank_by':['n','asc'],'limit':{'total':2,'per':null,'x':1}}", "{'rows':[{'id':1},{'id':2}]"},
	    {PER(ASC, "2", BY_A, "1,'x':1", ",'include_attributes':['a']"),
	        "{'rows':[{'id':1,'a':'x'},{'id':4,'a':'y'}]"},
	};
	struct world w = small_world();
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

#define LEG(rank)                                                                                            \
	"{'rank_by':" rank                                                                                   \
	",'limit':{'total':3,'per':{'attributes':['a'],'limit':1}},'include_attributes':['a']}"

/* Legs 1 4 5 and 6 4 3. */
static void in_legs(void **state)
{
	static const struct ask asks[] = {
	    {"{'queries':[" LEG(ASC) "," LEG("['n','desc']") "]}",
	        "{'results':[{'rows':[{'id':1,'a':'x'},{'id':4,'a':'y'},{'id':5}]},"
	        "{'rows':[{'id':6},{'id':4,'a':'y'},{'id':3,'a':'x'}]}]"},
	    {"{'queries':[" LEG(ASC) "," LEG(
	         "['n','desc']") "],'rerank_by':['RRF',{'rank_constant':1}],'limit':9}",
	        "{'results':[{'rows':[{'id':4,'$dist':0.6666667,'a':'y'},{'id':1,'$dist':0.5,'a':'x'},"
	        "{'id':6,'$dist':0.5},{'id':3,'$dist':0.25,'a':'x'},{'id':5,'$dist':0.25}]}]"},
	    {"{'queries':[" LEG(ASC) "," LEG(
	         ASC) "],'rerank_by':['RRF'],'limit':{'total':2,'per':{'attributes':['a'],"
	              "'limit':1}}}",
	        "400 💔 limit.per belongs to the sub-queries, not to the fused list"},
	};
	struct world w = small_world();
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

#define SHAPE                                                                                                \
	"422 Failed to deserialize the JSON body into the target type: limit: data did not match any "       \
	"variant of "                                                                                        \
	"untagged enum LimitInput"
#define GIVEN(per) "{'rank_by':['n','asc'],'limit':{'total':5,'per':" per "},'include_attributes':['a']}"

static void refused(void **state)
{
	static const struct ask asks[] = {
	    {GIVEN("1"), SHAPE},
	    {GIVEN("{}"), SHAPE},
	    {GIVEN("{'attributes':'a','limit':1}"), SHAPE},
	    {GIVEN("{'attributes':[1],'limit':1}"), SHAPE},
	    {GIVEN("{'attributes':['a']}"), SHAPE},
	    {GIVEN("{'attributes':['a'],'limit':1.5}"), SHAPE},
	    {GIVEN("{'attributes':['a'],'limit':-1}"), SHAPE},
	    {GIVEN("{'attributes':['a'],'limit':'1'}"), SHAPE},
	    {GIVEN("{'attributes':[],'limit':1}"),
	        "400 💔 limit.per.attributes must name 1 to 1024 attributes"},
	    {GIVEN("{'attributes':['a'],'limit':0}"),
	        "400 💔 limit.per.limit must be between 1 and limit.total, which is 5"},
	    {GIVEN("{'attributes':['a'],'limit':6}"),
	        "400 💔 limit.per.limit must be between 1 and limit.total, which is 5"},
	    {GIVEN("{'attributes':['nope'],'limit':1}"),
	        "400 💔 limit.per attribute 'nope' not found in schema"},
	    {GIVEN("{'attributes':['l'],'limit':1}"),
	        "400 💔 limit.per attribute 'l' of type []int cannot be grouped by"},
	    {GIVEN("{'attributes':['vector'],'limit':1}"),
	        "400 💔 limit.per attribute 'vector' of type [1]f32 cannot be grouped by"},
	    {GIVEN("{'attributes':['a','b'],'limit':1}"),
	        "400 💔 limit.per attribute 'b' must be in include_attributes"},
	    {GIVEN("{'attributes':['a','id'],'limit':1}"),
	        "400 💔 limit.per attribute 'id' must be in include_attributes"},
	    {"{'rank_by':['n','asc'],'limit':{'total':5,'per':{'attributes':['a'],'limit':1}},"
	     "'exclude_attributes':['a']}",
	        "400 💔 limit.per attribute 'a' must be in include_attributes"},
	};
	struct world w = small_world();
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

#define ROWS 3000

/* Many rows in groups of very different size, against a walk down the ranking. */
static void large_groups(void **state)
{
	struct buf rows = buf_new(1 << 20), want = buf_new(1 << 20);
	int groups[ROWS], counts[ROWS] = {0};
	srand(7);
	buf_byte(&rows, '[');
	for (int i = 0; i < ROWS; i++) {
		groups[i] = rand() % 4 ? 0 : rand() % (rand() % 200 + 1);
		buf_printf(&rows, "%s{'id':%d,'g':%d}", i ? "," : "", i, groups[i]);
	}
	buf_append(&rows, span_of("]", 2));
	struct world w = world_new(ID_UINT, METRIC_NONE, "{'g':'int'}", rows.ptr);
	static const struct {
		int total, per, offset;
	} limits[] = {
	    {10000, 1, 0}, {50, 3, 0}, {100, 60, 0}, {2000, 2000, 0}, {20, 2, 30}, {9000, 9000, 1000}};
	for (size_t at = 0; at < COUNT(limits); at++) {
		memset(counts, 0, sizeof counts);
		buf_clear(&want);
		buf_lit(&want, "{'rows':[");
		int taken = 0;
		for (int i = ROWS; i-- && taken < limits[at].offset + limits[at].total;) {
			if (counts[groups[i]]++ >= limits[at].per || taken++ < limits[at].offset)
				continue;
			buf_printf(&want, "%s{'id':%d,'g':%d}", taken - limits[at].offset > 1 ? "," : "", i,
			    groups[i]);
		}
		buf_append(&want, span_of("]", 2));
		struct ask ask = {
		    arena_printf(w.arena,
		        PER("['id','desc']", "%d", "['g']", "%d", ",'include_attributes':true,'offset':%d"),
		        limits[at].total, limits[at].per, limits[at].offset)
		        .ptr,
		    want.ptr};
		ask_all(&w, &ask, 1);
	}
	buf_free(&rows);
	buf_free(&want);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_way_of_ranking),
	    cmocka_unit_test(in_legs),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(large_groups),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
