#include "store_kit.h"

#define WRITE  "POST /v2/namespaces/n"
#define SCHEMA "POST /v1/namespaces/n/schema"
#define DIM1   "\"upsert_rows\":[{\"id\":1,\"v\":[1]}]"

#define TEXT_DEFAULTS                                                                                        \
	"{\"k1\":1.2,\"k3\":8.0,\"b\":0.75,\"language\":\"english\",\"stemming\":false,\"max_token_"         \
	"length\":39,"                                                                                       \
	"\"remove_stopwords\":false,\"ascii_folding\":false,\"case_sensitive\":false,\"tokenizer\":\"word_"  \
	"v4\"}"

/* Creating a namespace that has a vector: the members around it, and what comes of it. */
static const struct {
	const char *body;
	int status;
	const char *text;
} creations[] = {
    {"{\"upsert_rows\":[{\"id\":1,\"vector\":[1]}]}", 400,
        "💔 distance_metric must be specified for write to namespace with a vector"},
    {"{" DIM1 ",\"schema\":{\"v\":{\"type\":\"[1]f32\",\"ann\":true}}}", 400,
        "💔 distance_metric must be specified for write to namespace with a vector"},
    {"{" DIM1 ",\"schema\":{\"v\":{\"type\":\"[1]f32\",\"ann\":{\"distance_metric\":\"cosine_distance\"}}}}",
        400,
        "💔 `distance_metric` must be specified as a field at the top level of the write request, not in the "
        "`ann` "
        "configuration for an attribute"},
    {"{" DIM1
     ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":{\"type\":\"[1]f32\",\"ann\":true}}}",
        200, "OK"},
    {"{" DIM1 ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":{\"type\":\"[1]f32\",\"ann\":{}}}}",
        200, "OK"},
    {"{" DIM1 ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":{\"type\":\"[1]f32\",\"ann\":{"
     "\"distance_metric\":\"cosine_distance\"}}}}",
        200, "OK"},
    {"{" DIM1 ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":{\"type\":\"[1]f32\",\"ann\":{"
     "\"distance_metric\":null,\"x\":1}}}}",
        200, "OK"},
    {"{" DIM1 ",\"distance_metric\":\"euclidean\",\"schema\":{\"v\":{\"type\":\"[1]f32\",\"ann\":true}}}",
        200, "OK"},
    {"{" DIM1 ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":{\"type\":\"[1]f32\",\"ann\":{"
     "\"distance_metric\":\"euclidean_squared\"}}}}",
        400, "💔 distance metric mismatch, expected cosine_distance, got euclidean_squared"},
    {"{" DIM1 ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":{\"type\":\"[1]f32\",\"ann\":{"
     "\"distance_metric\":\"bad\"}}}}",
        422, "schema.v.ann.distance_metric: unknown variant `bad`"},
    {"{" DIM1 ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":\"[1]f32\"}}", 400,
        "💔 vector attribute 'v' must have ann:true"},
    {"{\"upsert_rows\":[{\"id\":1,\"vector\":[1]}],\"distance_metric\":\"cosine_distance\",\"schema\":{"
     "\"vector\":{"
     "\"type\":\"[1]f32\",\"ann\":false}}}",
        400, "💔 the `vector` attribute must have `ann` set to `true`"},
    {"{\"upsert_rows\":[{\"id\":1}],\"schema\":{\"s\":{\"type\":\"string\",\"ann\":true}}}", 400,
        "attribute 's' is not a vector and cannot have ann"},
    {"{\"upsert_rows\":[{\"id\":1}],\"schema\":{\"s\":{\"type\":\"string\",\"ann\":false}}}", 200, "OK"},
    {"{" DIM1
     ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":{\"type\":\"[10753]f32\",\"ann\":true}}}",
        400, "has 10753 dimensions, the limit is 10752"},
    {"{" DIM1
     ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":{\"type\":\"[1]f16\",\"ann\":true}}}",
        200, "OK"},
    {"{" DIM1
     ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":{\"type\":\"[1]i8\",\"ann\":true}}}",
        400, "type [1]i8 of attribute 'v' is not supported by this local store yet"},
    {"{" DIM1 ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":\"[1]f16\"}}", 400,
        "💔 vector attribute 'v' must have ann:true"},
    {"{" DIM1
     ",\"distance_metric\":\"cosine_distance\",\"schema\":{\"v\":{\"type\":\"[1]f64\",\"ann\":true}}}",
        422, "unknown attribute type `[1]f64`"},
    {"{\"upsert_rows\":[{\"id\":1}],\"schema\":{\"v\":{\"type\":\"[][4]f32\"}}}", 400,
        "type [][4]f32 of attribute 'v'"},
    {"{\"upsert_rows\":[{\"id\":1}],\"schema\":{\"v\":{\"type\":\"string\",\"embed\":\"m\"}}}", 400,
        "`schema.v.embed` is not supported"},
};

static void vector_creation(void **state)
{
	for (size_t i = 0; i < COUNT(creations); i++) {
		struct kit k = kit_open(NULL);
		kit_expect(&k, WRITE, creations[i].body, creations[i].status, creations[i].text);
		kit_close(&k);
	}
}

/* One attribute `a`, declared so in the write that creates the namespace. */
static const struct {
	const char *definition;
	int status;
	const char *text; /* in the schema route's answer if 200, else in the write's */
} definitions[] = {
    {"\"string\"", 200, "\"a\":{\"type\":\"string\",\"filterable\":true,\"full_text_search\":null}"},
    {"{\"type\":\"[]datetime\",\"x\":1}", 200, "\"a\":{\"type\":\"[]datetime\",\"filterable\":true,"},
    {"{\"type\":\"bytes\"}", 200, "\"a\":{\"type\":\"bytes\",\"filterable\":false,"},
    {"{\"type\":\"string\",\"full_text_search\":true}", 200,
        "\"a\":{\"type\":\"string\",\"filterable\":false,\"full_text_search\":" TEXT_DEFAULTS "}"},
    {"{\"type\":\"[]string\",\"full_text_search\":{},\"filterable\":true}", 200,
        "\"filterable\":true,\"full_text_search\":" TEXT_DEFAULTS},
    {"{\"type\":\"string\",\"full_text_search\":{\"k1\":1,\"k3\":2.5,\"b\":0,\"language\":\"dutch\",\"max_"
     "token_length\":"
     "255,\"ascii_folding\":true,\"case_sensitive\":true,\"tokenizer\":\"word_v1\"}}",
        200,
        "{\"k1\":1.0,\"k3\":2.5,\"b\":0.0,\"language\":\"dutch\",\"stemming\":false,\"max_token_length\":255,"
        "\"remove_stopwords\":false,\"ascii_folding\":true,\"case_sensitive\":true,\"tokenizer\":\"word_"
        "v1\"}"},
    {"{\"type\":\"string\",\"full_text_search\":{\"remove_stopwords\":true}}", 200,
        "\"remove_stopwords\":true"},
    {"{\"type\":\"[]string\",\"full_text_search\":{\"tokenizer\":\"pre_tokenized_array\"}}", 200,
        "\"tokenizer\":\"pre_tokenized_array\""},
    {"{\"type\":\"string\",\"regex\":true,\"glob\":false,\"fuzzy\":true}", 200,
        "\"a\":{\"type\":\"string\",\"filterable\":false,\"full_text_search\":null,\"regex\":true,\"fuzzy\":"
        "true}"},
    {"{\"type\":\"string\",\"glob\":true,\"filterable\":true}", 200, "\"filterable\":true"},

    {"{\"type\":\"{}f16\",\"sparse_knn\":{\"distance_metric\":\"dot_product\"},\"filterable\":false}", 200,
        "\"a\":{\"type\":\"{}f16\",\"filterable\":null,\"full_text_search\":null}"},

    {"\"{}f16\"", 400, "sparse vector attribute 'a' must have sparse_knn"},
    {"\"{}f32\"", 422, "unknown attribute type"},
    {"{\"type\":\"{}f16\",\"sparse_knn\":{}}", 422, "schema.a.sparse_knn: missing field `distance_metric`"},
    {"{\"type\":\"{}f16\",\"sparse_knn\":true}", 422,
        "schema.a.sparse_knn: invalid type: boolean `true`, expected struct SparseKnn"},
    {"{\"type\":\"{}f16\",\"sparse_knn\":{\"distance_metric\":\"cosine_distance\"}}", 422,
        "schema.a.sparse_knn.distance_metric: unknown variant `cosine_distance`, expected `dot_product`"},
    {"{\"type\":\"string\",\"sparse_knn\":{\"distance_metric\":\"dot_product\"}}", 400,
        "attribute 'a' is not a sparse vector and cannot have sparse_knn"},
    {"{\"type\":\"{}f16\",\"sparse_knn\":{\"distance_metric\":\"dot_product\"},\"filterable\":true}", 400,
        "attribute 'a' cannot be filterable"},
    {"{\"type\":\"{}f16\",\"sparse_knn\":{\"distance_metric\":\"dot_product\"},\"ann\":true}", 400,
        "attribute 'a' is not a vector and cannot have ann"},
    {"{\"filterable\":true}", 422, "schema.a: missing field `type`"},
    {"7", 422, "schema.a: invalid type: integer `7`"},
    {"\"text\"", 422, "schema.a: unknown attribute type `text`"},
    {"\"[]bytes\"", 422, "unknown attribute type"},
    {"\"[0]f32\"", 422, "unknown attribute type"},
    {"{\"type\":\"string\",\"filterable\":1}", 422,
        "schema.a.filterable: invalid type: integer `1`, expected a boolean"},
    {"{\"type\":\"bytes\",\"filterable\":true}", 400, "attribute 'a' cannot be filterable"},
    {"{\"type\":\"int\",\"full_text_search\":true}", 400, "only string and []string attributes"},
    {"{\"type\":\"int\",\"regex\":true}", 400, "glob, regex and fuzzy need the type string"},
    {"{\"type\":\"string\",\"full_text_search\":{\"tokenizer\":\"word_v9\"}}", 422,
        "schema.a.full_text_search.tokenizer: unknown variant `word_v9`"},
    {"{\"type\":\"string\",\"full_text_search\":{\"language\":\"klingon\"}}", 422,
        "schema.a.full_text_search.language: unknown variant `klingon`"},
    {"{\"type\":\"string\",\"full_text_search\":{\"k1\":0}}", 400, "k1 is out of range"},
    {"{\"type\":\"string\",\"full_text_search\":{\"k3\":-1}}", 400, "k3 is out of range"},
    {"{\"type\":\"string\",\"full_text_search\":{\"b\":1.1}}", 400, "b is out of range"},
    {"{\"type\":\"string\",\"full_text_search\":{\"max_token_length\":0}}", 400,
        "max_token_length is out of range"},
    {"{\"type\":\"string\",\"full_text_search\":{\"max_token_length\":256}}", 400,
        "max_token_length is out of range"},
    {"{\"type\":\"string\",\"full_text_search\":{\"max_token_length\":1.5}}", 400,
        "max_token_length is not an integer"},
    {"{\"type\":\"string\",\"full_text_search\":{\"stemming\":true,\"language\":\"tamil\"}}", 200,
        "\"language\":\"tamil\",\"stemming\":true,"},
    {"{\"type\":\"string\",\"full_text_search\":{\"stemming\":true,\"case_sensitive\":true}}", 400,
        "stemming needs case_sensitive to be false"},
    {"{\"type\":\"string\",\"full_text_search\":{\"remove_stopwords\":true,\"language\":\"tamil\"}}", 400,
        "remove_stopwords is not available for the language tamil"},
    {"{\"type\":\"string\",\"full_text_search\":{\"remove_stopwords\":true,\"language\":\"german\"}}", 400,
        "`remove_stopwords for the language german` is not supported"},
    {"{\"type\":\"string\",\"full_text_search\":{\"tokenizer\":\"pre_tokenized_array\"}}", 400,
        "needs the type []string"},
    {"{\"type\":\"[]string\",\"full_text_search\":{\"tokenizer\":\"pre_tokenized_array\",\"language\":"
     "\"english\"}}",
        400, "language cannot be used"},
};

static void declaration(void **state)
{
	for (size_t i = 0; i < COUNT(definitions); i++) {
		struct kit k = kit_open(NULL);
		char body[1024];
		snprintf(body, sizeof body, "{\"upsert_rows\":[{\"id\":1}],\"schema\":{\"a\":%s}}",
		    definitions[i].definition);
		bool fine = definitions[i].status == 200;
		kit_expect(&k, WRITE, body, definitions[i].status, fine ? "OK" : definitions[i].text);
		if (fine)
			kit_expect(&k, "GET /v1/namespaces/n/schema", "", 200, definitions[i].text);
		kit_close(&k);
	}
}

/* Updates of a namespace in which `rank` is uint and `text` has full-text search, one after the other. */
static const struct {
	const char *update;
	int status;
	const char *text;
} updates[] = {
    {"{\"rank\":\"string\"}", 400,
        "{\"status\":\"error\",\"error\":\"🙅 invalid schema update for attribute 'rank': cannot change "
        "attribute type "
        "from uint to string\",\"attribute\":\"rank\"}"},
    {"{\"id\":\"string\"}", 400, "invalid schema update for attribute 'id'"},
    {"{\"id\":{\"type\":\"uint\"}}", 200, "\"id\":{\"type\":\"uint\""},
    {"{\"new\":\"float\"}", 200, "\"new\":{\"type\":\"float\",\"filterable\":true"},
    {"{\"rank\":{\"type\":\"uint\",\"filterable\":false}}", 200,
        "\"rank\":{\"type\":\"uint\",\"filterable\":false"},
    {"{\"rank\":{\"type\":\"uint\"}}", 200, "\"rank\":{\"type\":\"uint\",\"filterable\":false"},
    {"{\"text\":{\"type\":\"string\",\"full_text_search\":{\"k1\":2}}}", 200, "{\"k1\":2.0,\"k3\":8.0"},
    {"{\"text\":{\"type\":\"string\",\"full_text_search\":{\"b\":1}}}", 200,
        "{\"k1\":2.0,\"k3\":8.0,\"b\":1.0"},
    {"{\"text\":{\"type\":\"string\",\"filterable\":true,\"fuzzy\":true}}", 200, "\"k1\":2.0"},
    {"{\"text\":\"string\"}", 200,
        "\"text\":{\"type\":\"string\",\"filterable\":true,\"full_text_search\":null}"},
    {"{\"text\":{\"type\":\"string\",\"full_text_search\":true}}", 200, TEXT_DEFAULTS},
    {"{\"text\":{\"type\":\"string\",\"full_text_search\":false}}", 200, "\"full_text_search\":null"},
    {"{\"vector\":{\"type\":\"[2]f32\",\"ann\":true}}", 400,
        "Vector provided for namespace without vector attribute"},
    {"[]", 422, "invalid type: sequence, expected a map"},
};

static void update(void **state)
{
	struct kit k = kit_open(NULL);
	kit_expect(&k, SCHEMA, "{}", 404, "🤷 namespace 'n' was not found");
	kit_expect(&k, WRITE,
	    "{\"upsert_rows\":[{\"id\":1,\"rank\":3,\"text\":\"sea "
	    "shells\"}],\"schema\":{\"rank\":\"uint\",\"text\":{"
	    "\"type\":\"string\",\"full_text_search\":true}}}",
	    200, "OK");
	for (size_t i = 0; i < COUNT(updates); i++)
		kit_expect(&k, SCHEMA, updates[i].update, updates[i].status, updates[i].text);
	kit_close(&k);
}

/* An index that is switched on later covers what was written before. */
static void index_appears_at_once(void **state)
{
	static const char search[] = "{\"rank_by\":[\"text\",\"BM25\",\"Shells\"],\"limit\":3}";
	struct kit k = kit_open(NULL);
	kit_expect(&k, WRITE,
	    "{\"upsert_rows\":[{\"id\":1,\"text\":\"sea\"},{\"id\":2,\"text\":\"shells\"}]}", 200, "OK");
	kit_expect(&k, SCHEMA, "{\"text\":{\"type\":\"string\",\"full_text_search\":true}}", 200, "k1");
	kit_expect(&k, "POST /v2/namespaces/n/query", search, 200, "\"id\":2");
	kit_expect(&k, SCHEMA,
	    "{\"text\":{\"type\":\"string\",\"full_text_search\":{\"case_sensitive\":true}}}", 200, "k1");
	kit_expect(&k, "POST /v2/namespaces/n/query", search, 200, "\"rows\":[]");
	kit_expect(&k, SCHEMA,
	    "{\"text\":{\"type\":\"string\",\"full_text_search\":{\"case_sensitive\":false,\"stemming\":true}"
	    "}}",
	    200, "k1");
	kit_expect(&k, "POST /v2/namespaces/n/query",
	    "{\"rank_by\":[\"text\",\"BM25\",\"shelling\"],\"limit\":3}", 200, "\"id\":2");
	kit_expect(&k, SCHEMA,
	    "{\"text\":{\"type\":\"string\",\"full_text_search\":{\"language\":\"dutch\"}}}", 200,
	    "\"language\":\"dutch\",\"stemming\":true");
	kit_expect(&k, "POST /v2/namespaces/n/query",
	    "{\"rank_by\":[\"text\",\"BM25\",\"shelling\"],\"limit\":3}", 200, "\"rows\":[]");
	kit_close(&k);
}

/* Eight vector columns of both widths; a ninth is refused. */
static void vector_columns(void **state)
{
	struct kit k = kit_open(NULL);
	struct buf body = buf_new(4096);
	for (int columns = 9; columns >= 8; columns--) {
		buf_clear(&body);
		buf_lit(&body, "{\"distance_metric\":\"euclidean_squared\",\"upsert_rows\":[{\"id\":1");
		for (int i = 0; i < columns; i++)
			buf_printf(&body, ",\"v%d\":[%d]", i, i);
		buf_lit(&body, "}],\"schema\":{");
		for (int i = 0; i < columns; i++)
			buf_printf(&body, "%s\"v%d\":{\"type\":\"[1]f%d\",\"ann\":true}", i ? "," : "", i,
			    i % 2 ? 16 : 32);
		buf_lit(&body, "}}");
		buf_byte(&body, '\0');
		kit_expect(&k, WRITE, body.ptr, columns == 8 ? 200 : 400,
		    columns == 8 ? "\"billable_logical_bytes_written\":32" : "at most 8 vector attributes");
	}
	kit_expect(&k, "GET /v1/namespaces/n/schema", "", 200,
	    "\"v1\":{\"type\":\"[1]f16\",\"ann\":true,\"filterable\":null,\"full_text_search\":null}");
	kit_expect(&k, "GET /v2/namespaces/n/metadata", "", 200,
	    "\"v7\":{\"type\":\"[1]f16\",\"ann\":{\"distance_metric\":\"euclidean_squared\"}}");
	kit_expect(&k, SCHEMA, "{\"v1\":{\"type\":\"[1]f32\",\"ann\":true}}", 400,
	    "cannot change attribute type from [1]f16 to [1]f32");
	kit_expect(&k, "POST /v2/namespaces/n/query", "{\"rank_by\":[\"v7\",\"ANN\",[4]],\"limit\":1}", 200,
	    "\"$dist\":9.0");
	buf_free(&body);
	kit_close(&k);
}

/* The two read shapes, and the eight keys of metadata. */
static void read_shapes(void **state)
{
	struct kit k = kit_open(NULL);
	kit_expect(&k, WRITE,
	    "{\"upsert_rows\":[{\"id\":\"a\",\"vector\":[1,2],\"b\":[true]}],\"distance_metric\":\"euclidean_"
	    "squared\"}",
	    200, "OK");
	kit_expect(&k, "GET /v1/namespaces/n/schema", "", 200,
	    "{\"id\":{\"type\":\"string\",\"filterable\":null,\"full_text_search\":null},"
	    "\"vector\":{\"type\":\"[2]f32\",\"ann\":true,\"filterable\":null,\"full_text_search\":null},"
	    "\"b\":{\"type\":\"[]bool\",\"filterable\":true,\"full_text_search\":null}}");
	kit_expect(&k, "GET /v2/namespaces/n/metadata", "", 200,
	    "{\"schema\":{\"id\":{\"type\":\"string\"},\"vector\":{\"type\":\"[2]f32\",\"ann\":{\"distance_"
	    "metric\":"
	    "\"euclidean_squared\"}},\"b\":{\"type\":\"[]bool\",\"filterable\":true}},"
	    "\"approx_row_count\":0,\"approx_logical_bytes\":0,\"created_at\":\"");
	kit_expect(&k, "GET /v2/namespaces/n/metadata", "", 200,
	    "Z\",\"encryption\":{\"mode\":\"default\"},\"index\":{\"status\":\"up-to-date\"}}");
	kit_expect(&k, "GET /v1/namespaces/n/metadata", "", 200, "\"encryption\":{\"sse\":true}");
	kit_close(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(vector_creation),
	    cmocka_unit_test(declaration),
	    cmocka_unit_test(update),
	    cmocka_unit_test(index_appears_at_once),
	    cmocka_unit_test(vector_columns),
	    cmocka_unit_test(read_shapes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
