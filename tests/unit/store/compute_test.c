#include "world.h"

#define SHAPE "422 Failed to deserialize the JSON body into the target type: "
#define BY_ID "{'rank_by':['id','asc'],'limit':9,'compute_attributes':"

/* A row's BM25 is ln 2 · tf·2.2 / (tf + 1.2·(0.25 + 0.75·dl)) per term. */
static void scores(void **state)
{
	static const struct ask asks[] = {
	    {BY_ID "{}}", "{'rows':[{'id':1},{'id':2},{'id':3}]"},
	    {BY_ID "{'b':['text','BM25','fish'],'f':['n','Gte',5]},'include_attributes':['n']}",
	        "{'rows':[{'id':1,'n':5,'b':0.60996956,'f':1.0},{'id':2,'n':7,'b':0.26291788,'f':1.0},"
	        "{'id':3,'b':0.0,'f':0.0}]"},
	    {BY_ID "{'s':['Sum',[['text','BM25','fish swim'],['Product',2,['n','Eq',7]]]],"
	           "'m':['Max',[['n','Eq',5],['text','ContainsAnyToken','blue']]]}}",
	        "{'rows':[{'id':1,'s':0.9912005,'m':1.0},{'id':2,'s':2.262918,'m':1.0},{'id':3,'s':0.0,'m':0."
	        "0}]"},
	    {BY_ID "{'d':['vector','VectorDist',[1,0]],'again':['vector','VectorDist','AACAPwAAAAA=']}}",
	        "{'rows':[{'id':1,'d':0.0,'again':0.0},{'id':2,'d':4.0,'again':4.0},{'id':3,'d':1.25,'again':"
	        "1.25}]"},
	    {BY_ID
	        "{'a':['Product',2,['Max',[0,['Attribute','n']]]],'d':['Dist',['Attribute','n'],9],"
	        "'s':['Saturate',['Dist',['Attribute','n'],9],{'midpoint':4}],'p':['text','BM25','fish dee',"
	        "{'last_as_prefix':true}]}}",
	        "{'rows':[{'id':1,'a':10.0,'d':4.0,'s':0.5,'p':0.60996956},"
	        "{'id':2,'a':14.0,'d':2.0,'s':0.33333334,'p':1.2629179},{'id':3,'a':0.0,'p':0.0}]"},
	    /* beside what the rows are ranked by, and only for the rows that are returned */
	    {"{'rank_by':['text','BM25','fish'],'limit':1,'compute_attributes':{'d':['vector','VectorDist',["
	     "1,1]]}}",
	        "{'rows':[{'id':1,'$dist':0.26965213,'d':1.0}]"},
	    {"{'rank_by':['vector','ANN',[3,0]],'limit':1,'offset':1,'compute_attributes':{'f':['n','Eq',"
	     "null]}}",
	        "{'rows':[{'id':1,'$dist':4.0,'f':0.0}]"},
	    {"{'limit':2,'filters':['n','NotEq',null],'compute_attributes':{'id2':['id','Gt',1]}}",
	        "{'rows':[{'id':1,'id2':0.0},{'id':2,'id2':1.0}]"},
	};
	struct world w = world_new(ID_UINT, METRIC_EUCLIDEAN_SQUARED,
	    "{'text':{'type':'string','full_text_search':true},'n':'int','vector':{'type':'[2]f32','ann':"
	    "true}}",
	    "[{'id':1,'text':'fish fish swim','n':5,'vector':[1,0]},"
	    "{'id':2,'text':'fish tank water deep blue','n':7,'vector':[3,0]},{'id':3,'vector':[0,0.5]}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

static void refused(void **state)
{
	static const struct ask asks[] = {
	    {BY_ID "['a']}", SHAPE "compute_attributes: invalid type: sequence, expected a map"},
	    {BY_ID "{'a':['id','asc']}}",
	        SHAPE "compute_attributes.a: data did not match any variant of enum a "
	              "valid variant of RankInput"},
	    {BY_ID "{'text':['n','Eq',1]}}",
	        "400 💔 computed attribute `text` has the name of an attribute of the schema"},
	    {BY_ID "{'id':['n','Eq',1]}}", "400 💔 computed attribute `id` has a reserved name"},
	    {BY_ID "{'$dist':['n','Eq',1]}}", "400 💔 computed attribute `$dist` has a reserved name"},
	    {BY_ID "{'a':['n','Eq',1],'a':['n','Eq',2]}}", "400 💔 compute_attributes names 'a' twice"},
	    {BY_ID "{'a':['n','Eq','x']}}",
	        "400 filter error in key `n`: type mismatch, Eq expects int, but got 'x'"},
	    {BY_ID "{'a':['vector','ANN',[1,2]]}}", "400 💔 ANN cannot be part of another rank_by expression"},
	    {BY_ID "{'a':['vector','VectorDist',[1,2,3]]}}",
	        "400 💔 rank_by field 'vector': vector dimension mismatch, expected 2, got 3"},
	    {BY_ID "{'a':['n','VectorDist',[1,2]]}}", "400 💔 rank_by field 'n' is not a vector attribute"},
	    {BY_ID "{'a':['vector','VectorDist',['Embed','x']]}}",
	        SHAPE "compute_attributes.a: data did not match any variant of untagged enum "
	              "ComputeAttributeInput"},
	    {"{'aggregate_by':{'n':['Count']},'compute_attributes':{'a':['n','Eq',1]}}",
	        "400 💔 cannot specify both aggregate_by and compute_attributes"},
	    {BY_ID "{'h':['Highlight','text']}}",
	        "400 computed attribute `h`: cannot infer `rank_fragments_by` because the query `rank_by` "
	        "has no "
	        "BM25 clause over `text`; provide `rank_fragments_by` explicitly"},
	    {"{'rank_by':['other','BM25','fish'],'limit':1,'compute_attributes':{'h':['Highlight','text']}}",
	        "400 computed attribute `h`: cannot infer `rank_fragments_by` because the query `rank_by` "
	        "has no "
	        "BM25 clause over `text`; provide `rank_fragments_by` explicitly"},
	    {BY_ID "{'h':['Highlight','n']}}",
	        "400 computed attribute `h` references `n`, which is not enabled for "
	        "full-text search; this requires a schema update"},
	    {BY_ID "{'h':['Highlight','nope']}}",
	        "400 computed attribute `h` references `nope`, but attribute "
	        "'nope' does not exist in namespace"},
	    {BY_ID "{'h':['Highlight','tokens']}}",
	        "400 computed attribute `h` references `tokens`, which uses a "
	        "pre-tokenized tokenizer that does not support highlighting"},
	    {BY_ID "{'h':['Highlight','text',{'fragment_by':'line'}]}}",
	        SHAPE "compute_attributes.h: unknown variant `line`, expected one of `none`, `sentence`, "
	              "`paragraph`, "
	              "`word`"},
	    {BY_ID "{'h':['Highlight','text',{'include_offsets':'bytes'}]}}",
	        SHAPE "compute_attributes.h: unknown variant `bytes`, expected one of `utf-8`, `utf-16`, "
	              "`codepoints`"},
	    {BY_ID "{'h':['Highlight','text',{'include_offsets':true}]}}",
	        SHAPE "compute_attributes.h: invalid type: boolean `true`, expected variant identifier"},
	    {BY_ID "{'h':['Highlight','text',{'fragment_limit':0}]}}",
	        "400 computed attribute `h`: `fragment_limit` must be between 1 and 1024"},
	    {BY_ID "{'h':['Highlight','text',{'fragment_limit':1025}]}}",
	        "400 computed attribute `h`: `fragment_limit` must be between 1 and 1024"},
	    {BY_ID "{'h':['Highlight','text',{'fragment_limit':'3'}]}}",
	        SHAPE "compute_attributes.h: invalid type: string '3', expected usize"},
	    {BY_ID "{'h':['Highlight','text',{'tag':'b'}]}}",
	        SHAPE "compute_attributes.h: unknown field `tag`, expected one of `rank_fragments_by`, "
	              "`fragment_by`, "
	              "`fragment_limit`, `include_offsets`"},
	    {BY_ID "{'h':['Highlight','text',{'rank_fragments_by':['text','BM25','fish']}]}}",
	        "400 💔 rank_by field 'text' not found in schema"},
	    {BY_ID "{'h':['Highlight','text',{'rank_fragments_by':['$fragment','BM25',['fish']]}]}}",
	        "400 invalid input '['fish']' for rank_by field '$fragment', expecting string"},
	};
	struct world w = world_new(ID_UINT, METRIC_EUCLIDEAN_SQUARED,
	    "{'text':{'type':'string','full_text_search':true},'other':{'type':'string','full_text_search':"
	    "true},"
	    "'n':'int','vector':{'type':'[2]f32','ann':true},"
	    "'tokens':{'type':'[]string','full_text_search':{'tokenizer':'pre_tokenized_array'}}}",
	    "[]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

static void too_many(void **state)
{
	struct world w = world_new(ID_UINT, METRIC_NONE, "{'n':'int'}", "[{'id':1}]");
	for (int n = 256; n <= 257; n++) {
		struct span query = SPAN("{'limit':1,'compute_attributes':{'c0':['n','Eq',1]");
		for (int i = 1; i < n; i++)
			query = arena_printf(w.arena, "%.*s,'c%d':['n','Eq',null]", SPAN_FMT(query), i);
		const char *got = world_ask(&w, arena_printf(w.arena, "%.*s}}", SPAN_FMT(query)).ptr);
		if (n == 256)
			assert_non_null(strstr(got, "'c255':1.0}]"));
		else
			assert_string_equal(
			    got, "400 💔 compute_attributes takes at most 256 expressions, got 257");
	}
	world_free(&w);
}

#define FIRST  "Boats leave the harbour at dawn."
#define SECOND "Nets dry on the quay."
#define THIRD  "The café 🐟 sells naïve harbour art."
#define TIDE                                                                                                 \
	"{'rank_by':['text','BM25','harbour quay'],'limit':9,'compute_attributes':{'h':['Highlight','text'"

static void fragments(void **state)
{
	static const struct ask asks[] = {
	    /* the rarer word first; of the two others the shorter one; 2 has no match, 3 no text */
	    {TIDE "]}}", "{'rows':[{'id':1,'$dist':1.3300459,'h':[{'text':'" SECOND "'},{'text':'" FIRST
	                 "'},{'text':'" THIRD "'}]}]"},
	    {TIDE ",null]}}", "{'rows':[{'id':1,'$dist':1.3300459,'h':[{'text':'" SECOND "'},{'text':'" FIRST
	                      "'},{'text':'" THIRD "'}]}]"},
	    {TIDE ",{'fragment_limit':1,'include_offsets':'utf-8'}]}}",
	        "{'rows':[{'id':1,'$dist':1.3300459,'h':[{'text':'" SECOND
	        "','fragment_range':[33,54],'match_ranges':[[49,53]]}]}]"},
	    {TIDE ",{'fragment_by':'paragraph','fragment_limit':2,'include_offsets':'utf-8'}]}}",
	        "{'rows':[{'id':1,'$dist':1.3300459,'h':[{'text':'" FIRST " " SECOND
	        "','fragment_range':[0,54],'match_ranges':[[16,23],[49,53]]},{'text':'" THIRD
	        "','fragment_range':[57,97],'match_ranges':[[85,92]]}]}]"},
	    {TIDE ",{'fragment_by':'none','include_offsets':'utf-8','fragment_limit':null}]}}",
	        "{'rows':[{'id':1,'$dist':1.3300459,'h':[{'text':'" FIRST " " SECOND "\\n \\n" THIRD
	        "','fragment_range':[0,97],'match_ranges':[[16,23],[49,53],[85,92]]}]}]"},
	    {TIDE ",{'fragment_by':'word','include_offsets':'codepoints','fragment_limit':9}]}}",
	        "{'rows':[{'id':1,'$dist':1.3300459,'h':["
	        "{'text':'quay','fragment_range':[49,53],'match_ranges':[[49,53]]},"
	        "{'text':'harbour','fragment_range':[16,23],'match_ranges':[[16,23]]},"
	        "{'text':'harbour','fragment_range':[80,87],'match_ranges':[[80,87]]}]}]"},
	    {TIDE ",{'fragment_by':'word','include_offsets':'utf-16','fragment_limit':9}]}}",
	        "{'rows':[{'id':1,'$dist':1.3300459,'h':["
	        "{'text':'quay','fragment_range':[49,53],'match_ranges':[[49,53]]},"
	        "{'text':'harbour','fragment_range':[16,23],'match_ranges':[[16,23]]},"
	        "{'text':'harbour','fragment_range':[81,88],'match_ranges':[[81,88]]}]}]"},
	    /* the clauses over this attribute, wherever they stand */
	    {"{'rank_by':['Sum',[['Product',3,['text','BM25','dawn']],['tags','BM25','x'],['text','BM25','"
	     "NETS']]],"
	     "'limit':9,'compute_attributes':{'h':['Highlight','text',{'include_offsets':'codepoints'}]}}",
	        "{'rows':[{'id':1,'$dist':2.1456213,'h':[{'text':'" SECOND
	        "','fragment_range':[33,54],'match_ranges':[[33,37]]},{'text':'" FIRST
	        "','fragment_range':[0,32],'match_ranges':[[27,31]]}]}]"},
	    /* an expression of its own */
	    {BY_ID "{'h':['Highlight','text',{'rank_fragments_by':['$fragment','BM25','sells']}]}}",
	        "{'rows':[{'id':1,'h':[{'text':'" THIRD "'}]},{'id':2,'h':[]},{'id':3,'h':[]}]"},
	    {BY_ID
	        "{'h':['Highlight','text',{'rank_fragments_by':['Sum',[['$fragment','ContainsTokenSequence',"
	        "'the quay'],['Product',0.001,['$fragment','BM25','harbour']]]],'include_offsets':'utf-8'}]},"
	        "'filters':['id','Eq',1]}",
	        "{'rows':[{'id':1,'h':[{'text':'" SECOND
	        "','fragment_range':[33,54],'match_ranges':[]},{'text':'" FIRST
	        "','fragment_range':[0,32],'match_ranges':[[16,23]]},{'text':'" THIRD
	        "','fragment_range':[57,97],'match_ranges':[[85,92]]}]}]"},
	    {BY_ID "{'h':['Highlight','text',{'rank_fragments_by':['$fragment','BM25','sells na',"
	           "{'last_as_prefix':true}],'include_offsets':'codepoints'}]},'filters':['id','Eq',1]}",
	        "{'rows':[{'id':1,'h':[{'text':'" THIRD
	        "','fragment_range':[57,92],'match_ranges':[[68,73],[74,79]]}]}]"},
	    /* arrays */
	    {"{'rank_by':['tags','BM25','boat red'],'limit':9,"
	     "'compute_attributes':{'h':['Highlight','tags',{'include_offsets':'utf-8'}],'g':['Highlight','"
	     "tags']}}",
	        "{'rows':[{'id':2,'$dist':0.57536423,'h':[{'text':'red','fragment_range':[5,8],'match_ranges'"
	        ":[[5,8]],"
	        "'array_index':2},{'text':'A "
	        "boat!','fragment_range':[0,7],'match_ranges':[[2,6]],'array_index':1}],"
	        "'g':[{'text':'red'},{'text':'A boat!'}]}]"},
	};
	struct world w = world_new(ID_UINT, METRIC_NONE,
	    "{'text':{'type':'string','full_text_search':true},'tags':{'type':'[]string','full_text_search':"
	    "true}}",
	    "[{'id':1,'text':'" FIRST " " SECOND "\\n \\n" THIRD "'},"
	    "{'id':2,'text':'Nothing of that.','tags':['blue','A boat!',' \\n\\t  red']},{'id':3}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

/* Matches follow the attribute's analysis. */
static void analysis(void **state)
{
	static const struct ask asks[] = {
	    {"{'rank_by':['folded','BM25','THE "
	     "cafe'],'limit':1,'compute_attributes':{'h':['Highlight','folded',"
	     "{'include_offsets':'utf-8'}]}}",
	        "{'rows':[{'id':1,'$dist':0.28768212,'h':[{'text':'The CAFÉ.','fragment_range':[0,10],"
	        "'match_ranges':[[4,9]]}]}]"},
	    {"{'rank_by':['stemmed','BM25','running'],'limit':1,'compute_attributes':{'h':['Highlight','"
	     "stemmed',"
	     "{'include_offsets':'utf-8','fragment_by':'word'}]}}",
	        "{'rows':[{'id':1,'$dist':0.28768212,'h':[{'text':'Runs','fragment_range':[4,8],"
	        "'match_ranges':[[4,8]]}]}]"},
	    {"{'rank_by':['exact','BM25','cafe "
	     "Café'],'limit':1,'compute_attributes':{'h':['Highlight','exact',"
	     "{'include_offsets':'utf-8'}]}}",
	        "{'rows':[{'id':1,'$dist':0.28768212,'h':[{'text':'Café café','fragment_range':[0,11],"
	        "'match_ranges':[[0,5]]}]}]"},
	};
	struct world w = world_new(ID_UINT, METRIC_NONE,
	    "{'folded':{'type':'string','full_text_search':{'ascii_folding':true,'remove_stopwords':true}},"
	    "'exact':{'type':'string','full_text_search':{'case_sensitive':true}},"
	    "'stemmed':{'type':'string','full_text_search':{'stemming':true}}}",
	    "[{'id':1,'stemmed':'She Runs.','folded':'The CAFÉ. The sea.','exact':'Café café'}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

#define LEGS                                                                                                 \
	"'queries':[{'rank_by':['x','asc'],'limit':2,'compute_attributes':{'a':['x','Gt',1],'both':['x','"   \
	"Eq',1]}},"                                                                                          \
	"{'rank_by':['text','BM25','sea'],'limit':2,'compute_attributes':{'h':['Highlight','text'],'both':[" \
	"'x','Eq',3]}}]"

/* Legs keep theirs; a fused row has those of the legs that returned it, the first leg's where both have one.
 */
static void many_queries(void **state)
{
	static const struct ask asks[] = {
	    {"{" LEGS "}", "{'results':[{'rows':[{'id':1,'a':0.0,'both':1.0},{'id':2,'a':1.0,'both':0.0}]},"
	                   "{'rows':[{'id':3,'$dist':0.646255,'h':[{'text':'sea sea'}],'both':1.0},"
	                   "{'id':2,'$dist':0.47000363,'h':[{'text':'the sea'}],'both':0.0}]}]"},
	    {"{" LEGS ",'rerank_by':['RRF'],'limit':3}",
	        "{'results':[{'rows':[{'id':2,'$dist':0.032258064,'a':1.0,'both':0.0,'h':[{'text':'the "
	        "sea'}]},"
	        "{'id':1,'$dist':0.016393442,'a':0.0,'both':1.0},"
	        "{'id':3,'$dist':0.016393442,'h':[{'text':'sea sea'}],'both':1.0}]}]"},
	};
	struct world w =
	    world_new(ID_UINT, METRIC_NONE, "{'text':{'type':'string','full_text_search':true},'x':'int'}",
	        "[{'id':1,'x':1,'text':'a tide'},{'id':2,'x':2,'text':'the sea'},{'id':3,'x':3,'text':'sea "
	        "sea'}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(scores),
	    cmocka_unit_test(refused),
	    cmocka_unit_test(too_many),
	    cmocka_unit_test(fragments),
	    cmocka_unit_test(analysis),
	    cmocka_unit_test(many_queries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
