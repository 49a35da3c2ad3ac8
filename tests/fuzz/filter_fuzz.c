/* Filters over documents of every type and schema option. The first byte chooses the kind of the ids, each
 * further line is a filter. What is refused is refused in words; what is accepted gives each document one
 * answer, which agrees with those of the filters that say the same, the opposite or more. */
#include "fuzz.h"

#include "store/filter/filter.h"
#include "store/handlers.h"
#include "json/doc.h"

static const char schema[] =
    "{\"n\":\"int\",\"u\":\"uint\",\"f\":\"float\",\"s\":\"string\",\"b\":\"bool\",\"t\":\"datetime\","
    "\"g\":\"uuid\",\"ns\":\"[]int\",\"us\":\"[]uint\",\"fs\":\"[]float\",\"tags\":\"[]string\","
    "\"bs\":\"[]bool\",\"ts\":\"[]datetime\",\"gs\":\"[]uuid\",\"raw\":\"bytes\","
    "\"sparse\":{\"type\":\"{}f16\",\"sparse_knn\":{\"distance_metric\":\"dot_product\"}},"
    "\"hidden\":{\"type\":\"string\",\"filterable\":false},\"vector\":{\"type\":\"[2]f32\",\"ann\":true},"
    "\"path\":{\"type\":\"string\",\"glob\":true},\"paths\":{\"type\":\"[]string\",\"glob\":true},"
    "\"name\":{\"type\":\"string\",\"fuzzy\":true},\"names\":{\"type\":\"[]string\",\"fuzzy\":true},"
    "\"re\":{\"type\":\"string\",\"regex\":true},\"res\":{\"type\":\"[]string\",\"regex\":true},"
    "\"text\":{\"type\":\"string\",\"filterable\":true,\"full_text_search\":true},"
    "\"stops\":{\"type\":\"string\",\"full_text_search\":{\"remove_stopwords\":true,\"stemming\":true}},"
    "\"texts\":{\"type\":\"[]string\",\"full_text_search\":{\"case_sensitive\":true}},"
    "\"words\":{\"type\":\"[]string\",\"full_text_search\":{\"tokenizer\":\"pre_tokenized_array\","
    "\"case_sensitive\":true}}}";

/* Without their ids. The first has nothing but its vector; the last is deleted again, and leaves a hole. */
static const char *const rows[] = {
    "\"vector\":[1,0]",
    "\"vector\":[1,0],\"n\":5,\"u\":18446744073709551615,\"f\":0.5,\"s\":\"apple\",\"b\":false,"
    "\"t\":\"2024-03-02\",\"g\":\"6f2b4c1e-0000-4000-8000-00000000000a\",\"ns\":[1,9],\"us\":[0,7],"
    "\"fs\":[-0.5,1e300],\"tags\":[\"sea\",\"night\"],\"bs\":[true,false],\"ts\":[\"1969-12-31\"],"
    "\"gs\":[\"6f2b4c1e-0000-4000-8000-00000000000a\"],\"raw\":\"AAE=\",\"sparse\":{\"a\":1},"
    "\"hidden\":\"x\",\"path\":\"src/store/a.c\",\"paths\":[\"x\",\"y.h\"],\"name\":\"Small Pufferfish\","
    "\"names\":[\"harbour\",\"HARBOR\"],\"re\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\","
    "\"res\":[\"x\",\"Élan\"],\"text\":\"night harbour lights\",\"stops\":\"visited a café\","
    "\"texts\":[\"To be\",\"or not\"],\"words\":[\"To\",\"be\"]",
    "\"vector\":[0,1],\"n\":-9223372036854775808,\"u\":0,\"f\":-1e300,\"s\":\"\",\"b\":true,"
    "\"t\":\"2024-03-02T00:00:00.001Z\",\"g\":\"6f2b4c1e-0000-4000-8000-00000000000b\",\"ns\":[],"
    "\"us\":[],\"fs\":[],\"tags\":[],\"bs\":[],\"ts\":[],\"gs\":[],\"raw\":\"\",\"sparse\":{},"
    "\"hidden\":\"\",\"path\":\"\",\"paths\":[],\"name\":\"\",\"names\":[],\"re\":\"\",\"res\":[],"
    "\"text\":\"\",\"stops\":\"\",\"texts\":[],\"words\":[]",
    "\"vector\":[0,1],\"n\":10,\"f\":-1,\"s\":\"straße\",\"tags\":[\"\",\"東京\",\"sea\"],\"ns\":[1,9],"
    "\"path\":\"a/b/[x].txt\",\"paths\":[\"*\",\"a/*\",\"日本\"],\"name\":\"pufferfish are cute\","
    "\"names\":[\"東京東京\",\"\"],\"re\":\"line\\nΣίσυφος 1.5\\n\",\"res\":[\"\",\"ab\\u0000cd\"],"
    "\"text\":\"lights at night, at night: U.S.A. 3.14\",\"stops\":\"the the the\","
    "\"texts\":[\"东京 foo_bar\"],\"words\":[\"be\",\"To\",\"\"]",
    "\"vector\":[1,1],\"n\":5,\"tags\":[\"gone\"],\"text\":\"night\",\"re\":\"a\"",
};
enum { ROWS = sizeof rows / sizeof *rows, KINDS = 3 };

/* By kind, then by row. */
static const char *const ids[KINDS][ROWS] = {
    {"0", "1", "2", "18446744073709551615", "4"},
    {"\"a\"", "\"b\"", "\"ab\"", "\"\xc3\xa9\"", "\"z\""},
    {"\"6f2b4c1e-0000-4000-8000-00000000000a\"", "\"6f2b4c1e-0000-4000-8000-00000000000b\"",
        "\"00000000-0000-4000-8000-000000000000\"", "\"ffffffff-ffff-4fff-bfff-ffffffffffff\"",
        "\"6f2b4c1e-0000-4000-8000-00000000000c\""},
};

static void write_rows(struct store *st, struct arena *a, int kind)
{
	struct buf body = buf_new(1 << 16);
	buf_printf(&body, "{\"distance_metric\":\"cosine_distance\",\"schema\":%s,\"upsert_rows\":[", schema);
	for (int i = 0; i < ROWS; i++)
		buf_printf(&body, "%s{\"id\":%s,%s}", i ? "," : "", ids[kind][i], rows[i]);
	buf_lit(&body, "]}");
	struct store_request req = {
	    .method = SPAN("POST"), .path = SPAN("/v2/namespaces/n"), .body = buf_span(&body), .arena = a};
	struct store_reply reply;
	for (int i = 0; i < 2; i++) {
		store_handle(st, &req, &reply);
		assert(reply.status == 200);
		buf_free(&reply.body);
		req.body = arena_printf(a, "{\"deletes\":[%s]}", ids[kind][ROWS - 1]);
	}
	buf_free(&body);
}

static const struct namespace *world(int kind)
{
	static struct store *stores[KINDS];
	static struct holder *holders[KINDS];
	if (!holders[kind]) {
		struct arena *a = arena_new();
		struct store_report report;
		int rc = store_open(NULL, NULL, a, &stores[kind], &report);
		assert(rc == 0);
		write_rows(stores[kind], a, kind);
		holders[kind] = catalog_take(&stores[kind]->catalog, SPAN("n"), false);
		arena_free(a);
	}
	return holders[kind]->data;
}

/* The documents that pass, a bit for each slot, and in `all` those that there are. */
struct answer {
	int rc;
	bool nested; /* refused as nested too deeply */
	uint64_t passing, all;
};

static uint64_t pass(const struct namespace *ns, struct filter *f, uint64_t *all)
{
	uint64_t passing = 0;
	vec_each (&ns->docs, d) {
		if (!*d)
			continue;
		uint64_t bit = 1ULL << (*d)->slot;
		*all |= bit;
		passing |= filter_match(f, *d) ? bit : 0;
	}
	return passing;
}

/* Ids that a filter names are all that can pass, each once. */
static void check_names(
    const struct namespace *ns, struct arena *a, const struct filter *f, const struct answer *got)
{
	const uint32_t *slots;
	size_t len;
	uint64_t named = 0;
	if (!filter_names_ids(f, ns, a, &slots, &len))
		return;
	for (size_t i = 0; i < len; i++) {
		assert(!(named & 1ULL << slots[i]));
		named |= 1ULL << slots[i];
	}
	assert(!(named & ~got->all) && !(got->passing & ~named));
}

static struct answer ask(const struct namespace *ns, yyjson_val *json)
{
	struct answer got = {0};
	struct arena *a = arena_new();
	struct refusal r = {.arena = a};
	struct filter *f;
	got.rc = filter_parse(ns, json, "filters", a, &f, &r);
	if (got.rc < 0) {
		assert(got.rc == -E_INVALID && (r.status == 400 || r.status == 422) && r.text.len);
		got.nested = span_contains(r.text, SPAN("nested more than"));
	} else {
		assert(filter_looks_like(json));
		got.passing = pass(ns, f, &got.all);
		assert(got.passing == pass(ns, f, &got.all));
		check_names(ns, a, f, &got);
	}
	arena_free(a);
	return got;
}

/* The answer to a filter of this form, in which % stands for `json`. */
static struct answer ask_around(const struct namespace *ns, const char *form, struct span json)
{
	struct arena *a = arena_new();
	struct buf text = buf_new(SIZE_MAX / 2);
	yyjson_val *root;
	for (const char *p = form; *p; p++)
		buf_append(&text, *p == '%' ? json : span_of(p, 1));
	int rc = json_parse(a, buf_span(&text), &root, NULL);
	assert(rc == 0);
	struct answer got = ask(ns, root);
	buf_free(&text);
	arena_free(a);
	return got;
}

static void check_combinations(const struct namespace *ns, struct span json, const struct answer *got)
{
	static const struct {
		const char *form;
		enum { SAME, OPPOSITE, ALL, NONE } answer;
	} forms[] = {
	    {"[\"Not\",%]", OPPOSITE},
	    {"[\"And\",[%,%]]", SAME},
	    {"[\"Or\",[[\"Or\",[]],%]]", SAME},
	    {"[\"Or\",[%,[\"Not\",%]]]", ALL},
	    {"[\"And\",[%,[\"Not\",%]]]", NONE},
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct answer other = ask_around(ns, forms[i].form, json);
		uint64_t expected[] = {got->passing, got->all & ~got->passing, got->all, 0};
		assert(other.rc == got->rc || other.nested);
		assert(other.rc < 0 || other.passing == expected[forms[i].answer]);
	}
}

/* Operators that take what another one takes, and the answers of both. */
static const struct twin {
	struct span op, other;
	enum { IS, IS_NOT, IMPLIES } relation;
} twins[] = {
    {SPAN("Eq"), SPAN("NotEq"), IS_NOT},
    {SPAN("In"), SPAN("NotIn"), IS_NOT},
    {SPAN("Contains"), SPAN("NotContains"), IS_NOT},
    {SPAN("Contains"), SPAN("In"), IS},
    {SPAN("ContainsAny"), SPAN("NotContainsAny"), IS_NOT},
    {SPAN("ContainsAny"), SPAN("In"), IS},
    {SPAN("Glob"), SPAN("NotGlob"), IS_NOT},
    {SPAN("IGlob"), SPAN("NotIGlob"), IS_NOT},
    {SPAN("Lt"), SPAN("Gte"), IS_NOT},
    {SPAN("Lte"), SPAN("Gt"), IS_NOT},
    {SPAN("Lt"), SPAN("Lte"), IMPLIES},
    {SPAN("Gt"), SPAN("Gte"), IMPLIES},
    {SPAN("AnyLt"), SPAN("AnyLte"), IMPLIES},
    {SPAN("AnyGt"), SPAN("AnyGte"), IMPLIES},
    {SPAN("ContainsTokenSequence"), SPAN("ContainsAllTokens"), IMPLIES},
    {SPAN("ContainsAllTokens"), SPAN("ContainsAnyToken"), IMPLIES},
};

static void check_twin(
    const struct namespace *ns, yyjson_val *leaf, const struct twin *twin, const struct answer *got)
{
	yyjson_mut_doc *mut = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *copy = yyjson_val_mut_copy(mut, leaf);
	yyjson_mut_arr_replace(copy, 1, yyjson_mut_strn(mut, twin->other.ptr, twin->other.len));
	yyjson_doc *doc = yyjson_mut_val_imut_copy(copy, NULL);
	struct answer other = ask(ns, yyjson_doc_get_root(doc));
	assert(other.rc == 0);
	if (twin->relation == IMPLIES)
		assert((got->passing & ~other.passing) == 0);
	else
		assert(other.passing == (twin->relation == IS ? got->passing : got->all & ~got->passing));
	yyjson_doc_free(doc);
	yyjson_mut_doc_free(mut);
}

static void check_twins(const struct namespace *ns, yyjson_val *json, const struct answer *got)
{
	struct span op = json_span(yyjson_arr_get(json, 1));
	for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
		if (span_eq(twins[i].op, op))
			check_twin(ns, json, &twins[i], got);
	}
}

static void one(const struct namespace *ns, struct span line)
{
	struct arena *a = arena_new();
	yyjson_val *json;
	if (json_parse(a, line, &json, NULL) == 0) {
		struct answer got = ask(ns, json);
		check_combinations(ns, line, &got);
		if (got.rc == 0)
			check_twins(ns, json, &got);
	}
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const struct namespace *ns = world(data[0] % KINDS);
	struct span rest = span_of((const char *)data + 1, size - 1);
	while (rest.len) {
		struct span line = span_cut(&rest, '\n');
		if (line.len)
			one(ns, line);
	}
	return 0;
}
