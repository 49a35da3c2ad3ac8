#include "config/manifest.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/base64.h"

#define AT(type, member)    .offset = offsetof(struct type, member)
#define LIST_OF(type, list) .fields = (list), .size = sizeof(struct type)
#define END                                                                                                  \
	{                                                                                                    \
		0                                                                                            \
	}

static const char *check_url(struct span s)
{
	struct url u;
	const char *why = NULL;
	return url_parse(s, &u, &why) < 0 ? why : NULL;
}

/* A Kubernetes object name (RFC 1123 subdomain). */
static const char *check_name(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool inner = (c == '-' || c == '.') && i && i + 1 < s.len;
		if (!inner && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'))
			return "must be lower-case letters, digits, - and ., with a letter or digit at both "
			       "ends";
	}
	return s.len > 253 ? "must not be longer than 253 characters" : NULL;
}

/* A namespace of the upstream. */
static const char *check_namespace(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_' && c != '.')
			return "must be letters, digits, -, _ and .";
	}
	return s.len > 128 ? "must not be longer than 128 characters" : NULL;
}

static const char *const store_kinds[] = {"turbopuffer", "pinecone", NULL};
static const char *const auth_modes[] = {"deriveFromStore", "keys", "open", NULL};
static const char *const scopes[] = {"read", "write", "admin", NULL}; /* in the order of enum scope's bits */
static const char *const metrics[] = {"cosine_distance", "euclidean_squared", NULL};
static const char *const cache_modes[] = {"standard", "staging", NULL};
static const char *const consistencies[] = {"strong", "eventual", NULL};

static const struct field secret_ref_fields[] = {
    {"name", FIELD_TEXT, AT(secret_ref, name), .required = true, .meaning = "name of the Secret"},
    {"key", FIELD_TEXT, AT(secret_ref, key), .required = true, .meaning = "key within it"},
    END,
};

static const struct field endpoint_fields[] = {
    {"url", FIELD_TEXT, AT(manifest, store.url), .required = true, .check = check_url,
        .meaning = "base URL of the upstream; http or https, a path prefix may follow"},
    {"region", FIELD_TEXT, AT(manifest, store.region), .required = true, .meaning = "a label for operators"},
    END,
};

static const struct field credential_fields[] = {
    {"secretRef", FIELD_MAP, AT(manifest, store.credential), .required = true, .fields = secret_ref_fields,
        .meaning = "where the upstream's API key is kept"},
    END,
};

static const struct field key_fields[] = {
    {"name", FIELD_TEXT, AT(inbound_key, name), .required = true, .meaning = "what the access log calls it"},
    {"scopes", FIELD_CHOICES, AT(inbound_key, scopes), .required = true, .words = scopes,
        .meaning = "what it may do; admin may do all"},
    {"secretRef", FIELD_MAP, AT(inbound_key, secret), .required = true, .fields = secret_ref_fields,
        .meaning = "where the key itself is kept"},
    END,
};

static const struct field auth_fields[] = {
    {"mode", FIELD_CHOICE, AT(manifest, store.auth), .words = auth_modes,
        .meaning = "whom the gateway lets in; default deriveFromStore"},
    {"keys", FIELD_LIST, AT(manifest, store.keys), LIST_OF(inbound_key, key_fields), .max = 1000,
        .meaning = "the keys of mode keys, and only of that mode"},
    END,
};

static const struct field store_fields[] = {
    {"kind", FIELD_CHOICE, AT(manifest, store.kind), .required = true, .words = store_kinds,
        .meaning = "turbopuffer; pinecone is reserved and refused"},
    {"default", FIELD_BOOL, AT(manifest, store.is_default),
        .meaning = "serves the namespaces that no Index sends elsewhere; a single store always does"},
    {"endpoint", FIELD_MAP, .required = true, .fields = endpoint_fields, .meaning = "where it is"},
    {"credential", FIELD_MAP, .required = true, .fields = credential_fields,
        .meaning = "how the gateway identifies itself to it"},
    {"inboundAuth", FIELD_MAP, .fields = auth_fields, .meaning = "who may call the gateway"},
    END,
};

static const struct field backend_fields[] = {
    {"storeRef", FIELD_TEXT, AT(manifest, index.store_ref),
        .meaning = "the VectorStore that serves the namespace; default: the default store"},
    {"namespace", FIELD_TEXT, AT(manifest, index.namespace), .check = check_namespace,
        .meaning = "the upstream namespace; default: the name of the Index"},
    {"distanceMetric", FIELD_CHOICE, AT(manifest, index.policy.distance_metric), .words = metrics,
        .meaning = "default cosine_distance"},
    END,
};

static const struct field index_metadata_fields[] = {
    {"labels", FIELD_PAIRS, AT(manifest, index.labels), .meaning = "free"},
    {"annotations", FIELD_PAIRS, AT(manifest, index.annotations), .meaning = "free"},
    {"tags", FIELD_TEXTS, AT(manifest, index.tags), .meaning = "free"},
    END,
};

static const struct field snapshot_fields[] = {
    {"facetFields", FIELD_TEXTS, AT(manifest, index.policy.facet_fields),
        .meaning = "fields of the facet snapshots; default none, and then no automatic snapshots"},
    {"interval", FIELD_DURATION, AT(manifest, index.policy.snapshot_interval_ms), .min = 1,
        .meaning = "least time between automatic snapshots; default 5m"},
    {"retention", FIELD_DURATION, AT(manifest, index.policy.snapshot_retention_ms),
        .meaning = "how long older snapshots are kept; default never: for ever"},
    END,
};

static const struct field scan_fields[] = {
    {"threads", FIELD_NUMBER, AT(manifest, index.policy.scan_threads), .min = 1, .max = 1024,
        .meaning = "most upstream requests that one scan has under way; default 8"},
    {"shards", FIELD_NUMBER, AT(manifest, index.policy.scan_shards), .min = 2, .max = 256,
        .meaning = "shards the namespace into so many parts; default: not sharded"},
    END,
};

static const struct field cache_fields[] = {
    {"ttl", FIELD_DURATION, AT(manifest, index.policy.cache_ttl_ms), .required = true, .min = 1,
        .meaning = "how long a cached row lives"},
    {"capGiB", FIELD_NUMBER, AT(manifest, index.policy.cache_cap_gib), .min = 1, .max = 1 << 20,
        .meaning = "most room that its rows take"},
    {"mode", FIELD_CHOICE, AT(manifest, index.policy.cache_mode), .words = cache_modes,
        .meaning = "default standard; staging keeps staged rows without ttl"},
    END,
};

static const struct field index_fields[] = {
    {"backend", FIELD_MAP, .required = true, .fields = backend_fields, .meaning = "which namespace it is"},
    {"metadata", FIELD_MAP, .fields = index_metadata_fields, .meaning = "labels of your own"},
    {"snapshot", FIELD_MAP, .fields = snapshot_fields, .meaning = "automatic facet snapshots"},
    {"scan", FIELD_MAP, .fields = scan_fields, .meaning = "how the namespace is scanned"},
    {"cache", FIELD_MAP, .fields = cache_fields, .meaning = "how its rows are cached"},
    {"consistency", FIELD_CHOICE, AT(manifest, index.policy.consistency), .words = consistencies,
        .meaning = "default strong: stable reads"},
    END,
};

static const struct field metadata_fields[] = {
    {"name", FIELD_TEXT, AT(manifest, name), .required = true, .check = check_name,
        .meaning = "name of the object"},
    {"namespace", FIELD_TEXT, AT(manifest, namespace), .check = check_name,
        .meaning = "Kubernetes namespace, in which references are looked up; default \"default\""},
    {"*", FIELD_ANY, .meaning = "not read"},
    END,
};

#define DOCUMENT_FIELDS                                                                                      \
	{"apiVersion", FIELD_ANY, .required = true, .meaning = "as in the heading"},                         \
	    {"kind", FIELD_ANY, .required = true, .meaning = "as in the heading"},                           \
	{                                                                                                    \
		"metadata", FIELD_MAP, .required = true, .fields = metadata_fields,                          \
		                       .meaning = "what the object is called"                                \
	}
#define SPEC_AND_STATUS(spec_fields)                                                                         \
	{"spec", FIELD_MAP, .required = true, .fields = (spec_fields), .meaning = "what is wanted"},         \
	{                                                                                                    \
		"status", FIELD_ANY, .meaning = "not read"                                                   \
	}

static const struct field store_document[] = {DOCUMENT_FIELDS, SPEC_AND_STATUS(store_fields), END};
static const struct field index_document[] = {DOCUMENT_FIELDS, SPEC_AND_STATUS(index_fields), END};
static const struct field secret_document[] = {
    DOCUMENT_FIELDS,
    {"type", FIELD_ANY, .meaning = "not read"},
    {"immutable", FIELD_ANY, .meaning = "not read"},
    {"data", FIELD_PAIRS, AT(manifest, secret.data), .meaning = "values in base64"},
    {"stringData", FIELD_PAIRS, AT(manifest, secret.string_data),
        .meaning = "values as they are; they stand before data"},
    END,
};

static const struct index_policy index_defaults = {.snapshot_interval_ms = 5 * 60 * 1000, .scan_threads = 8};

static size_t problem_count(const struct problems *p)
{
	return p->len + p->dropped;
}

/* As an API server does, line breaks in base64 are passed over. */
static int decode_base64(struct arena *a, struct span s, struct span *ret)
{
	char *text = arena_alloc(a, s.len), *bytes = arena_alloc(a, base64_decoded_max(s.len));
	size_t n = 0, len;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\n' && s.ptr[i] != '\r')
			text[n++] = s.ptr[i];
	}
	if (base64_decode(span_of(text, n), bytes, &len) < 0)
		return -E_INVALID;
	*ret = span_of(bytes, len);
	return 0;
}

static void decode_secret(struct arena *a, const struct manifest *m, struct problems *problems)
{
	for (size_t i = 0; i < m->secret.data.len; i++) {
		struct pair *p = &m->secret.data.at[i];
		if (decode_base64(a, p->value, &p->value) < 0) {
			struct span field = arena_printf(a, "data.%.*s", NAME_FMT(p->key));
			manifest_complain(
			    m, problems, field.ptr, "must be base64 (plain text goes to stringData)");
		}
	}
}

static void check_store(struct arena *a, const struct manifest *m, struct problems *problems)
{
	const struct vectorstore_spec *s = &m->store;
	if (s->kind != 0)
		manifest_complain(m, problems, "spec.kind", "%s is not supported yet; use turbopuffer",
		    store_kinds[s->kind]);
	if (s->auth == AUTH_KEYS && s->keys.len == 0)
		manifest_complain(m, problems, "spec.inboundAuth.keys", "required in mode keys");
	if (s->auth != AUTH_KEYS && s->keys.len != 0)
		manifest_complain(m, problems, "spec.inboundAuth.keys",
		    "only for mode keys; the mode here is %s", auth_modes[s->auth]);
}

/* Its name becomes the upstream namespace unless it names another. */
static void check_index(struct arena *a, const struct manifest *m, struct problems *problems)
{
	const char *why = m->index.namespace.len ? NULL : check_namespace(m->name);
	if (why)
		manifest_complain(m, problems, "metadata.name", "as the upstream namespace, %s", why);
}

static const struct {
	const char *name, *group, *api_version;
	const struct field *fields;
	/* What the table of fields cannot say. */
	void (*check)(struct arena *a, const struct manifest *m, struct problems *problems);
} kinds[] = {
    [MANIFEST_VECTORSTORE] = {"VectorStore", "hevlayer.com", "hevlayer.com/v1alpha1", store_document,
        check_store},
    [MANIFEST_INDEX] = {"Index", "hevlayer.com", "hevlayer.com/v1", index_document, check_index},
    [MANIFEST_SECRET] = {"Secret", "", "v1", secret_document, decode_secret},
};
#define KIND_COUNT (sizeof kinds / sizeof *kinds)

/* The kind of a document, or -E_NOT_FOUND if it is none of ours. A wrong version of our group is one of ours,
 * to be complained about; so is a missing one. */
static int find_kind(struct span kind, struct span api_version)
{
	size_t slash = span_find(api_version, '/');
	struct span group = span_of(api_version.ptr, slash < api_version.len ? slash : 0);
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (span_eq(kind, span_str(kinds[i].name)) &&
		    (api_version.len == 0 || span_eq(group, span_str(kinds[i].group))))
			return (int)i;
	}
	return -E_NOT_FOUND;
}

struct file_reader {
	struct arena *arena;
	struct span name;
	struct manifests *out;
	struct problems *problems;
};

static struct span text_at(const struct yaml_node *map, struct span key)
{
	const struct yaml_node *node = yaml_get(map, key);
	return node && node->kind == YAML_SCALAR ? node->text : SPAN_NONE;
}

static void read_object(
    struct file_reader *f, const struct yaml_node *root, struct span path, enum manifest_kind kind)
{
	struct schema_reader reader = {.arena = f->arena, .problems = f->problems, .file = f->name};
	struct manifest m = {.kind = kind, .file = f->name, .root = root, .path = path};
	struct span api_version = text_at(root, SPAN("apiVersion"));
	size_t before = problem_count(f->problems);
	memcpy(reader.path, path.ptr, path.len);
	reader.path_len = path.len;
	m.namespace = SPAN("default");
	if (kind == MANIFEST_INDEX)
		m.index.policy = index_defaults;
	schema_read(&reader, root, kinds[kind].fields, &m);
	if (yaml_get(root, SPAN("apiVersion")) && !span_eq(api_version, span_str(kinds[kind].api_version)))
		manifest_complain(&m, f->problems, "apiVersion", "must be %s", kinds[kind].api_version);
	m.bad = problem_count(f->problems) != before;
	if (!m.bad)
		kinds[kind].check(f->arena, &m, f->problems);
	m.bad = problem_count(f->problems) != before;
	vec_push(&f->out->list, m);
}

static void read_document(struct file_reader *f, const struct yaml_node *root, struct span path);

static void read_list_items(struct file_reader *f, const struct yaml_node *root)
{
	const struct yaml_node *items = yaml_get(root, SPAN("items"));
	size_t n = 0;
	if (!items || items->kind != YAML_LIST) {
		problems_add(
		    f->problems, f->name, schema_line(root, SPAN("items")), SPAN("items"), "must be a list");
		return;
	}
	for (const struct yaml_node *item = items->first; item; item = item->next)
		read_document(f, item, arena_printf(f->arena, "items[%zu]", n++));
}

static void read_document(struct file_reader *f, const struct yaml_node *root, struct span path)
{
	struct span kind = text_at(root, SPAN("kind")), api_version = text_at(root, SPAN("apiVersion"));
	if (root->kind != YAML_MAP)
		problems_add(f->problems, f->name, root->line, path, "must be a map: a Kubernetes object");
	else if (kind.len == 0)
		problems_add(f->problems, f->name, root->line,
		    path.len ? arena_printf(f->arena, "%.*s.kind", SPAN_FMT(path)) : SPAN("kind"),
		    "required");
	else if (path.len == 0 && span_eq(kind, SPAN("List")) && span_eq(api_version, SPAN("v1")))
		read_list_items(f, root);
	else if (find_kind(kind, api_version) >= 0)
		read_object(f, root, path, (enum manifest_kind)find_kind(kind, api_version));
}

int manifest_read(
    struct arena *a, struct span file, struct span text, struct manifests *ret, struct problems *problems)
{
	struct file_reader f = {.arena = a, .name = file, .out = ret, .problems = problems};
	struct yaml_node *root;
	struct yaml_error err;
	if (yaml_parse(a, text, &root, &err) < 0) {
		problems_add(problems, file, err.line, SPAN_NONE, "%s%s%.*s%s", err.message,
		    err.key.len ? " \"" : "", NAME_FMT(err.key), err.key.len ? "\"" : "");
		return -E_INVALID;
	}
	for (; root; root = root->next)
		read_document(&f, root, SPAN(""));
	return 0;
}

void manifest_complain(
    const struct manifest *m, struct problems *problems, const char *field, const char *fmt, ...)
{
	char path[400], text[PROBLEM_TEXT_MAX];
	va_list ap;
	snprintf(path, sizeof path, "%.*s%s%s", SPAN_FMT(m->path), m->path.len ? "." : "", field);
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	problems_put(problems, m->file, schema_line(m->root, span_str(field)), span_str(path), text);
}

const char *manifest_kind_name(enum manifest_kind kind)
{
	return kinds[kind].name;
}

/* The manual */

static const char *const type_names[] = {
    [FIELD_TEXT] = "text",
    [FIELD_BOOL] = "boolean",
    [FIELD_NUMBER] = "number",
    [FIELD_DURATION] = "duration",
    [FIELD_TEXTS] = "list of texts",
    [FIELD_PAIRS] = "map of texts",
    [FIELD_MAP] = "map",
    [FIELD_LIST] = "list of maps",
    [FIELD_ANY] = "any",
};

static void write_type(struct buf *b, const struct field *f)
{
	if (f->type == FIELD_NUMBER)
		buf_printf(b, "%llu to %llu", (unsigned long long)f->min, (unsigned long long)f->max);
	else if (!f->words)
		buf_append(b, span_str(type_names[f->type]));
	if (f->type == FIELD_CHOICES)
		buf_lit(b, "list of ");
	for (size_t i = 0; f->words && f->words[i]; i++)
		buf_printf(b, "%s`%s`", i ? ", " : "", f->words[i]);
}

static void write_fields(struct buf *b, const struct field *fields, const char *prefix)
{
	for (const struct field *f = fields; f->name; f++) {
		char path[200];
		snprintf(path, sizeof path, "%s%s", prefix, f->name);
		buf_printf(b, "| `%s` | ", path);
		write_type(b, f);
		buf_printf(b, " | %s | %s |\n", f->required ? "yes" : "", f->meaning);
		if (f->fields) {
			strncat(path, f->type == FIELD_LIST ? "[]." : ".", sizeof path - strlen(path) - 1);
			write_fields(b, f->fields, path);
		}
	}
}

void manifest_write_manual(struct buf *b)
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		buf_printf(b,
		    "## %s (`%s`)\n\n| Field | Type | Required | Meaning |\n| --- | --- | --- | --- |\n",
		    kinds[i].name, kinds[i].api_version);
		write_fields(b, kinds[i].fields, "");
		if (i + 1 < KIND_COUNT)
			buf_lit(b, "\n");
	}
}
