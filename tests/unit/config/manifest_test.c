#include "../test.h"

#include "config/manifest.h"

#define STORE                                                                                                \
	"apiVersion: hevlayer.com/v1alpha1\nkind: VectorStore\nmetadata: {name: s, namespace: "              \
	"layer}\nspec:\n"                                                                                    \
	"  kind: turbopuffer\n  endpoint: {url: https://h, region: r}\n"                                     \
	"  credential: {secretRef: {name: layer, key: k}}\n" /* 7 lines */
#define INDEX                                                                                                \
	"apiVersion: hevlayer.com/v1\nkind: Index\nmetadata: {name: i}\nspec:\n  backend: {}\n" /* 5 lines   \
	                                                                                         */
#define NAME_44  "abcdefghijklmnopqrstuvwxyz-0123456789.abcdef"
#define NAME_132 NAME_44 NAME_44 NAME_44
#define SECRET   "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n" /* 3 lines */

struct reading {
	struct arena *arena;
	struct manifests manifests;
	struct problems problems;
	int rc;
};

static struct reading read_text(const char *text)
{
	struct reading r = {.arena = arena_new()};
	r.rc = manifest_read(r.arena, SPAN("f.yaml"), span_str(text), &r.manifests, &r.problems);
	return r;
}

static void reading_free(struct reading *r)
{
	vec_free(&r->manifests.list);
	problems_free(&r->problems);
	arena_free(r->arena);
}

/* "line field: message", one line each. */
static void write_problems(const struct problems *p, struct buf *b)
{
	for (size_t i = 0; i < p->len; i++) {
		const struct problem *at = &p->at[i];
		assert_span(at->file, "f.yaml");
		buf_printf(b, "%s%u %.*s: %.*s", i ? "\n" : "", at->line, SPAN_FMT(at->field),
		    SPAN_FMT(at->message));
	}
}

static const struct {
	const char *text, *problems;
} mistakes[] = {
    {STORE, ""},
    {INDEX, ""},
    {SECRET, ""},
    /* what is not ours */
    {"apiVersion: apps/v1\nkind: Deployment\nspec: {x: [1]}\n", ""},
    {"apiVersion: example.com/v1\nkind: Index\nspec: 7\n", ""},
    {"apiVersion: example.com/v1\nkind: Secret\nspec: 7\n", ""},
    {"apiVersion: hevlayer.com/v1alpha1\nkind: ApiKey\nmetadata: {name: k}\nspec: {owner: o}\n", ""},
    /* documents */
    {"x: [1\n", "2 : did not find expected ',' or ']'"},
    {"a: 1\na: 2\n", "2 : duplicate key \"a\""},
    {"- 1\n", "1 : must be a map: a Kubernetes object"},
    {"\napiVersion: v1\n", "2 kind: required"},
    {"kind: Index\nmetadata: {name: i}\nspec:\n  backend: {}\n", "1 apiVersion: required"},
    {"apiVersion: hevlayer.com/v2\nkind: Index\nmetadata: {name: i}\nspec:\n  backend: {}\n",
        "1 apiVersion: must be hevlayer.com/v1"},
    {"apiVersion: v2\nkind: Secret\nmetadata: {name: i}\n", "1 apiVersion: must be v1"},
    {"apiVersion: hevlayer.com/v1\nkind: Index\n", "1 metadata: required\n1 spec: required"},
    {"apiVersion: hevlayer.com/v1\nkind: Index\nmetadata:\nspec:\n  backend: {}\n", "3 metadata: required"},
    {"apiVersion: hevlayer.com/v1\nkind: Index\nmetadata: {namespace: x}\nspec:\n  backend: {}\n",
        "3 metadata.name: required"},
    {"apiVersion: hevlayer.com/v1\nkind: Index\nmetadata: {name: -x}\nspec:\n  backend: {}\n",
        "3 metadata.name: must be lower-case letters, digits, - and ., with a letter or digit at both ends"},
    {"apiVersion: hevlayer.com/v1\nkind: Index\nmetadata: {name: 12, labels: {a: 1}}\nspec:\n  backend: {}\n",
        "3 metadata.name: must be text: put it in quotes"},
    {INDEX "extra: 1\nstatus: {anything: [1]}\n",
        "6 extra: unknown field; here may stand apiVersion, kind, metadata, spec or status"},
    /* VectorStore */
    {STORE "  defualt: true\n",
        "8 spec.defualt: unknown field; here may stand kind, default, endpoint, credential or inboundAuth"},
    {STORE "  default: \"true\"\n", "8 spec.default: must be true or false"},
    {STORE "  default: yes\n", "8 spec.default: must be true or false"},
    {STORE "  inboundAuth:\n    mode: derivefromstore\n",
        "9 spec.inboundAuth.mode: must be deriveFromStore, keys or open"},
    {STORE "  inboundAuth:\n    mode: keys\n", "8 spec.inboundAuth.keys: required in mode keys"},
    {STORE "  inboundAuth:\n    mode: keys\n    keys: []\n",
        "10 spec.inboundAuth.keys: required in mode keys"},
    {STORE "  inboundAuth:\n    keys: [{name: a, scopes: [read], secretRef: {name: n, key: k}}]\n",
        "9 spec.inboundAuth.keys: only for mode keys; the mode here is deriveFromStore"},
    {STORE "  inboundAuth:\n    mode: keys\n    keys:\n    - name: a\n      scopes: [read, wriet]\n"
           "      secretRef: {name: n}\n    - scopes: []\n      secretRef: tpuf_secret\n    - tpuf_secret\n",
        "12 spec.inboundAuth.keys[0].scopes[1]: must be read, write or admin\n"
        "13 spec.inboundAuth.keys[0].secretRef.key: required\n"
        "14 spec.inboundAuth.keys[1].scopes: must not be empty\n"
        "15 spec.inboundAuth.keys[1].secretRef: must be a map\n"
        "14 spec.inboundAuth.keys[1].name: required\n"
        "16 spec.inboundAuth.keys[2]: must be a map"},
    {"apiVersion: hevlayer.com/v1alpha1\nkind: VectorStore\nmetadata: {name: s}\nspec:\n"
     "  kind: pinecone\n  endpoint: {url: https://h, region: r}\n"
     "  credential: {secretRef: {name: layer, key: k}}\n",
        "5 spec.kind: pinecone is not supported yet; use turbopuffer"},
    {"apiVersion: hevlayer.com/v1alpha1\nkind: VectorStore\nmetadata: {name: s}\nspec:\n"
     "  kind: milvus\n  endpoint:\n    url: ftp://user:tpuf_secret@h\n    regoin: r\n  credential: "
     "tpuf_secret\n",
        "5 spec.kind: must be turbopuffer or pinecone\n"
        "7 spec.endpoint.url: scheme must be https or http\n"
        "8 spec.endpoint.regoin: unknown field; here may stand url or region\n"
        "6 spec.endpoint.region: required\n"
        "9 spec.credential: must be a map"},
    {"apiVersion: hevlayer.com/v1alpha1\nkind: VectorStore\nmetadata: {name: s}\nspec:\n",
        "4 spec: required"},
    {"apiVersion: hevlayer.com/v1alpha1\nkind: VectorStore\nmetadata: {name: s}\nspec: {}\n",
        "4 spec.kind: required\n4 spec.endpoint: required\n4 spec.credential: required"},
    /* Index */
    {INDEX "  snapshot:\n    interval: 5\n    retention: 1y\n    facetFields: [a, 1, '']\n",
        "7 spec.snapshot.interval: must be a duration such as 30s, 5m, 24h or 30d\n"
        "8 spec.snapshot.retention: must be a duration such as 30s, 5m, 24h or 30d, or never\n"
        "9 spec.snapshot.facetFields[1]: must be text: put it in quotes\n"
        "9 spec.snapshot.facetFields[2]: must not be empty"},
    {INDEX "  snapshot: {interval: never}\n",
        "6 spec.snapshot.interval: must be a duration such as 30s, 5m, 24h or 30d"},
    {INDEX "  snapshot: {interval: 0s, facetFields: a}\n",
        "6 spec.snapshot.interval: must be a duration such as 30s, 5m, 24h or 30d\n"
        "6 spec.snapshot.facetFields: must be a list"},
    {INDEX "  snapshot: {interval: 999999999999d}\n",
        "6 spec.snapshot.interval: must be a duration such as 30s, 5m, 24h or 30d"},
    {INDEX "  scan: {threads: 0, shards: 1}\n", "6 spec.scan.threads: must be a whole number from 1 to 1024\n"
                                                "6 spec.scan.shards: must be a whole number from 2 to 256"},
    {INDEX "  scan: {threads: '8', shards: 257}\n",
        "6 spec.scan.threads: must be a whole number from 1 to 1024\n"
        "6 spec.scan.shards: must be a whole number from 2 to 256"},
    {INDEX "  cache: {mode: fast, capGiB: -1}\n",
        "6 spec.cache.mode: must be standard or staging\n"
        "6 spec.cache.capGiB: must be a whole number from 1 to 1048576\n6 spec.cache.ttl: required"},
    {INDEX "  consistency: Strong\n", "6 spec.consistency: must be strong or eventual"},
    {INDEX "  metadata: {labels: {app: 1}, tags: {}, annotations: []}\n",
        "6 spec.metadata.labels.app: must be text: put it in quotes\n"
        "6 spec.metadata.tags: must be a list\n6 spec.metadata.annotations: must be a map"},
    {"apiVersion: hevlayer.com/v1\nkind: Index\nmetadata: {name: i}\nspec:\n  backend:\n"
     "    namespace: a/b\n    distanceMetric: cosine\n",
        "6 spec.backend.namespace: must be letters, digits, -, _ and .\n"
        "7 spec.backend.distanceMetric: must be cosine_distance or euclidean_squared"},
    {"apiVersion: hevlayer.com/v1\nkind: Index\nmetadata: {name: " NAME_132 "}\nspec:\n  backend: {}\n",
        "3 metadata.name: as the upstream namespace, must not be longer than 128 characters"},
    {"apiVersion: hevlayer.com/v1\nkind: Index\nmetadata: {name: " NAME_132
     "}\nspec:\n  backend: {namespace: n}\n",
        ""},
    /* Secret: no value is ever shown */
    {SECRET "stringdata: {a: tpuf_secret}\n",
        "4 stringdata: unknown field; here may stand apiVersion, kind, metadata, type, immutable, data or "
        "stringData"},
    {SECRET "stringData:\n  a: 12345\n  b: [tpuf_secret]\n",
        "5 stringData.a: must be text: put it in quotes\n6 stringData.b: must be text"},
    {SECRET "stringData: tpuf_secret\n", "4 stringData: must be a map"},
    {SECRET "data:\n  tls.crt: tpuf_secret\n",
        "5 data.tls.crt: must be base64 (plain text goes to stringData)"},
    /* several documents, and lists of them */
    {SECRET "---\n" INDEX "x: 1\n---\n" SECRET "y: 1\n",
        "10 x: unknown field; here may stand apiVersion, kind, metadata, spec or status\n"
        "15 y: unknown field; here may stand apiVersion, kind, metadata, type, immutable, data or "
        "stringData"},
    {"apiVersion: v1\nkind: List\nitems:\n- kind: Pod\n- apiVersion: hevlayer.com/v1\n  kind: Index\n"
     "  metadata:\n    name: i\n  spec:\n    backend:\n      namspace: n\n- {}\n",
        "11 items[1].spec.backend.namspace: unknown field; here may stand storeRef, namespace or "
        "distanceMetric\n12 items[2].kind: required"},
    {"apiVersion: v1\nkind: List\nitems: x\n", "3 items: must be a list"},
    {"apiVersion: v1\nkind: List\n", "1 items: must be a list"},
};

static void problems_of_manifests(void **state)
{
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		struct reading r = read_text(mistakes[i].text);
		struct buf b = buf_new(10000);
		write_problems(&r.problems, &b);
		if (!span_eq(buf_span(&b), span_str(mistakes[i].problems)))
			fail_msg("%s\ngives\n%.*s\nnot\n%s", mistakes[i].text, SPAN_FMT(buf_span(&b)),
			    mistakes[i].problems);
		assert_false(span_contains(buf_span(&b), SPAN("tpuf_secret")));
		buf_free(&b);
		reading_free(&r);
	}
}

static void a_store_is_read(void **state)
{
	struct reading r =
	    read_text(STORE "  default: true\n  inboundAuth:\n    mode: keys\n    keys:\n"
	                    "    - {name: a, scopes: [read, admin], secretRef: {name: n, key: x}}\n"
	                    "    - {name: b, scopes: [write], secretRef: {name: m, key: y}}\n");
	assert_int_equal(r.problems.len, 0);
	assert_int_equal(r.manifests.list.len, 1);
	const struct manifest *m = &r.manifests.list.at[0];
	const struct inbound_key *keys = m->store.keys.at;
	assert_int_equal(m->kind, MANIFEST_VECTORSTORE);
	assert_span(m->name, "s");
	assert_span(m->namespace, "layer");
	assert_true(m->store.is_default);
	assert_span(m->store.url, "https://h");
	assert_span(m->store.credential.key, "k");
	assert_int_equal(m->store.auth, AUTH_KEYS);
	assert_int_equal(m->store.keys.len, 2);
	assert_int_equal(keys[0].scopes, SCOPE_READ | SCOPE_ADMIN);
	assert_int_equal(keys[1].scopes, SCOPE_WRITE);
	assert_span(keys[1].secret.key, "y");
	reading_free(&r);
}

static void an_index_is_read(void **state)
{
	struct reading r =
	    read_text("apiVersion: hevlayer.com/v1\nkind: Index\nmetadata: {name: i}\nspec:\n"
	              "  backend: {storeRef: s, namespace: N_1.x, distanceMetric: euclidean_squared}\n"
	              "  snapshot: {interval: 1h30m, retention: 30d, facetFields: [a, b]}\n"
	              "  scan: {threads: 3, shards: 16}\n  cache: {ttl: 500ms, capGiB: 64, mode: staging}\n"
	              "  consistency: eventual\n---\n" INDEX);
	assert_int_equal(r.problems.len, 0);
	assert_int_equal(r.manifests.list.len, 2);
	const struct index_spec *full = &r.manifests.list.at[0].index, *bare = &r.manifests.list.at[1].index;
	assert_span(full->store_ref, "s");
	assert_span(full->namespace, "N_1.x");
	assert_int_equal(full->policy.distance_metric, INDEX_EUCLIDEAN_SQUARED);
	assert_int_equal(full->policy.snapshot_interval_ms, 90 * 60 * 1000);
	assert_int_equal(full->policy.snapshot_retention_ms, 30ULL * 86400 * 1000);
	assert_int_equal(full->policy.facet_fields.len, 2);
	assert_span(full->policy.facet_fields.at[1], "b");
	assert_int_equal(full->policy.scan_threads, 3);
	assert_int_equal(full->policy.scan_shards, 16);
	assert_int_equal(full->policy.cache_ttl_ms, 500);
	assert_int_equal(full->policy.cache_cap_gib, 64);
	assert_int_equal(full->policy.cache_mode, INDEX_CACHE_STAGING);
	assert_int_equal(full->policy.consistency, INDEX_EVENTUAL);
	assert_int_equal(bare->policy.distance_metric, INDEX_COSINE_DISTANCE);
	assert_int_equal(bare->policy.snapshot_interval_ms, 5 * 60 * 1000);
	assert_int_equal(bare->policy.snapshot_retention_ms, 0);
	assert_int_equal(bare->policy.scan_threads, 8);
	assert_int_equal(bare->policy.scan_shards, 0);
	assert_int_equal(bare->policy.consistency, INDEX_STRONG);
	assert_span(r.manifests.list.at[1].namespace, "default");
	reading_free(&r);
}

static void a_secret_is_read(void **state)
{
	struct reading r =
	    read_text(SECRET "type: Opaque\nimmutable: true\ndata:\n  a: aGVs\n  b: |\n    aGVs\n"
	                     "    bG8=\n  c: ''\nstringData: {d: plain}\n");
	assert_int_equal(r.problems.len, 0);
	const struct secret_spec *s = &r.manifests.list.at[0].secret;
	assert_int_equal(s->data.len, 3);
	assert_span(s->data.at[0].value, "hel");
	assert_span(s->data.at[1].value, "hello");
	assert_span(s->data.at[2].value, "");
	assert_span(s->string_data.at[0].value, "plain");
	reading_free(&r);
}

static void keys_are_bounded(void **state)
{
	struct buf b = buf_new(100000);
	buf_lit(&b, STORE "  inboundAuth:\n    mode: keys\n    keys:\n");
	for (int i = 0; i < 1001; i++)
		buf_lit(&b, "    - {name: a, scopes: [read], secretRef: {name: x, key: z}}\n");
	buf_byte(&b, '\0');
	struct reading r = read_text(b.ptr);
	assert_int_equal(r.problems.len, 1);
	assert_span(r.problems.at[0].message, "must not have more than 1000 items");
	reading_free(&r);
	buf_free(&b);
}

static void problems_are_bounded(void **state)
{
	struct buf b = buf_new(100000);
	buf_lit(&b, INDEX);
	for (int i = 0; i < 2 * PROBLEMS_MAX; i++)
		buf_printf(&b, "x%d: 1\n", i);
	buf_byte(&b, '\0');
	struct reading r = read_text(b.ptr);
	assert_int_equal(r.problems.len, PROBLEMS_MAX);
	assert_int_equal(r.problems.dropped, PROBLEMS_MAX);
	reading_free(&r);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(problems_of_manifests),
	    cmocka_unit_test(a_store_is_read),
	    cmocka_unit_test(an_index_is_read),
	    cmocka_unit_test(a_secret_is_read),
	    cmocka_unit_test(keys_are_bounded),
	    cmocka_unit_test(problems_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
