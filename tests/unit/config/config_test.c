#include "../test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

#define STORE_OF(name, more, rest)                                                                           \
	"apiVersion: hevlayer.com/v1alpha1\nkind: VectorStore\nmetadata: {name: " name "}\nspec:\n"          \
	"  kind: turbopuffer\n  endpoint: {url: 'https://" name ".example:8443/p/', region: r}\n"            \
	"  credential: {secretRef: {name: layer, key: " name "}}\n" more "---\n" rest
#define STORE(name, rest)   STORE_OF(name, "", rest)                  /* 8 lines */
#define DEFAULT(name, rest) STORE_OF(name, "  default: true\n", rest) /* 9 lines */
#define INDEX(name, backend, rest)                                                                           \
	"apiVersion: hevlayer.com/v1\nkind: Index\nmetadata: {name: " name "}\nspec:\n  backend: " backend   \
	"\n---\n" rest /* 6 lines */
#define SECRET                                                                                               \
	"apiVersion: v1\nkind: Secret\nmetadata: {name: layer}\ndata: {a: Y3JlZC1h}\n" /* cred-a */          \
	"stringData: {b: cred-b, c: cred-c, k1: key-1, k2: key-2, same: key-1, bad: \"cred\\n\", none: "     \
	"''}\n"                                                                                              \
	"---\n" /* 6 lines */

struct file {
	const char *name, *text;
};

static char dir[] = "config_test.XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[400];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void clear_dir(void)
{
	char command[100];
	snprintf(command, sizeof command, "rm -rf %s && mkdir %s", dir, dir);
	assert_int_equal(system(command), 0);
}

/* Loads the files; writes what is wrong into `problems`, one line each. */
static struct config *load(const struct file *files, struct buf *problems)
{
	struct problems p = {0};
	struct config *cfg = NULL;
	clear_dir();
	for (; files->name; files++)
		write_file(files->name, files->text);
	int rc = config_load_dir(dir, &cfg, &p);
	for (size_t i = 0; i < p.len; i++)
		buf_printf(problems, "%s%.*s:%u %.*s: %.*s", i ? "\n" : "", SPAN_FMT(p.at[i].file),
		    p.at[i].line, SPAN_FMT(p.at[i].field), SPAN_FMT(p.at[i].message));
	assert_int_equal(rc, p.len ? -E_CONFIG : 0);
	assert_int_equal(cfg == NULL, rc < 0);
	problems_free(&p);
	return cfg;
}

static const struct {
	struct file files[4];
	const char *problems;
} mistakes[] = {
    {{{"a.yaml", STORE("a", SECRET)}}, ""},
    {{{"a.yaml", DEFAULT("a", STORE("b", SECRET))}}, ""},
    {{{"a.yaml", INDEX("x", "{namespace: n, storeRef: b}", INDEX("n2", "{}", ""))},
         {"s.yaml", DEFAULT("a", STORE("b", SECRET))}},
        ""},
    /* stores */
    {{{"a.yaml", SECRET}},
        ":0 : no vector store is configured: set TURBOPUFFER_API_KEY (and TURBOPUFFER_API_URL for another "
        "endpoint than the default), or let LAYER_CONFIG_DIR name a directory with a VectorStore manifest "
        "and "
        "its Secret"},
    {{{"b.yaml", STORE("b", SECRET)}, {"a.yaml", STORE("c", STORE("a", ""))}},
        "a.yaml:12 spec.default: none of the 3 VectorStores is the default: set spec.default: true in one of "
        "them"},
    {{{"a.yaml", DEFAULT("a", SECRET)}, {"b.yaml", DEFAULT("b", "")}},
        "b.yaml:8 spec.default: there are two defaults: \"a\" and \"b\""},
    {{{"a.yaml", STORE("a", SECRET)}, {"b.yaml", "\n" STORE("a", "")}},
        "b.yaml:4 metadata.name: VectorStore \"a\" is also in a.yaml, line 3\n"
        "a.yaml:4 spec.default: none of the 2 VectorStores is the default: set spec.default: true in one of "
        "them"},
    {{{"a.yaml", STORE("a", SECRET SECRET)}},
        "a.yaml:17 metadata.name: Secret \"layer\" is also in a.yaml, line 11"},
    /* secrets */
    {{{"a.yaml", STORE("a", "")}}, "a.yaml:7 spec.credential.secretRef.name: there is no Secret of "
                                   "this name in namespace \"default\", nor a "
                                   "variable LAYER_SECRET_<NAME>_<KEY>"},
    {{{"a.yaml", STORE("x", SECRET)}},
        "a.yaml:7 spec.credential.secretRef.key: Secret \"layer\" has no such key"},
    {{{"a.yaml", STORE("bad", SECRET)}},
        "a.yaml:7 spec.credential.secretRef.key: the secret's value holds a line break, a space or another "
        "character that a bearer token cannot have"},
    {{{"a.yaml", STORE("none", SECRET)}},
        "a.yaml:7 spec.credential.secretRef.key: the secret's value is empty"},
    /* keys */
    {{{"a.yaml", STORE_OF("a",
                     "  inboundAuth:\n    mode: keys\n    keys:\n"
                     "    - {name: one, scopes: [read], secretRef: {name: layer, key: k1}}\n"
                     "    - {name: one, scopes: [read], secretRef: {name: layer, key: k2}}\n"
                     "    - {name: two, scopes: [read], secretRef: {name: layer, key: same}}\n"
                     "    - {name: three, scopes: [read], secretRef: {name: lair, key: k1}}\n",
                     SECRET)}},
        "a.yaml:12 spec.inboundAuth.keys[1].name: duplicate name\n"
        "a.yaml:13 spec.inboundAuth.keys[2]: has the same value as key \"one\"\n"
        "a.yaml:14 spec.inboundAuth.keys[3].secretRef.name: there is no Secret of this name in "
        "namespace \"default\", nor a variable LAYER_SECRET_<NAME>_<KEY>"},
    /* indexes */
    {{{"a.yaml", STORE("a", SECRET INDEX("i", "{storeRef: b}", ""))}},
        "a.yaml:19 spec.backend.storeRef: there is no VectorStore of this name in namespace \"default\""},
    {{{"a.yaml", STORE("a", SECRET)}, {"i.yaml", INDEX("i", "{namespace: n}", INDEX("n", "{}", ""))}},
        "i.yaml:9 metadata.name: namespace \"n\" has two Index objects: \"n\" and \"i\" (i.yaml, line 3)"},
    {{{"a.yaml", STORE("a", SECRET)}, {"i.yaml", INDEX("i, namespace: x", "{}", "")}},
        "i.yaml:3 metadata.namespace: there is no VectorStore in namespace \"x\""},
    /* all of all files, and nothing that only follows from what is already said */
    {{{"a.yaml", STORE_OF("a", "  x: 1\n", INDEX("i", "{storeRef: b}", INDEX("j", "{storeRef: a}", "")))},
         {"b.json",
             "{\"apiVersion\":\"hevlayer.com/v1\",\n\"kind\":\"Index\",\"metadata\":{\"name\":\"q\"}}"}},
        "a.yaml:8 spec.x: unknown field; here may stand kind, default, endpoint, credential or inboundAuth\n"
        "b.json:1 spec: required\n"
        "a.yaml:14 spec.backend.storeRef: there is no VectorStore of this name in namespace \"default\""},
    {{{"a.yaml", STORE("a", "")}, {"b.yaml", "x: [\n"}}, "b.yaml:2 : did not find expected node content"},
};

static void problems_of_directories(void **state)
{
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		struct buf b = buf_new(10000);
		struct config *cfg = load(mistakes[i].files, &b);
		if (!span_eq(buf_span(&b), span_str(mistakes[i].problems)))
			fail_msg(
			    "case %zu gives\n%.*s\nnot\n%s", i, SPAN_FMT(buf_span(&b)), mistakes[i].problems);
		config_unref(cfg);
		buf_free(&b);
	}
}

static void stores_are_bounded(void **state)
{
	struct problems p = {0};
	struct config *cfg;
	char name[40], text[400];
	clear_dir();
	write_file("a.yaml", DEFAULT("a", SECRET));
	for (int i = 0; i < CONFIG_STORES_MAX; i++) {
		snprintf(name, sizeof name, "s%d.yaml", i);
		snprintf(text, sizeof text,
		    "apiVersion: hevlayer.com/v1alpha1\nkind: VectorStore\nmetadata: {name: s%d}\n"
		    "spec: {kind: turbopuffer, endpoint: {url: 'http://h', region: r}, "
		    "credential: {secretRef: {name: layer, key: a}}}\n",
		    i);
		write_file(name, text);
	}
	assert_int_equal(config_load_dir(dir, &cfg, &p), -E_CONFIG);
	assert_int_equal(p.len, 1);
	assert_span(p.at[0].message, "more than 100 VectorStores");
	problems_free(&p);
	snprintf(text, sizeof text, "%s/s0.yaml", dir);
	assert_int_equal(unlink(text), 0);
	assert_int_equal(config_load_dir(dir, &cfg, &p), 0);
	assert_int_equal(cfg->store_count, CONFIG_STORES_MAX);
	config_unref(cfg);
}

static void a_directory_is_loaded(void **state)
{
	const struct file files[] = {
	    {"b.yml", STORE_OF("b",
	                  "  inboundAuth:\n    mode: keys\n    keys:\n"
	                  "    - {name: one, scopes: [read, write], secretRef: {name: layer, key: k1}}\n",
	                  INDEX("i", "{storeRef: b, namespace: N}", INDEX("j", "{}", "")))},
	    {"a.yaml", DEFAULT("a", SECRET)},
	    {".hidden.yaml", "[\n"},
	    {"notes.txt", "[\n"},
	    {0},
	};
	struct buf b = buf_new(10000);
	struct config *cfg = load(files, &b);
	assert_span(buf_span(&b), "");
	assert_int_equal(cfg->store_count, 2);
	assert_int_equal(cfg->index_count, 2);
	assert_span(cfg->stores[0].name, "a");
	assert_span(cfg->stores[0].credential, "cred-a");
	assert_span(cfg->stores[0].url.host, "a.example");
	assert_int_equal(cfg->stores[0].url.port, 8443);
	assert_span(cfg->stores[0].url.path, "/p");
	assert_int_equal(cfg->stores[0].auth, AUTH_DERIVE_FROM_STORE);
	assert_ptr_equal(cfg->default_store, &cfg->stores[0]);
	assert_int_equal(cfg->stores[1].position, 1);
	assert_int_equal(cfg->stores[1].key_count, 1);
	assert_span(cfg->stores[1].keys[0].secret, "key-1");
	assert_int_equal(cfg->stores[1].keys[0].scopes, SCOPE_READ | SCOPE_WRITE);
	assert_ptr_equal(config_store_for(cfg, SPAN("N")), &cfg->stores[1]);
	assert_ptr_equal(config_store_for(cfg, SPAN("j")), cfg->default_store);
	assert_ptr_equal(config_store_for(cfg, SPAN("other")), cfg->default_store);
	assert_ptr_equal(config_store_for(cfg, SPAN_NONE), cfg->default_store);
	assert_null(config_index(cfg, SPAN("i")));
	assert_span(config_index(cfg, SPAN("N"))->name, "i");
	assert_null(config_store_named(cfg, SPAN("c")));
	assert_ptr_equal(config_ref(cfg), cfg);
	assert_null(config_unref(cfg));
	assert_span(cfg->stores[0].name, "a");
	config_unref(cfg);
	assert_null(config_unref(NULL));
	buf_free(&b);
}

/* As the kubelet lays a ConfigMap out: files are links into `..data`, which is a link to a version. What the
 * top level holds besides must not be mixed in. */
static void a_mounted_volume_is_loaded(void **state)
{
	struct problems p = {0};
	struct config *cfg;
	char from[300], to[300];
	clear_dir();
	snprintf(to, sizeof to, "%s/..v1", dir);
	assert_int_equal(mkdir(to, 0700), 0);
	write_file("..v1/a.yaml", STORE("a", SECRET));
	snprintf(from, sizeof from, "%s/..data", dir);
	assert_int_equal(symlink("..v1", from), 0);
	snprintf(from, sizeof from, "%s/a.yaml", dir);
	assert_int_equal(symlink("..data/a.yaml", from), 0);
	assert_int_equal(config_load_dir(dir, &cfg, &p), 0);
	assert_span(cfg->stores[0].name, "a");
	config_unref(cfg);
}

static void odd_files(void **state)
{
	struct problems p = {0};
	struct config *cfg = NULL;
	char path[200];
	clear_dir();
	write_file("a.yaml", STORE("a", SECRET));
	/* not regular: passed over */
	snprintf(path, sizeof path, "%s/fifo.yaml", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	snprintf(path, sizeof path, "%s/dir.yaml", dir);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(config_load_dir(dir, &cfg, &p), 0);
	cfg = config_unref(cfg);
	/* a dangling link: reported */
	snprintf(path, sizeof path, "%s/link.yaml", dir);
	assert_int_equal(symlink("nowhere", path), 0);
	assert_int_equal(config_load_dir(dir, &cfg, &p), -E_CONFIG);
	assert_int_equal(p.len, 1);
	assert_span(p.at[0].file, "link.yaml");
	assert_span(p.at[0].message, "cannot be read: not found");
	problems_free(&p);
	/* too large: reported */
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof path, "%s/large.yaml", dir);
	int fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(ftruncate(fd, (1 << 20) + 1), 0);
	close(fd);
	assert_int_equal(config_load_dir(dir, &cfg, &p), -E_CONFIG);
	assert_span(p.at[0].message, "cannot be read: larger than its limit");
	problems_free(&p);
	assert_int_equal(unlink(path), 0);
	for (int i = 0; i < 1001; i++) {
		snprintf(path, sizeof path, "%d.yaml", i);
		write_file(path, "");
	}
	assert_int_equal(config_load_dir(dir, &cfg, &p), -E_CONFIG);
	assert_int_equal(p.len, 1);
	assert_span(p.at[0].message, "cannot be read: holds more files than its limit");
	problems_free(&p);
	assert_int_equal(config_load_dir("/nonexistent", &cfg, &p), -E_CONFIG);
	assert_span(p.at[0].message, "cannot be read: not found");
	problems_free(&p);
}

static void the_example_loads(void **state)
{
	struct problems p = {0};
	struct config *cfg = NULL;
	const char *root = getenv("LAYER_SOURCE_ROOT");
	char path[4096];
	if (!root)
		skip(); /* run by hand */
	snprintf(path, sizeof path, "%s/examples/config", root);
	if (config_load_dir(path, &cfg, &p) < 0)
		fail_msg("%.*s:%u %.*s", SPAN_FMT(p.at[0].file), p.at[0].line, SPAN_FMT(p.at[0].message));
	assert_span(cfg->default_store->name, "main");
	assert_span(config_store_for(cfg, SPAN("products"))->name, "europe");
	assert_span(config_store_for(cfg, SPAN("Handbook_2026"))->name, "main");
	assert_int_equal(config_index(cfg, SPAN("Handbook_2026"))->policy.consistency, INDEX_EVENTUAL);
	config_unref(cfg);
}

static void secrets_from_the_environment(void **state)
{
	static const struct file files[] = {{"a.yaml", STORE("a.b-c", "")}, {0}};
	struct buf b = buf_new(1000);
	setenv("LAYER_SECRET_LAYER_A_B_C", "from-env", 1);
	struct config *cfg = load(files, &b);
	assert_span(buf_span(&b), "");
	assert_span(cfg->stores[0].credential, "from-env");
	config_unref(cfg);
	/* it stands before a Secret */
	static const struct file both[] = {{"a.yaml", STORE("a", SECRET)}, {0}};
	setenv("LAYER_SECRET_LAYER_A", "env-a", 1);
	cfg = load(both, &b);
	assert_span(cfg->stores[0].credential, "env-a");
	config_unref(cfg);
	unsetenv("LAYER_SECRET_LAYER_A");
	unsetenv("LAYER_SECRET_LAYER_A_B_C");
	buf_free(&b);
}

static void the_environment_alone(void **state)
{
	static const struct {
		const char *key, *url, *field, *message, *host;
	} cases[] = {
	    {"k", NULL, NULL, NULL, "aws-us-east-1.turbopuffer.com"},
	    {"k", "", NULL, NULL, "aws-us-east-1.turbopuffer.com"},
	    {"k", "http://127.0.0.1:8081/", NULL, NULL, "127.0.0.1"},
	    {"a b", NULL, "TURBOPUFFER_API_KEY",
	        "holds a line break, a space or another character that a bearer token cannot have", NULL},
	    {"k", "example.com", "TURBOPUFFER_API_URL", "must begin with https:// or http://", NULL},
	    {NULL, NULL, "TURBOPUFFER_API_KEY",
	        "no vector store is configured: set TURBOPUFFER_API_KEY (and TURBOPUFFER_API_URL for another "
	        "endpoint "
	        "than the default), or let LAYER_CONFIG_DIR name a directory with a VectorStore manifest and "
	        "its "
	        "Secret",
	        NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct problems p = {0};
		struct config *cfg = NULL;
		unsetenv("TURBOPUFFER_API_KEY");
		unsetenv("TURBOPUFFER_API_URL");
		if (cases[i].key)
			setenv("TURBOPUFFER_API_KEY", cases[i].key, 1);
		if (cases[i].url)
			setenv("TURBOPUFFER_API_URL", cases[i].url, 1);
		int rc = config_from_env(&cfg, &p);
		assert_int_equal(rc, cases[i].message ? -E_CONFIG : 0);
		if (rc < 0) {
			assert_int_equal(p.len, 1);
			assert_span(p.at[0].file, "environment");
			assert_span(p.at[0].field, cases[i].field);
			assert_span(p.at[0].message, cases[i].message);
		} else {
			assert_span(cfg->default_store->url.host, cases[i].host);
			assert_span(cfg->default_store->url.path, "");
			assert_span(cfg->default_store->credential, "k");
			assert_int_equal(cfg->default_store->auth, AUTH_DERIVE_FROM_STORE);
			assert_ptr_equal(config_store_for(cfg, SPAN("any")), cfg->default_store);
		}
		config_unref(cfg);
		problems_free(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(problems_of_directories),
	    cmocka_unit_test(stores_are_bounded),
	    cmocka_unit_test(a_directory_is_loaded),
	    cmocka_unit_test(a_mounted_volume_is_loaded),
	    cmocka_unit_test(odd_files),
	    cmocka_unit_test(the_example_loads),
	    cmocka_unit_test(secrets_from_the_environment),
	    cmocka_unit_test(the_environment_alone),
	};
	if (!mkdtemp(dir))
		return 1;
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	clear_dir();
	rmdir(dir);
	return rc;
}
