#include "store/filter/filter.h"
#include "world.h"

static struct world world;

/* Ids that pass, as digits; or the refusal. */
static const char *passing(const char *filter)
{
	struct refusal r = {.arena = world.arena};
	struct filter *f;
	if (filter_parse(world.ns, world_json(&world, filter), "filters", world.arena, &f, &r) < 0) {
		struct span text = arena_printf(world.arena, "%d %.*s", r.status, SPAN_FMT(r.text));
		return text.ptr;
	}
	struct buf ids = buf_new(1000);
	vec_each (&world.ns->docs, d) {
		if (filter_match(f, *d))
			buf_u64(&ids, id_uint((*d)->id));
	}
	const char *ret = arena_str(world.arena, buf_span(&ids));
	buf_free(&ids);
	return ret;
}

static int make_world(void **state)
{
	world = world_new(ID_UINT, METRIC_COSINE,
	    "{'n':'int','u':'uint','f':'float','s':'string','b':'bool','t':'datetime','g':'uuid',"
	    "'tags':'[]string','ns':'[]int','hidden':{'type':'string','filterable':false},"
	    "'raw':'bytes','vector':{'type':'[2]f32','ann':true},"
	    "'path':{'type':'string','glob':true},'paths':{'type':'[]string','glob':true},"
	    "'name':{'type':'string','fuzzy':true},'res':{'type':'[]string','regex':true},"
	    "'text':{'type':'string','full_text_search':true},"
	    "'stops':{'type':'string','full_text_search':{'remove_stopwords':true}},"
	    "'words':{'type':'[]string','full_text_search':{'tokenizer':'pre_tokenized_array',"
	    "'case_sensitive':true}}}",
	    "[{'id':1,'vector':[1,0]},"
	    "{'id':2,'n':5,'u':18446744073709551615,'f':0.5,'s':'apple','b':false,"
	    "'t':'2024-03-02T00:00:00Z','g':'6F2B4C1E-0000-4000-8000-00000000000A','tags':['sea','night'],"
	    "'ns':[1,9],'path':'src/store/a.c','paths':['x','y.h'],'res':['x','Élan'],'name':'Small "
	    "Pufferfish',"
	    "'text':'night harbour lights','stops':'visited a café','words':['To','be'],'vector':[1,0]},"
	    "{'id':3,'n':10,'u':7,'f':-1,'s':'bear','b':true,'t':'2024-03-02T00:00:00.001Z',"
	    "'g':'6f2b4c1e-0000-4000-8000-00000000000b','tags':[],'ns':[],'path':'a.c','paths':[],"
	    "'name':'pufferfish are cute','text':'lights at night','stops':'visited café',"
	    "'words':['be','To'],'vector':[0,1]}]");
	return 0;
}

static int end_world(void **state)
{
	world_free(&world);
	return 0;
}

static const struct {
	const char *filter, *ids;
} matches[] = {
    /* Each operator, with the missing attribute of document 1. */
    {"['n','Eq',5]", "2"},
    {"['n','Eq',null]", "1"},
    {"['n','NotEq',5]", "13"},
    {"['n','NotEq',null]", "23"},
    {"['n','In',[5,6]]", "2"},
    {"['n','In',[]]", ""},
    {"['n','NotIn',[5,6]]", "13"},
    {"['n','Lt',5]", "1"},
    {"['n','Lte',5]", "12"},
    {"['n','Gt',5]", "3"},
    {"['n','Gte',5]", "23"},
    {"['n','Gt',null]", "23"},
    {"['n','Gte',null]", "123"},
    {"['n','Lt',null]", ""},
    {"['n','Lte',null]", "1"},
    {"['tags','Contains','sea']", "2"},
    {"['tags','NotContains','sea']", "13"},
    {"['tags','ContainsAny',['x','night']]", "2"},
    {"['tags','NotContainsAny',['x','night']]", "13"},
    {"['tags','In',['x','sea']]", "2"},
    {"['tags','In','sea']", "2"},
    {"['tags','NotIn',['sea']]", "13"},
    {"['tags','Eq',['sea','night']]", "2"},
    {"['tags','Eq',['night','sea']]", ""},
    {"['tags','Eq',[]]", "3"},
    {"['tags','NotEq',[]]", "12"},
    {"['tags','Eq',null]", "1"},
    {"['ns','AnyLt',1]", ""},
    {"['ns','AnyLte',1]", "2"},
    {"['ns','AnyGt',8]", "2"},
    {"['ns','AnyGte',9]", "2"},
    {"['ns','AnyGt',9]", ""},
    {"['ns','Gt',null]", "23"},
    /* Every type. */
    {"['u','Eq',18446744073709551615]", "2"},
    {"['u','Gt',7]", "2"},
    {"['f','Lt',0]", "13"},
    {"['f','Eq',-1]", "3"},
    {"['s','Gt','apple']", "3"},
    {"['s','Lt','b']", "12"},
    {"['b','Lt',true]", "12"},
    {"['b','Eq',true]", "3"},
    {"['t','Eq','2024-03-02']", "2"},
    {"['t','Gt','2024-03-02T00:00:00.0009Z']", "3"},
    {"['t','Eq','2024-03-02T01:00:00+01:00']", "2"},
    {"['g','Eq','urn:uuid:6f2b4c1e-0000-4000-8000-00000000000a']", "2"},
    {"['g','In',['6F2B4C1E00004000800000000000000B']]", "3"},
    {"['id','Eq',2]", "2"},
    {"['id','Gt',1]", "23"},
    {"['id','NotIn',[1,3]]", "2"},
    {"['id','Eq',null]", ""},
    {"['id','NotEq',null]", "123"},
    {"['hidden','Fuzzy','x',{}]",
        "400 filter error in key `hidden`: Fuzzy needs an attribute of type string or "
        "[]string with `fuzzy` enabled"},
    /* Combinations. */
    {"['And',[['n','Gt',4],['s','Eq','apple']]]", "2"},
    {"['Or',[['n','Eq',10],['s','Eq','apple']]]", "23"},
    {"['Not',['n','Eq',5]]", "13"},
    {"['Not',['Not',['n','Eq',5]]]", "2"},
    {"['Not',['n','Lt',5]]", "23"},
    {"['Not',['And',[['n','Gt',4],['s','Eq','apple']]]]", "13"},
    {"['And',[]]", "123"},
    {"['Or',[]]", ""},
    /* Patterns. */
    {"['path','Glob','*.c']", "23"},
    {"['path','Glob','**/a.c']", "23"},
    {"['path','Glob','src/*/a.?']", "2"},
    {"['path','NotGlob','src/**']", "13"},
    {"['path','IGlob','SRC/{store,x}/*']", "2"},
    {"['path','NotIGlob','SRC/*']", "13"},
    {"['res','Regex','(?i)^é']", "2"},
    {"['res','Regex','^y']", ""},
    {"['Not',['res','Regex','l.n$']]", "13"},
    {"['paths','Glob','*.h']", "2"},
    {"['paths','NotGlob','*.h']", "13"},
    {"['s','Glob','[a-b]*']", "23"},
    {"['name','Fuzzy','pufferfsh',{'max_edit_distance':[{'min_query_chars':6,'distance':1}],"
     "'case_sensitive':false}]",
        "23"},
    {"['name','Fuzzy','pufferfsh',{'max_edit_distance':[{'min_query_chars':6,'distance':1}]}]", "3"},
    {"['name','Fuzzy','puff',{'max_edit_distance':[{'min_query_chars':6,'distance':1}]}]", ""},
    {"['name','Fuzzy','cute',{'max_edit_distance':[{'min_query_chars':3,'distance':0},"
     "{'min_query_chars':6,'distance':1}]}]",
        "3"},
    /* Tokens. */
    {"['text','ContainsAllTokens','Lights NIGHT']", "23"},
    {"['text','ContainsAllTokens','lights harbour']", "2"},
    {"['text','ContainsAllTokens','lights sea']", ""},
    {"['text','ContainsAllTokens','...']", ""},
    {"['text','ContainsAllTokens',['lights','harbour']]", "2"},
    {"['text','ContainsAllTokens','night harb',{'last_as_prefix':true}]", "2"},
    {"['text','ContainsAnyToken','at harbour']", "23"},
    {"['text','ContainsAnyToken','sea']", ""},
    {"['text','ContainsTokenSequence','harbour lights']", "2"},
    {"['text','ContainsTokenSequence','night harbour lights']", "2"},
    {"['text','ContainsTokenSequence','at night']", "3"},
    {"['text','ContainsTokenSequence','lights harbour']", ""},
    {"['text','ContainsTokenSequence','lights at ni',{'last_as_prefix':true}]", "3"},
    {"['stops','ContainsTokenSequence','visited the café']", "2"},
    {"['stops','ContainsTokenSequence','visited café']", "3"},
    {"['words','ContainsTokenSequence',['To','be']]", "2"},
    {"['words','ContainsAllTokens',['be']]", "23"},
    {"['Not',['text','ContainsAnyToken','harbour']]", "13"},
};

static const struct {
	const char *filter, *error;
} refused[] = {
    {"['nope','Eq',1]", "400 filter error in key `nope`: attribute not found in schema"},
    {"['hidden','Eq','x']", "400 filter error in key `hidden`: attribute isn't filterable"},
    {"['text','Eq','x']", "400 filter error in key `text`: attribute isn't filterable"},
    {"['vector','Eq',null]", "400 filter error in key `vector`: attribute isn't filterable"},
    {"['raw','Eq',null]", "400 filter error in key `raw`: attribute isn't filterable"},
    {"['s','Eq',1]", "400 filter error in key `s`: type mismatch, Eq expects string, but got '1'"},
    {"['n','Eq',1.5]", "400 filter error in key `n`: type mismatch, Eq expects int, but got '1.5'"},
    {"['u','Gt',-1]", "400 filter error in key `u`: type mismatch, Gt expects uint, but got '-1'"},
    {"['t','Lt','soon']", "400 filter error in key `t`: type mismatch, Lt expects datetime, but got 'soon'"},
    {"['n','In',[1,null]]",
        "400 filter error in key `n`: type mismatch, In expects int or []int, but got '[1,null]'"},
    {"['g','In',['x']]",
        "400 filter error in key `g`: type mismatch, In expects uuid or []uuid, but got '[\"x\"]'"},
    {"['id','Eq','1']", "400 filter error in key `id`: type mismatch, Eq expects uint, but got '1'"},
    {"['tags','ContainsAny','sea']",
        "400 filter error in key `tags`: type mismatch, ContainsAny expects []string, but got 'sea'"},
    {"['tags','NotContainsAny',[1]]",
        "400 filter error in key `tags`: type mismatch, NotContainsAny expects []string, but got '[1]'"},
    {"['tags','Contains',['sea']]",
        "400 filter error in key `tags`: type mismatch, Contains expects string, but got '[\"sea\"]'"},
    {"['tags','NotContains',null]",
        "400 filter error in key `tags`: type mismatch, NotContains expects string, but got 'null'"},
    {"['tags','Eq','sea']",
        "400 filter error in key `tags`: type mismatch, Eq expects []string, but got 'sea'"},
    {"['ns','Gt',1]", "400 filter error in key `ns`: Gt needs a scalar attribute, but its type is []int"},
    {"['n','AnyGt',1]", "400 filter error in key `n`: AnyGt needs an array attribute, but its type is int"},
    {"['n','Eq',1,2]", "400 filter error in key `n`: Eq takes one operand, but got 2 elements after the "
                       "attribute and operator"},
    {"['s','Regex','a+']",
        "400 filter error in key `s`: Regex needs an attribute of type string or []string with `regex` "
        "enabled"},
    {"['res','Regex','a(?=b)']",
        "400 filter error in key `res`: invalid regex pattern at byte 1: only the groups (?:…), (?<name>…), "
        "(?P<name>…) and the flags imsU are supported"},
    {"['res','Regex',1]", "400 filter error in key `res`: type mismatch, Regex expects string, but got '1'"},
    {"['path','Glob','[a']",
        "400 filter error in key `path`: invalid glob pattern: unclosed character class; missing ']'"},
    {"['words','ContainsAllTokens','be']",
        "400 filter error in key `words`: type mismatch, ContainsAllTokens expects []string, but got 'be'"},
    {"['s','ContainsAnyToken','x']",
        "400 filter error in key `s`: ContainsAnyToken needs an attribute of type string or []string with "
        "`full_text_search` enabled"},
    {"['name','Fuzzy','pufferfish',{'max_edit_distance':[{'min_query_chars':5,'distance':1}]}]",
        "400 filter error in key `name`: max_edit_distance: distance 1 needs min_query_chars of at least 6"},
    {"['name','Fuzzy','pufferfish',{'max_edit_distance':[{'min_query_chars':50,'distance':3}]}]",
        "400 filter error in key `name`: max_edit_distance: distance must be 0, 1 or 2"},
    {"['name','Fuzzy','pufferfish',{}]",
        "400 filter error in key `name`: Fuzzy requires `max_edit_distance`, a list of thresholds"},
};

#define SHAPE "422 Failed to deserialize the JSON body into the target type: filters: "

static const char *const misshapen[] = {
    "'n'",
    "{}",
    "[]",
    "['n']",
    "['n','Eq']",
    "['And','x']",
    "['And',[1]]",
    "['Not',1]",
    "[1,'Eq',2]",
    "['n','In',[1,'a']]",
    "['n','In',[[1]]]",
    "['n','In',[{}]]",
};

static void every_operator_and_null_rule(void **state)
{
	for (size_t i = 0; i < COUNT(matches); i++) {
		if (strcmp(passing(matches[i].filter), matches[i].ids) != 0)
			fail_msg("%s: got \"%s\", want \"%s\"", matches[i].filter, passing(matches[i].filter),
			    matches[i].ids);
	}
}

static void refusals(void **state)
{
	for (size_t i = 0; i < COUNT(refused); i++)
		assert_string_equal(passing(refused[i].filter), refused[i].error);
	for (size_t i = 0; i < COUNT(misshapen); i++) {
		if (!span_starts(span_str(passing(misshapen[i])), SPAN(SHAPE)))
			fail_msg("%s: got \"%s\"", misshapen[i], passing(misshapen[i]));
	}
	assert_string_equal(passing("['n','Near',1]"), SHAPE "unknown filter operator `Near`");
}

static void depth_is_bounded(void **state)
{
	struct buf text = buf_new(1 << 20);
	for (int i = 0; i < 5000; i++)
		buf_lit(&text, "['Not',");
	buf_lit(&text, "['n','Eq',1]");
	for (int i = 0; i < 5000; i++)
		buf_lit(&text, "]");
	assert_string_equal(
	    passing(arena_str(world.arena, buf_span(&text))), "400 filters are nested more than 64 deep");
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_operator_and_null_rule),
	    cmocka_unit_test(refusals),
	    cmocka_unit_test(depth_is_bounded),
	};
	return cmocka_run_group_tests(tests, make_world, end_world);
}
