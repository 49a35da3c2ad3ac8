#include "world.h"

#include "store/query/score.h"

#define RANKED(expression) "{'rank_by':" expression ",'limit':10}"

/* clicks is unsigned, delta and ratio are signed; 4 has none of them. */
static struct world attributes_world(void)
{
	return world_new(ID_UINT, METRIC_NONE,
	    "{'clicks':'uint','delta':'int','ratio':'float','at':'datetime','name':'string','many':'[]int',"
	    "'text':{'type':'string','full_text_search':true}}",
	    "[{'id':1,'clicks':100,'delta':-5,'ratio':0.25,'at':'2026-02-03T06:00:00Z','text':'fox'},"
	    "{'id':2,'clicks':300,'delta':5,'ratio':-0.5,'at':'2026-02-02T06:00:00Z','text':'fox fox'},"
	    "{'id':3,'clicks':0,'delta':0,'ratio':2,'at':'2026-02-03T00:00:00.0009Z','text':'owl'},"
	    "{'id':4,'name':'x'}]");
}

static void attributes(void **state)
{
	static const struct ask asks[] = {
	    {RANKED("['Attribute','clicks']"),
	        "{'rows':[{'id':2,'$dist':300.0},{'id':1,'$dist':100.0},{'id':3,"
	        "'$dist':0.0},{'id':4,'$dist':0.0}]"},
	    {RANKED("['Product',['Attribute','clicks'],0]"),
	        "{'rows':[{'id':1,'$dist':0.0},{'id':2,'$dist':0.0},"
	        "{'id':3,'$dist':0.0},{'id':4,'$dist':0.0}]"},
	    {RANKED("['Max',[0,['Attribute','delta']]]"),
	        "{'rows':[{'id':2,'$dist':5.0},{'id':1,'$dist':0.0},"
	        "{'id':3,'$dist':0.0},{'id':4,'$dist':0.0}]"},
	    {RANKED("['Max',[['Sum',[['Attribute','ratio'],['Attribute','ratio']]],1]]"),
	        "{'rows':[{'id':3,'$dist':4.0},{'id':1,'$dist':1.0},{'id':2,'$dist':1.0},{'id':4,'$dist':1.0}"
	        "]"},
	    {RANKED("['Sum',[['text','BM25','owl'],['Product',0.5,['Attribute','clicks']]]]"),
	        "{'rows':[{'id':2,'$dist':150.0},{'id':1,'$dist':50.0},{'id':3,'$dist':1.0925692},"
	        "{'id':4,'$dist':0.0}]"},
	    {"{'rank_by':['Attribute','clicks'],'limit':10,'filters':['id','In',[4,1]]}",
	        "{'rows':[{'id':1,'$dist':100.0},{'id':4,'$dist':0.0}]"},
	};
	struct world w = attributes_world();
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

static void distances(void **state)
{
	static const struct ask asks[] = {
	    {RANKED("['Dist',['Attribute','delta'],-2]"),
	        "{'rows':[{'id':2,'$dist':7.0},{'id':1,'$dist':3.0},{'id':3,'$dist':2.0}]"},
	    {RANKED("['Dist',['Attribute','clicks'],100]"),
	        "{'rows':[{'id':2,'$dist':200.0},{'id':3,'$dist':100.0},{'id':1,'$dist':0.0}]"},
	    {RANKED("['Dist',['Attribute','ratio'],1]"),
	        "{'rows':[{'id':2,'$dist':1.5},{'id':3,'$dist':1.0},{'id':1,'$dist':0.75}]"},
	    {RANKED("['Dist',['Attribute','at'],'2026-02-03']"),
	        "{'rows':[{'id':2,'$dist':64800000.0},{'id':1,'$dist':21600000.0},{'id':3,'$dist':0.0}]"},
	    {RANKED("['Decay',['Dist',['Attribute','at'],'2026-02-03T00:00:00Z'],{'midpoint':'6h'}]"),
	        "{'rows':[{'id':3,'$dist':1.0},{'id':1,'$dist':0.5},{'id':2,'$dist':0.25}]"},
	    {RANKED("['Decay',['Dist',['Attribute','at'],'2026-02-03T00:00:00Z'],{'midpoint':21600000}]"),
	        "{'rows':[{'id':3,'$dist':1.0},{'id':1,'$dist':0.5},{'id':2,'$dist':0.25}]"},
	    {RANKED("['Decay',['Dist',['Attribute','at'],'2026-02-03T00:00:00Z'],{'midpoint':'0.75d'}]"),
	        "{'rows':[{'id':3,'$dist':1.0},{'id':1,'$dist':0.75},{'id':2,'$dist':0.5}]"},
	    /* Nothing is infinitely far: a document without the attribute is a row by its other parts only.
	     */
	    {RANKED("['Sum',[['id','Gte',3],['Decay',['Dist',['Attribute','delta'],0],{'midpoint':5}]]]"),
	        "{'rows':[{'id':3,'$dist':2.0},{'id':4,'$dist':1.0},{'id':1,'$dist':0.5},{'id':2,'$dist':0.5}"
	        "]"},
	};
	struct world w = attributes_world();
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

static void bends(void **state)
{
	static const struct ask asks[] = {
	    {RANKED("['Saturate',['Attribute','clicks'],{'midpoint':100}]"),
	        "{'rows':[{'id':2,'$dist':0.75},{'id':1,'$dist':0.5},{'id':3,'$dist':0.0},{'id':4,'$dist':0."
	        "0}]"},
	    {RANKED("['Saturate',['Attribute','clicks'],{'midpoint':100,'exponent':2}]"),
	        "{'rows':[{'id':2,'$dist':0.9},{'id':1,'$dist':0.5},{'id':3,'$dist':0.0},{'id':4,'$dist':0.0}"
	        "]"},
	    {RANKED("['Saturate',['Attribute','delta'],{'midpoint':5,'exponent':null}]"),
	        "{'rows':[{'id':2,'$dist':0.5},{'id':1,'$dist':0.0},{'id':3,'$dist':0.0},{'id':4,'$dist':0.0}"
	        "]"},
	    {RANKED("['Decay',['Attribute','clicks'],{'midpoint':100}]"),
	        "{'rows':[{'id':3,'$dist':1.0},{'id':4,'$dist':1.0},{'id':1,'$dist':0.5},{'id':2,'$dist':0."
	        "25}]"},
	    {RANKED("['Decay',['Attribute','delta'],{'midpoint':5}]"),
	        "{'rows':[{'id':1,'$dist':1.0},{'id':3,'$dist':1.0},{'id':4,'$dist':1.0},{'id':2,'$dist':0.5}"
	        "]"},
	    /* Only what the filter matches is a row, although 0 decays to 1. */
	    {RANKED("['Decay',['id','Lt',3],{'midpoint':3}]"),
	        "{'rows':[{'id':1,'$dist':0.75},{'id':2,'$dist':0.75}]"},
	    {RANKED("['Sum',[['id','Lt',3],['Decay',['id','Eq',1],{'midpoint':3}]]]"),
	        "{'rows':[{'id':2,'$dist':2.0},{'id':1,'$dist':1.75}]"},
	};
	struct world w = attributes_world();
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

/* Which documents come back, and with which score. */
static void zeros_and_floors(void **state)
{
	static const struct ask asks[] = {
	    {RANKED("['Max',[0.5,['id','Eq',2]]]"), "{'rows':[{'id':2,'$dist':1.0}]"},
	    {RANKED("['Max',[3,['id','Eq',2]]]"), "{'rows':[{'id':2,'$dist':3.0}]"},
	    {RANKED("['Sum',[['id','Lte',2],['Max',[3,['id','Eq',2]]]]]"),
	        "{'rows':[{'id':1,'$dist':4.0},{'id':2,'$dist':4.0}]"},
	    {RANKED("['Product',0,['id','Eq',2]]"), "{'rows':[]"},
	    {RANKED("['Max',[7]]"), "400 💔 Max takes at least one expression"},
	    {RANKED("['Sum',[]]"), "400 💔 Sum takes at least one expression"},
	    {RANKED("['Max',[['Attribute','delta']]]"),
	        "400 rank_by clauses must produce non-negative scores, but an attribute clause on signed "
	        "numeric "
	        "attribute 'delta' was used. Wrap this clause under a ['Max', [0, <clause>]] to fix this."},
	    {RANKED("['Sum',[['Max',[0,['id','Eq',2]]],['Attribute','ratio']]]"),
	        "400 rank_by clauses must produce non-negative scores, but an attribute clause on signed "
	        "numeric "
	        "attribute 'ratio' was used. Wrap this clause under a ['Max', [0, <clause>]] to fix this."},
	};
	struct world w = attributes_world();
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

/* What is outside of f32 counts as its largest number, whole numbers keep all their digits until the end. */
static void extremes(void **state)
{
	static const struct ask asks[] = {
	    {RANKED("['Max',[0,['Attribute','f']]]"),
	        "{'rows':[{'id':1,'$dist':3.4028235e38},{'id':2,'$dist':0.0}]"},
	    {RANKED("['Product',2,['Max',[0,['Sum',[['Attribute','f'],['Attribute','f']]]]]]"),
	        "{'rows':[{'id':1,'$dist':3.4028235e38},{'id':2,'$dist':0.0}]"},
	    {RANKED("['Dist',['Attribute','i'],9223372036854775807]"),
	        "{'rows':[{'id':2,'$dist':1.8446744e19},{'id':1,'$dist':1.0}]"},
	    {RANKED("['Dist',['Attribute','u'],18446744073709551615]"),
	        "{'rows':[{'id':2,'$dist':1.8446744e19},{'id':1,'$dist':1.0}]"},
	    {RANKED("['Saturate',['Dist',['Attribute','f'],0],{'midpoint':1,'exponent':100}]"),
	        "{'rows':[{'id':1,'$dist':1.0},{'id':2,'$dist':1.0}]"},
	};
	struct world w = world_new(ID_UINT, METRIC_NONE, "{'f':'float','i':'int','u':'uint'}",
	    "[{'id':1,'f':1e300,'i':9223372036854775806,'u':18446744073709551614},"
	    "{'id':2,'f':-1e300,'i':-9223372036854775808,'u':0}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

#define MIDPOINT(form, given) "400 💔 the midpoint of " form " must be a positive number, but got '" given "'"
#define TIME_MIDPOINT(given)                                                                                 \
	"400 💔 the midpoint of Decay must be a positive number of milliseconds or a duration like '90s' " \
	"(ms, s, "                                                                                           \
	"m, h, d, w), but got '" given "'"

static void malformed(void **state)
{
	static const struct ask asks[] = {
	    {RANKED("['Attribute','nope']"), "400 💔 rank_by field 'nope' not found in schema"},
	    {RANKED("['Attribute','at']"),
	        "400 💔 Attribute needs an attribute of type int, uint or float, but 'at' is datetime"},
	    {RANKED("['Attribute','many']"),
	        "400 💔 Attribute needs an attribute of type int, uint or float, but 'many' is []int"},
	    {RANKED("['Attribute',1]"), "400 💔 malformed rank_by expression, expected ['Attribute', name]"},
	    {RANKED("['Dist',['Attribute','name'],'x']"),
	        "400 💔 Dist needs an attribute of type int, uint, float or datetime, but 'name' is string"},
	    {RANKED("['Dist',['Attribute','delta'],0.5]"),
	        "400 💔 the origin of Dist must be int as 'delta' is, but got '0.5'"},
	    {RANKED("['Dist',['Attribute','at'],5]"),
	        "400 💔 the origin of Dist must be datetime as 'at' is, but got '5'"},
	    {RANKED("['Dist',['text','BM25','fox'],5]"),
	        "400 💔 malformed rank_by expression, expected ['Dist', ['Attribute', name], origin]"},
	    {RANKED("['Saturate',['Attribute','clicks']]"),
	        "400 💔 malformed rank_by expression, expected ['Saturate', expression, {'midpoint': …}]"},
	    {RANKED("['Saturate',['Attribute','clicks'],100]"),
	        "400 💔 malformed rank_by expression, expected ['Saturate', expression, {'midpoint': …}]"},
	    {RANKED("['Saturate',['Attribute','clicks'],{}]"), MIDPOINT("Saturate", "nothing")},
	    {RANKED("['Saturate',['Attribute','clicks'],{'midpoint':0}]"), MIDPOINT("Saturate", "0")},
	    {RANKED("['Decay',['Attribute','clicks'],{'midpoint':'6h'}]"), MIDPOINT("Decay", "6h")},
	    {RANKED("['Decay',['Dist',['Attribute','at'],'2026-01-01'],{'midpoint':'6 h'}]"),
	        TIME_MIDPOINT("6 h")},
	    {RANKED("['Decay',['Dist',['Attribute','at'],'2026-01-01'],{'midpoint':'h'}]"),
	        TIME_MIDPOINT("h")},
	    {RANKED("['Decay',['Dist',['Attribute','at'],'2026-01-01'],{'midpoint':'1.2.3h'}]"),
	        TIME_MIDPOINT("1.2.3h")},
	    {RANKED("['Decay',['Dist',['Attribute','at'],'2026-01-01'],{'midpoint':'0s'}]"),
	        TIME_MIDPOINT("0s")},
	    {RANKED("['Decay',['Attribute','clicks'],{'midpoint':1,'exponent':'2'}]"),
	        "400 💔 the exponent of Decay must be a positive number, but got '2'"},
	    {RANKED("['Decay',['Attribute','clicks'],{'midpoint':1,'exponent':-1}]"),
	        "400 💔 the exponent of Decay must be a positive number, but got '-1'"},
	    {RANKED("['text','BM25','fox',{'last_as_prefix':1}]"),
	        "400 💔 the options of BM25 are {'last_as_prefix': true or false}"},
	    {RANKED("['text','BM25','fox',{},{}]"),
	        "400 💔 malformed rank_by expression, expected [name, 'BM25', text, options]"},
	    {RANKED("['text','ANN']"), "400 💔 malformed rank_by expression, expected [name, 'ANN', vector]"},
	};
	struct world w = attributes_world();
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

static void last_as_prefix(void **state)
{
	static const struct ask asks[] = {
	    {RANKED("['text','BM25','wal',{'last_as_prefix':true}]"),
	        "{'rows':[{'id':1,'$dist':1.0},{'id':2,'$dist':1.0},{'id':3,'$dist':1.0}]"},
	    {RANKED("['text','BM25','lazy wal',{'last_as_prefix':true}]"),
	        "{'rows':[{'id':2,'$dist':1.6099696},{'id':1,'$dist':1.0},{'id':3,'$dist':1.0},"
	        "{'id':4,'$dist':0.8025914}]"},
	    {RANKED("['text','BM25','lazy wal',{'last_as_prefix':false}]"),
	        "{'rows':[{'id':4,'$dist':0.8025914},{'id':2,'$dist':0.60996956}]"},
	    {RANKED("['text','BM25','wal wal',{'last_as_prefix':true}]"),
	        "{'rows':[{'id':1,'$dist':1.0},{'id':2,'$dist':1.0},{'id':3,'$dist':1.0}]"},
	    {RANKED("['text','BM25','',{'last_as_prefix':true}]"), "{'rows':[]"},
	    {RANKED("['tokens','BM25',['Wal'],{'last_as_prefix':true}]"), "{'rows':[{'id':1,'$dist':1.0}]"},
	    {RANKED("['Product',2,['text','BM25','wal',{'last_as_prefix':true}]]"),
	        "{'rows':[{'id':1,'$dist':2.0},{'id':2,'$dist':2.0},{'id':3,'$dist':2.0}]"},
	    {"{'rank_by':['text','BM25','lazy wal',{'last_as_prefix':true}],'limit':10,"
	     "'filters':['id','In',[4,2,9]]}",
	        "{'rows':[{'id':2,'$dist':1.6099696},{'id':4,'$dist':0.8025914}]"},
	};
	struct world w = world_new(ID_UINT, METRIC_NONE,
	    "{'text':{'type':'string','full_text_search':true},"
	    "'tokens':{'type':'[]string','full_text_search':{'tokenizer':'pre_tokenized_array'}}}",
	    "[{'id':1,'text':'walrus walnut','tokens':['Walrus','a']},{'id':2,'text':'Walnut, lazy'},"
	    "{'id':3,'text':'wall'},{'id':4,'text':'lazy'}]");
	ask_all(&w, asks, COUNT(asks));
	world_free(&w);
}

/* One slot by itself, as each of all. */
static void one_slot(void **state)
{
	struct world w = attributes_world();
	struct refusal r = {.arena = w.arena};
	struct score *s;
	yyjson_val *json =
	    world_json(&w, "['Sum',[['text','BM25','fox "
	                   "o',{'last_as_prefix':true}],['Decay',['Dist',['Attribute','delta'],1],"
	                   "{'midpoint':2}],['name','Eq','x']]]");
	assert_int_equal(score_parse(w.ns, json, "rank_by", w.arena, &s, &r), 0);
	struct scores all = score_slots(w.ns, s, (struct slot_list){.len = w.ns->docs.len}, w.arena);
	for (uint32_t slot = 0; slot < w.ns->docs.len; slot++) {
		struct scores one = score_slots(w.ns, s, (struct slot_list){&slot, 1}, w.arena);
		assert_true(one.at[0] == all.at[slot] && one.rows[0] == all.rows[slot]);
	}
	struct scores first = score_slots(w.ns, s, (struct slot_list){.len = 2}, w.arena);
	assert_true(first.at[1] == all.at[1]);
	world_free(&w);
}

/* Rare words are looked up; what they score is what a pass over all slots gives them. */
static void candidates(void **state)
{
	static const struct {
		const char *rank_by;
		size_t len; /* 0: all */
	} cases[] = {
	    {"['text','BM25','rare']", 3},
	    {"['text','BM25','rare seldom absent']", 6},
	    {"['Sum',[['text','BM25','rare'],['Product',2,['text','BM25','seldom rare']]]]", 6},
	    {"['Max',[1,['Saturate',['text','BM25','seldom'],{'midpoint':1}]]]", 4},
	    {"['text','BM25','absent']", SIZE_MAX},
	    {"['text','BM25','common']", 0},
	    {"['text','BM25','rare common']", 0},
	    {"['text','BM25','rar',{'last_as_prefix':true}]", 0},
	    {"['Sum',[['text','BM25','rare'],['n','Eq',7]]]", 0},
	    {"['Sum',[['text','BM25','rare'],['Max',[0,['Attribute','n']]]]]", 0},
	};
	struct buf rows = buf_new(1 << 20);
	struct refusal r;
	for (int id = 0; id < 1000; id++)
		buf_printf(&rows, "%c{'id':%d,'n':%d,'text':'common%s%s'}", id ? ',' : '[', id, id % 10,
		    id % 400 == 7 ? " rare" : "", id % 300 == 7 ? " seldom" : "");
	buf_lit(&rows, "]");
	buf_byte(&rows, '\0');
	struct world w = world_new(
	    ID_UINT, METRIC_NONE, "{'text':{'type':'string','full_text_search':true},'n':'int'}", rows.ptr);
	r.arena = w.arena;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct score *s;
		struct slot_list all = {.len = w.ns->docs.len};
		yyjson_val *json = world_json(&w, cases[i].rank_by);
		assert_int_equal(score_parse(w.ns, json, "rank_by", w.arena, &s, &r), 0);
		struct slot_list few = score_candidates(w.ns, s, w.arena);
		assert_int_equal(few.at != NULL, cases[i].len != 0);
		assert_int_equal(few.len, cases[i].len == 0          ? all.len
		                          : cases[i].len == SIZE_MAX ? 0
		                                                     : cases[i].len);
		struct scores full = score_slots(w.ns, s, all, w.arena);
		struct scores got = score_slots(w.ns, s, few, w.arena);
		size_t found = 0, there = 0;
		for (size_t slot = 0; slot < all.len; slot++)
			there += full.rows[slot];
		for (size_t k = 0; k < few.len; k++) {
			uint32_t slot = slot_list_get(&few, k);
			assert_true(got.rows[k] == full.rows[slot] && got.at[k] == full.at[slot]);
			found += got.rows[k];
		}
		assert_int_equal(found, there);
	}
	buf_free(&rows);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(attributes),
	    cmocka_unit_test(distances),
	    cmocka_unit_test(bends),
	    cmocka_unit_test(zeros_and_floors),
	    cmocka_unit_test(extremes),
	    cmocka_unit_test(malformed),
	    cmocka_unit_test(last_as_prefix),
	    cmocka_unit_test(one_slot),
	    cmocka_unit_test(candidates),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
