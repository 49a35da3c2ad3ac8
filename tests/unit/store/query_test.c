#include "world.h"

#include "base/time.h"

static void missing_values_in_order(void **state)
{
	static const struct ask asks[] = {
	    {"{'rank_by':['x','asc'],'limit':10}",
	        "{'rows':[{'id':2},{'id':4},{'id':5},{'id':3},{'id':1},{'id':6}]"},
	    {"{'rank_by':['x','desc'],'limit':10}",
	        "{'rows':[{'id':1},{'id':6},{'id':3},{'id':2},{'id':4},{'id':5}]"},
	    {"{'rank_by':[['x','asc'],['y','asc']],'limit':10}",
	        "{'rows':[{'id':5},{'id':4},{'id':2},{'id':3},{'id':6},{'id':1}]"},
	    {"{'rank_by':[['x','desc'],['y','asc']],'limit':10}",
	        "{'rows':[{'id':6},{'id':1},{'id':3},{'id':5},{'id':4},{'id':2}]"},
	    {"{'rank_by':[['y','asc'],['y','desc'],['x','desc'],['y','asc'],['x','asc'],['y','asc'],['x','"
	     "asc'],"
	     "['id','desc']],'limit':10}",
	        "{'rows':[{'id':6},{'id':5},{'id':4},{'id':1},{'id':3},{'id':2}]"},
	    {"{'rank_by':['id','desc'],'limit':2}", "{'rows':[{'id':6},{'id':5}]"},
	    {"{'rank_by':['id','asc'],'limit':2,'filters':['id','Gt',3]}", "{'rows':[{'id':4},{'id':5}]"},
	    {"{'rank_by':['x','asc'],'limit':2,'offset':3}", "{'rows':[{'id':3},{'id':1}]"},
	    {"{'rank_by':['x','asc'],'limit':2,'offset':6}", "{'rows':[]"},
	    {"{'rank_by':['x','asc'],'limit':5,'filters':['id','In',[6,2,9,2]]}",
	        "{'rows':[{'id':2},{'id':6}]"},
	    {"{'limit':5,'filters':['And',[['x','NotEq',null],['id','In',[5,6,1]]]]}",
	        "{'rows':[{'id':1},{'id':6}]"},
	    {"{'limit':5,'filters':['Or',[['id','Eq',4],['y','Eq','b']]]}", "{'rows':[{'id':1},{'id':4}]"},
	    {"{'limit':{'total':3}}", "{'rows':[{'id':1},{'id':2},{'id':3}]"},
	    {"{'top_k':2,'filters':['y','NotEq',null],'include_attributes':['y','id']}",
	        "{'rows':[{'id':1,'y':'b'},{'id':2,'y':'d'}]"},
	};
	struct world w = world_new(ID_UINT, METRIC_NONE, "{'x':'int','y':'string'}",
	    "[{'id':1,'x':3,'y':'b'},{'id':2,'y':'d'},{'id':3,'x':1,'y':'c'},{'id':4,'y':'a'},{'id':5},"
	    "{'id':6,'x':3}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

/* Texts, queries and token filters meet at the stem; positions stay those of the words. */
static void stems(void **state)
{
	static const struct ask asks[] = {
	    {"{'rank_by':['text','BM25','jump'],'limit':10}",
	        "{'rows':[{'id':1,'$dist':0.47000363},{'id':2,'$dist':0.47000363}]"},
	    {"{'limit':9,'filters':['text','ContainsAllTokens','JUMPED runs']}", "{'rows':[{'id':1}]"},
	    {"{'limit':9,'filters':['text','ContainsTokenSequence','runs the jumps']}", "{'rows':[{'id':1}]"},
	    {"{'limit':9,'filters':['text','ContainsTokenSequence','run jump']}", "{'rows':[]"},
	    {"{'limit':9,'filters':['text','ContainsAnyToken','jumpin',{'last_as_prefix':true}]}",
	        "{'rows':[]"},
	    {"{'limit':9,'filters':['text','ContainsAnyToken','jum',{'last_as_prefix':true}]}",
	        "{'rows':[{'id':1},{'id':2}]"},
	    {"{'limit':9,'filters':['swedish','ContainsAnyToken','flickor']}", "{'rows':[{'id':3}]"},
	    {"{'limit':9,'filters':['plain','ContainsAnyToken','jump']}", "{'rows':[]"},
	};
	struct world w = world_new(ID_UINT, METRIC_NONE,
	    "{'text':{'type':'string','full_text_search':{'stemming':true,'remove_stopwords':true,'b':0}},"
	    "'plain':{'type':'string','full_text_search':true},"
	    "'swedish':{'type':'string','full_text_search':{'stemming':true,'language':'swedish'}}}",
	    "[{'id':1,'text':'Running, the jumping','plain':'jumping'},{'id':2,'text':'jumped a lot'},"
	    "{'id':3,'text':'walks','swedish':'flickorna'}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

/* The worked figures of the contract, to the last bit. */
static void bm25_scores(void **state)
{
	static const struct ask asks[] = {
	    {"{'rank_by':['text','BM25','fish'],'limit':10}",
	        "{'rows':[{'id':1,'$dist':0.19350067},{'id':3,'$dist':0.14426166},{'id':2,'$dist':0.11623961}"
	        "]"},
	    {"{'rank_by':['text','BM25','fish fish'],'limit':10}",
	        "{'rows':[{'id':1,'$dist':0.34830117},{'id':3,'$dist':0.25967097},{'id':2,'$dist':0.20923129}"
	        "]"},
	    {"{'rank_by':['text','BM25','fish fish swim'],'limit':10}",
	        "{'rows':[{'id':3,'$dist':0.9407541},{'id':1,'$dist':0.85607296},{'id':2,'$dist':0.20923129}"
	        "]"},
	    {"{'rank_by':['text','BM25','whale'],'limit':10}", "{'rows':[]"},
	    {"{'rank_by':['text','BM25','fish'],'limit':10,'filters':['id','NotIn',[1]]}",
	        "{'rows':[{'id':3,'$dist':0.14426166},{'id':2,'$dist':0.11623961}]"},
	    {"{'rank_by':['text','ContainsAnyToken','swim'],'limit':10}",
	        "{'rows':[{'id':1,'$dist':1.0},{'id':3,'$dist':1.0}]"},
	    {"{'rank_by':['Sum',[['text','BM25','fish'],['id','Eq',2]]],'limit':10}",
	        "{'rows':[{'id':2,'$dist':1.1162395},{'id':1,'$dist':0.19350067},{'id':3,'$dist':0.14426166}"
	        "]"},
	    {"{'rank_by':['Max',[['text','BM25','swim'],['Product',0.25,['text','BM25','fish']]]],'limit':1}",
	        "{'rows':[{'id':3,'$dist':0.68108314}]"},
	    {"{'rank_by':['Max',[0.5,['Product',['text','BM25','water'],0.125]]],'limit':10}",
	        "{'rows':[{'id':2,'$dist':0.5}]"},
	    {"{'rank_by':['Product',0,['text','BM25','fish']],'limit':10}", "{'rows':[]"},
	    {"{'rank_by':['tokens','BM25',['A b']],'limit':10}", "{'rows':[{'id':2,'$dist':0.28768212}]"},
	    {"{'rank_by':['tokens','BM25',['a b']],'limit':10}", "{'rows':[]"},
	    {"{'rank_by':['tokens','BM25','A b'],'limit':10}",
	        "400 invalid input 'A b' for rank_by field 'tokens', expecting []string"},
	    {"{'rank_by':['text','BM25',['fish']],'limit':10}",
	        "400 invalid input '['fish']' for rank_by field 'text', expecting string"},
	    {"{'rank_by':['nope','BM25','fish'],'limit':10}",
	        "400 💔 rank_by field 'nope' not found in schema"},
	    {"{'rank_by':['plain','BM25','fish'],'limit':10}",
	        "400 💔 rank_by field 'plain' is not enabled for full-text search; this requires a schema "
	        "update"},
	    {"{'rank_by':['Sum',[1,['text','BM25','fish']]],'limit':10}",
	        "400 Sum aggregations can only contain other text queries"},
	    {"{'rank_by':['Max',[-1,['text','BM25','fish']]],'limit':10}",
	        "400 💔 Max takes non-negative numbers of f32 only"},
	    {"{'rank_by':['Product',1e39,['text','BM25','fish']],'limit':10}",
	        "400 💔 Product takes non-negative numbers of f32 only"},
	};
	struct world w = world_new(ID_UINT, METRIC_NONE,
	    "{'text':{'type':'string','full_text_search':true},'plain':'string',"
	    "'tokens':{'type':'[]string','full_text_search':{'tokenizer':'pre_tokenized_array'}}}",
	    "[{'id':1,'text':'fish fish swim'},{'id':2,'text':'fish tank water deep blue','tokens':['A b']},"
	    "{'id':3,'text':'swim swim fish'}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

static void vector_distances(void **state)
{
	static const struct ask asks[] = {
	    {"{'rank_by':['vector','ANN',[1,2]],'limit':3,'include_attributes':true}",
	        "{'rows':[{'id':'b','$dist':0.0,'vector':[0.25,0.5],'s':'two'},"
	        "{'id':'c','$dist':0.051316738,'vector':[0.7,0.7]},"
	        "{'id':'a','$dist':0.5527864,'vector':[1.0,0.0],'s':'one'}]"},
	    {"{'rank_by':['vector','ANN','AACAPwAAAEA='],'limit':1,'vector_encoding':'base64',"
	     "'include_attributes':['vector']}",
	        "{'rows':[{'id':'b','$dist':0.0,'vector':'AACAPgAAAD8='}]"},
	    {"{'rank_by':['vector','kNN',[1,2]],'limit':3,'filters':['s','NotEq','two'],"
	     "'exclude_attributes':['vector','nope']}",
	        "{'rows':[{'id':'c','$dist':0.051316738},{'id':'a','$dist':0.5527864,'s':'one'}]"},
	    {"{'rank_by':['vector','ANN',[0,0]],'limit':2}",
	        "{'rows':[{'id':'a','$dist':1.0},{'id':'b','$dist':1.0}]"},
	    {"{'rank_by':['vector','ANN',[1,2]],'limit':1,'distance_metric':'cosine_distance'}",
	        "{'rows':[{'id':'b','$dist':0.0}]"},
	    {"{'rank_by':['vector','ANN',[1,2]],'limit':1,'distance_metric':'euclidean_squared'}",
	        "400 💔 distance metric mismatch, expected cosine_distance, got euclidean_squared"},
	    {"{'rank_by':['vector','kNN',[1,2]],'limit':3}", "400 💔 kNN queries require filters"},
	    {"{'rank_by':['vector','ANN',[1,2,3]],'limit':3}",
	        "400 💔 rank_by field 'vector': vector dimension mismatch, expected 2, got 3"},
	    {"{'rank_by':['vector','ANN',['Embed','x']],'limit':3}",
	        "400 💔 `Embed` is not supported by this local store yet"},
	    {"{'rank_by':['s','ANN',[1,2]],'limit':3}", "400 💔 rank_by field 's' is not a vector attribute"},
	    {"{'limit':3,'filters':['id','Glob','[ab]']}", "{'rows':[{'id':'a'},{'id':'b'}]"},
	    {"{'limit':3,'filters':['id','ContainsAnyToken','a']}",
	        "400 filter error in key `id`: ContainsAnyToken needs an attribute of type string or "
	        "[]string with "
	        "`full_text_search` enabled"},
	    {"{'rank_by':['id','BM25','a'],'limit':3}", "400 💔 rank_by field 'id' not found in schema"},
	    {"{'rank_by':['vector','asc'],'limit':3}",
	        "400 💔 rank_by field 'vector' of type [2]f32 cannot be ordered by"},
	    {"{'rank_by':['Sum',[['vector','ANN',[1,2]]]],'limit':3}",
	        "400 💔 ANN cannot be part of another rank_by expression"},
	};
	struct world w =
	    world_new(ID_STRING, METRIC_COSINE, "{'vector':{'type':'[2]f32','ann':true},'s':'string'}",
	        "[{'id':'a','vector':[1,0],'s':'one'},{'id':'b','vector':[0.25,0.5],'s':'two'},"
	        "{'id':'c','vector':[0.7,0.7]}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

/* f16: stored as the nearest half, shown as the shortest decimal of its f32 or as base64 of f32. The query
 * stays f32. */
static void half_vectors(void **state)
{
	static const struct ask asks[] = {
	    {"{'rank_by':['h','ANN',[0.1,0]],'limit':3,'include_attributes':['h','wide']}",
	        "{'rows':[{'id':1,'$dist':5.961192e-10,'h':[0.099975586,0.0],'wide':[0.1]},"
	        "{'id':2,'$dist':0.80999994,'h':[1.0,5.9604645e-8],'wide':[2.0]},"
	        "{'id':3,'$dist':4290760700.0,'h':[65504.0,-2.0],'wide':[3.0]}]"},
	    {"{'rank_by':['h','ANN','zczMPQAAAAA='],'limit':1,'include_attributes':['h'],'vector_encoding':'"
	     "base64'}",
	        "{'rows':[{'id':1,'$dist':5.961192e-10,'h':'AMDMPQAAAAA='}]"},
	    {"{'rank_by':['wide','ANN',[0.1]],'limit':1}", "{'rows':[{'id':1,'$dist':0.0}]"},
	    {"{'rank_by':['h','kNN',[1,0]],'limit':1,'filters':['id','Gt',1]}",
	        "{'rows':[{'id':2,'$dist':3.5527137e-15}]"},
	    {"{'rank_by':['h','ANN',[1]],'limit':3}",
	        "400 💔 rank_by field 'h': vector dimension mismatch, expected 2, got 1"},
	    {"{'rank_by':['h','asc'],'limit':3}",
	        "400 💔 rank_by field 'h' of type [2]f16 cannot be ordered by"},
	};
	struct world w = world_new(ID_UINT, METRIC_EUCLIDEAN_SQUARED,
	    "{'h':{'type':'[2]f16','ann':true},'wide':{'type':'[1]f32','ann':true}}",
	    "[{'id':1,'h':[0.1,0],'wide':[0.1]},{'id':2,'h':[1.0002,5e-8],'wide':[2]},"
	    "{'id':3,'h':[65519,-2.0009],'wide':[3]}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

/* Two legs: ids 1 2 3 and 3 2. */
#define LEGS                                                                                                 \
	"'queries':[{'rank_by':['x','asc'],'limit':3,'include_attributes':['x']},"                           \
	"{'rank_by':['y','desc'],'limit':2,'filters':['id','Gt',1],'include_attributes':['y']}]"

static void many_queries(void **state)
{
	static const struct ask asks[] = {
	    {"{" LEGS "}", "{'results':[{'rows':[{'id':1,'x':1},{'id':2,'x':2},{'id':3,'x':3}]},"
	                   "{'rows':[{'id':3,'y':9},{'id':2,'y':8}]}]"},
	    {"{" LEGS ",'rerank_by':['RRF',{'rank_constant':10,'weights':[2,1]}],'limit':3}",
	        "{'results':[{'rows':[{'id':2,'$dist':0.25,'x':2,'y':8},{'id':3,'$dist':0.24475524,'x':3,'y':"
	        "9},"
	        "{'id':1,'$dist':0.18181819,'x':1}]}]"},
	    {"{" LEGS ",'rerank_by':['RRF'],'limit':{'total':1}}",
	        "{'results':[{'rows':[{'id':3,'$dist':0.032266457,'x':3,'y':9}]}]"},
	    {"{" LEGS ",'rerank_by':['RRF']}",
	        "{'results':[{'rows':[{'id':3,'$dist':0.032266457,'x':3,'y':9},"
	        "{'id':2,'$dist':0.032258064,'x':2,'y':8},{'id':1,'$dist':0.016393442,'x':1}]}]"},
	    {"{'queries':[]}", "400 💔 must send at least one sub-query"},
	    {"{'queries':[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}",
	        "400 💔 multi-query exceeds per-namespace concurrency budget: requires 17 permits, max is 16 "
	        "(see https://turbopuffer.com/docs/limits)"},
	    {"{'queries':[{'rank_by':['x','asc'],'limit':1},{'rank_by':['nope','asc'],'limit':1}]}",
	        "400 💔 rank_by field 'nope' not found in schema"},
	    {"{'queries':[{'rank_by':['x','asc'],'limit':1}],'rerank_by':['RRF']}",
	        "400 💔 rerank_by requires at least two sub-queries"},
	    {"{'queries':[{'limit':1},{'limit':1}],'rerank_by':['RRF']}",
	        "400 💔 rerank_by requires rank_by in every sub-query"},
	    {"{" LEGS ",'rerank_by':['RRF',{'weights':[1]}]}",
	        "400 💔 rerank_by: weights must be a list of 2 numbers, one per sub-query"},
	    {"{" LEGS ",'rerank_by':['RRF',{'weights':[1,0]}]}", "400 💔 rerank_by: weights must be positive"},
	    {"{" LEGS ",'rerank_by':['RRF',{'rank_constant':0}]}",
	        "400 💔 rerank_by: rank_constant must be greater than 0"},
	    {"{'queries':[{'rank_by':['x','asc'],'limit':1,'consistency':{'level':'strong'}}]}",
	        "400 💔 `consistency` belongs to the root of a multi-query, not to queries[0]"},
	    {"{'queries':[{'rank_by':['x','desc'],'limit':1},{'aggregate_by':{'n':['Count']}}]}",
	        "{'results':[{'rows':[{'id':3}]},{'aggregations':{'n':3}}]"},
	    {"{'queries':[{'rank_by':['x','asc'],'limit':1},{'aggregate_by':{'n':['Count']}}],"
	     "'rerank_by':['RRF']}",
	        "400 💔 rerank_by requires rank_by in every sub-query"},
	    {"{'queries':[{'aggregate_by':{'n':['Count']}},{'aggregate_by':{'n':['Count']}},"
	     "{'aggregate_by':{'n':['Count']}},{'aggregate_by':{'n':['Count']}},{'limit':1}]}",
	        "400 💔 multi-query exceeds per-namespace concurrency budget: requires 17 permits, max is 16 "
	        "(see https://turbopuffer.com/docs/limits)"},
	};
	struct world w = world_new(ID_UINT, METRIC_NONE, "{'x':'int','y':'int'}",
	    "[{'id':1,'x':1,'y':7},{'id':2,'x':2,'y':8},{'id':3,'x':3,'y':9}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

#define SHAPE "422 Failed to deserialize the JSON body into the target type: "
#define RANK  SHAPE "rank_by: data did not match any variant of enum a valid variant of RankInput"
#define LIMIT SHAPE "limit: data did not match any variant of untagged enum LimitInput"

static void aggregations(void **state)
{
	static const struct ask asks[] = {
	    {"{'aggregate_by':{'n':['Count'],'old':['Count','id'],'i':['Sum','i'],'u':['Sum','u'],'f':['Sum',"
	     "'f']}}",
	        "{'aggregations':{'n':4,'old':4,'i':-7,'u':36893488147419103229,'f':0.75}"},
	    {"{'aggregate_by':{'n':['Count'],'f':['Sum','f']},'filters':['i','Eq',null],'group_by':[]}",
	        "{'aggregations':{'n':2,'f':0.0}"},
	    {"{'aggregate_by':{'n':['Count']},'filters':['id','In',[1,2,9]]}", "{'aggregations':{'n':2}"},
	    {"{'aggregate_by':{'n':['Count','i']}}",
	        "400 💔 aggregate_by with attributes other than 'id' not yet supported"},
	    {"{'aggregate_by':{'n':['Sum','s']}}",
	        "400 💔 aggregate_by: Sum needs an attribute of type int, uint or float, but 's' is string"},
	    {"{'aggregate_by':{'n':['Sum','nope']}}", "400 💔 aggregate_by field 'nope' not found in schema"},
	    {"{'aggregate_by':{'n':['Count'],'n':['Count']}}", "400 💔 aggregate_by names 'n' twice"},
	    {"{'aggregate_by':{'s':['Count']},'group_by':['s']}",
	        "400 💔 group_by and aggregate_by both name 's'"},
	    {"{'aggregate_by':{}}", "400 💔 aggregate_by requires at least one function"},
	    {"{'aggregate_by':['Count']}", SHAPE "aggregate_by: invalid type: sequence, expected a map"},
	    {"{'aggregate_by':{'n':['Max','i']}}",
	        SHAPE "aggregate_by: data did not match any variant of untagged enum AggregateFunction"},
	    {"{'aggregate_by':{'n':['Count']},'rank_by':['id','asc']}",
	        "400 💔 cannot specify both aggregate_by and rank_by"},
	    {"{'aggregate_by':{'n':['Count']},'top_k':1}",
	        "400 💔 top_k is not supported in aggregation queries without group_by"},
	    {"{'aggregate_by':{'n':['Count']},'limit':1}", SHAPE "limit: unknown field `limit`"},
	    {"{'aggregate_by':{'n':['Count']},'distance_metric':'cosine_distance'}",
	        SHAPE "distance_metric: unknown field `distance_metric`"},
	};
	struct world w = world_new(ID_UINT, METRIC_NONE, "{'i':'int','u':'uint','f':'float','s':'string'}",
	    "[{'id':1,'i':-9,'u':18446744073709551615,'f':0.5},{'id':2,'i':2,'u':18446744073709551614,'f':0."
	    "25},"
	    "{'id':3},{'id':4}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

static void groups(void **state)
{
	static const struct ask asks[] = {
	    {"{'aggregate_by':{'n':['Count'],'x':['Sum','x']},'group_by':['s']}",
	        "{'aggregation_groups':[{'s':null,'n':1,'x':8},{'s':'A','n':2,'x':3},{'s':'B','n':1,'x':4}]"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':['s'],'top_k':2,'filters':['s','NotEq',null]}",
	        "{'aggregation_groups':[{'s':'A','n':2},{'s':'B','n':1}]"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':['s'],'top_k':1}",
	        "{'aggregation_groups':[{'s':null,'n':1}]"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':['s',{'tag':['ForEachUnique','tags']}]}",
	        "{'aggregation_groups':[{'s':null,'tag':null,'n':1},{'s':'A','tag':'night','n':1},"
	        "{'s':'A','tag':'sea','n':2},{'s':'B','tag':null,'n':1}]"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':['x'],'filters':['x','Gt',2]}",
	        "{'aggregation_groups':[{'x':4,'n':1},{'x':8,'n':1}]"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':['s'],'filters':['x','Gt',9]}",
	        "{'aggregation_groups':[]"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':['id']}", "400 💔 group_by cannot group by id"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':['s','s']}", "400 💔 group_by names 's' twice"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':['nope']}",
	        "400 💔 group_by field 'nope' not found in schema"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':['tags']}",
	        "400 💔 group_by field 'tags' of type []string cannot be grouped by without ForEachUnique"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':[{'t':['ForEachUnique','s']}]}",
	        "400 💔 group_by field 's' of type string cannot be grouped by with ForEachUnique"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':[{'t':['ForEachUnique','tags']},"
	     "{'o':['ForEachUnique','others']}]}",
	        "{'aggregation_groups':[{'t':null,'o':null,'n':2},{'t':'night','o':'x','n':1},"
	        "{'t':'night','o':'y','n':1},{'t':'sea','o':null,'n':1},{'t':'sea','o':'x','n':1},"
	        "{'t':'sea','o':'y','n':1}]"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':[{'t':['Each','tags']}]}",
	        SHAPE "group_by: data did not match any variant of untagged enum GroupByInput"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':[{}]}",
	        SHAPE "group_by: data did not match any variant of untagged enum GroupByInput"},
	    {"{'aggregate_by':{'n':['Count']},'group_by':'s'}",
	        SHAPE "group_by: invalid type: string 's', expected a sequence"},
	};
	struct world w =
	    world_new(ID_UINT, METRIC_NONE, "{'x':'int','s':'string','tags':'[]string','others':'[]string'}",
	        "[{'id':1,'x':1,'s':'A','tags':['sea','night','sea'],'others':['y','x','y']},{'id':2,'x':2,'"
	        "s':'A','tags':['sea']},"
	        "{'id':3,'x':4,'s':'B','tags':[]},{'id':4,'x':8}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

static void refused_requests(void **state)
{
	static const struct ask asks[] = {
	    {"[]", SHAPE "invalid type: sequence, expected struct Query"},
	    {"{'rank_by':['id','asc']}", "400 💔 rank_by queries must specify top_k or limit"},
	    {"{}", "400 💔 rank_by queries must specify top_k or limit"},
	    {"{'rank_by':['id','asc'],'limit':0}", "400 💔 top_k must be between 1 and 10000"},
	    {"{'rank_by':['id','asc'],'top_k':10001}", "400 💔 top_k must be between 1 and 10000"},
	    {"{'rank_by':['id','asc'],'limit':1,'top_k':1}", "400 💔 cannot specify both limit and top_k"},
	    {"{'rank_by':['id','asc'],'limit':'1'}", LIMIT},
	    {"{'rank_by':['id','asc'],'limit':{}}", LIMIT},
	    {"{'rank_by':['id','asc'],'limit':-1}", LIMIT},
	    {"{'rank_by':['id','asc'],'limit':9000,'offset':1001}",
	        "400 💔 offset + limit must be at most 10000"},
	    {"{'limit':1,'offset':1}", "400 💔 offset requires rank_by"},
	    {"{'rank_by':'id','limit':1}", RANK},
	    {"{'rank_by':['id'],'limit':1}", RANK},
	    {"{'rank_by':['id','up'],'limit':1}", RANK},
	    {"{'rank_by':['s','Near','x'],'limit':1}", RANK},
	    {"{'rank_by':['s',['a','b']],'limit':1}", RANK},
	    {"{'rank_by':['Sum',[['s',['a','b']]]],'limit':1}", RANK},
	    {"{'rank_by':[['id','asc'],['s']],'limit':1}", RANK},
	    {"{'rank_by':[],'limit':1}", "400 💔 rank_by cannot be empty"},
	    {"{'rank_by':[['s','asc'],['s','asc'],['s','asc'],['s','asc'],['s','asc'],['s','asc'],['s','asc']"
	     ","
	     "['s','asc'],['s','asc']],'limit':1}",
	        "400 💔 rank_by can order by at most 8 attributes, got 9"},
	    {"{'rank_by':['tags','asc'],'limit':1}",
	        "400 💔 rank_by field 'tags' of type []string cannot be ordered by"},
	    {"{'rank_by':['Max',0,['s','Eq','x']],'limit':1}",
	        "400 💔 malformed rank_by expression, expected ['Max', [expression or number, …]]"},
	    {"{'limit':1,'include_attributes':['nope']}",
	        "400 💔 attribute 'nope' not found in schema, cannot be part of `include_attributes`. "
	        "consider passing "
	        "`include_attributes=True` to return all attribute data instead"},
	    {"{'limit':1,'include_attributes':['s'],'exclude_attributes':['s']}",
	        "400 💔 cannot specify both include_attributes and exclude_attributes"},
	    {"{'limit':1,'exclude_attributes':true}",
	        SHAPE "exclude_attributes: invalid type: boolean `true`, expected a sequence"},
	    {"{'limit':1,'consistency':'eventual'}",
	        SHAPE "consistency: invalid type: string 'eventual', expected struct Consistency"},
	    {"{'limit':1,'consistency':{}}", SHAPE "consistency: missing field `level`"},
	    {"{'limit':1,'consistency':{'level':'nonexistentvalue'}}", SHAPE
	        "consistency.level: unknown variant `nonexistentvalue`, expected `strong` or `eventual`"},
	    {"{'limit':1,'vector_encoding':'bad'}",
	        SHAPE "vector_encoding: unknown variant `bad`, expected `float` or `base64`"},
	    {"{'limit':1,'distance_metric':'bad'}", SHAPE
	        "distance_metric: unknown variant `bad`, expected one of `Unknown`, `euclidean_squared`, "
	        "`cosine_distance`, `euclidean`, `Query`"},
	    {"{'limit':1,'distance_metric':'cosine_distance'}",
	        "400 💔 distance metric mismatch, expected none, got cosine_distance"},
	    {"{'limit':1,'filters':['s','Eq',1]}",
	        "400 filter error in key `s`: type mismatch, Eq expects string, but got '1'"},
	    {"{'queries':[{'limit':1},{'limit':1,'filters':1}]}",
	        SHAPE "queries[1].filters: data did not match any variant of untagged enum Filter"},
	    {"{'queries':{}}", SHAPE "queries: invalid type: map, expected a sequence"},
	    {"{'limit':1,'group_by':['s']}", "400 💔 group_by requires aggregate_by"},
	    {"{'limit':1,'rerank_by':['RRF']}", "400 💔 rerank_by requires queries"},
	    /* What SDKs send for absent options. */
	    {"{'rank_by':['id','asc'],'limit':1,'filters':null,'consistency':null,'include_attributes':null,"
	     "'aggregate_by':null,'group_by':null,'offset':null,'consistency':{'level':'eventual'}}",
	        "{'rows':[]"},
	};
	struct world w = world_new(ID_UINT, METRIC_NONE, "{'s':'string','tags':'[]string'}", "[]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

/* Everything that follows the rows. */
static void billing_and_performance(void **state)
{
	static const struct {
		const char *query;
		int queried, returned; /* times the least that is billed; bytes */
	} cases[] = {
	    /* id and vector of each, and one text */
	    {"{'rank_by':['vector','ANN',[1,1]],'limit':5,'include_attributes':true,'exclude_attributes':"
	     "null}",
	        1, 5 * (8 + 4 + 8) + 5 + 3 * 8 + 2},
	    {"{'rank_by':['vector','ANN',[1,1]],'limit':5,'include_attributes':['vector','s']}", 1, 105},
	    {"{'rank_by':['vector','ANN',[1,1]],'limit':2}", 1, 24},
	    {"{'rank_by':['id','asc'],'limit':5}", 1, 5 * 8},
	    {"{'rank_by':['id','asc'],'limit':1,'include_attributes':['s','ints','flags']}", 1,
	        8 + 5 + 24 + 2},
	    {"{'rank_by':['id','asc'],'limit':2,'compute_attributes':{'a':['s','Eq','x'],'b':['s','Eq','y']}"
	     "}",
	        1, 2 * (8 + 4 + 4)},
	    {"{'rank_by':['t','BM25','sea'],'limit':2,'compute_attributes':{'h':['Highlight','t',"
	     "{'include_offsets':'utf-8'}]}}",
	        1, 8 + 4 + 11},
	    {"{'aggregate_by':{'n':['Count'],'m':['Count']}}", 1, 2 * 8},
	    {"{'aggregate_by':{'n':['Count']},'group_by':['s']}", 1, (0 + 8) + (5 + 8)},
	    {"{'queries':[{'limit':2},{'rank_by':['vector','ANN',[1,1]],'limit':1}]}", 2, 2 * 8 + 8 + 4},
	};
	struct world w = world_new(ID_UINT, METRIC_COSINE,
	    "{'vector':{'type':'[2]f32','ann':true},'s':'string','ints':'[]int','flags':'[]bool',"
	    "'t':{'type':'string','full_text_search':true}}",
	    "[{'id':1,'vector':[1,1],'s':'world','ints':[1,2,3],'flags':[true,false]},{'id':2,'vector':[1,2]}"
	    ","
	    "{'id':3,'vector':[1,3]},{'id':4,'vector':[1,4]},{'id':5,'vector':[1,5]}]");
	struct world texts = world_new(ID_UINT, METRIC_NONE,
	    "{'t':{'type':'string','full_text_search':true}}", "[{'id':1,'t':'At the sea. No more.'}]");
	time_use_virtual(&(struct virtual_clock){0}); /* stands still: every query takes the least */
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world *at = strstr(cases[i].query, "BM25") ? &texts : &w;
		unsigned rows = at == &w ? 5 : 1;
		struct refusal r = {.arena = at->arena};
		struct buf out = buf_new(1 << 16);
		assert_int_equal(store_query(at->ns, world_json(at, cases[i].query), at->arena, &out, &r), 0);
		struct span want = arena_printf(at->arena,
		    "],\"billing\":{\"billable_logical_bytes_queried\":%llu,\"billable_logical_bytes_"
		    "returned\":%d},"
		    "\"performance\":{\"cache_hit_ratio\":1.0,\"cache_temperature\":\"hot\",\"server_total_"
		    "ms\":3,"
		    "\"query_execution_ms\":3,\"exhaustive_search_count\":%u,\"approx_namespace_size\":%u,"
		    "\"last_included_write_at\":\"2026-09-21T",
		    cases[i].queried * 256000000ULL, cases[i].returned, rows, rows);
		if (!span_contains(buf_span(&out), span_skip(want, 1)))
			fail_msg("%s:\n got %.*s\nwant …%.*s…", cases[i].query, SPAN_FMT(buf_span(&out)),
			    SPAN_FMT(want));
		buf_free(&out);
	}
	time_use_virtual(NULL);
	world_free(&texts);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(missing_values_in_order),
	    cmocka_unit_test(stems),
	    cmocka_unit_test(bm25_scores),
	    cmocka_unit_test(vector_distances),
	    cmocka_unit_test(half_vectors),
	    cmocka_unit_test(many_queries),
	    cmocka_unit_test(aggregations),
	    cmocka_unit_test(groups),
	    cmocka_unit_test(refused_requests),
	    cmocka_unit_test(billing_and_performance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
