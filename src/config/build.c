#include "config/build.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define CREDENTIAL_MAX 4096

struct builder {
	const struct manifests *manifests;
	struct problems *problems;
	struct arena *scratch;
	struct map objects;             /* struct manifest by kind, namespace and name */
	const struct manifest **stores; /* by name; parallel to cfg->stores */
	struct config *cfg;
};

static struct config *config_new(void)
{
	struct arena *a = arena_new();
	struct config *cfg = arena_one(a, struct config);
	cfg->arena = a;
	cfg->refs = 1;
	return cfg;
}

/* Objects */

static void complain_twice(struct builder *b, const struct manifest *m, const struct manifest *earlier)
{
	manifest_complain(m, b->problems, "metadata.name", "%s \"%.*s\" is also in %.*s, line %u",
	    manifest_kind_name(m->kind), NAME_FMT(m->name), NAME_FMT(earlier->file),
	    schema_line(earlier->root, SPAN("metadata.name")));
}

static struct span object_id(
    struct builder *b, enum manifest_kind kind, struct span namespace, struct span name)
{
	return arena_printf(b->scratch, "%d/%.*s/%.*s", kind, SPAN_FMT(namespace), SPAN_FMT(name));
}

/* Enters all objects; each may stand in one place only. */
static void collect_objects(struct builder *b)
{
	vec_each (&b->manifests->list, m) {
		if (!m->name.len)
			continue;
		struct span id = object_id(b, m->kind, m->namespace, m->name);
		const struct manifest *earlier = map_get(&b->objects, id);
		if (earlier)
			complain_twice(b, m, earlier);
		else
			map_put(&b->objects, id, m);
	}
}

/* Secrets */

const char *build_check_credential(struct span credential)
{
	if (credential.len == 0)
		return "is empty";
	if (credential.len > CREDENTIAL_MAX)
		return "is too long";
	for (size_t i = 0; i < credential.len; i++) {
		if (credential.ptr[i] <= ' ' || credential.ptr[i] > '~')
			return "holds a line break, a space or another character that a bearer token cannot "
			       "have";
	}
	return NULL;
}

#define VARIABLE_MAX 600

/* LAYER_SECRET_<NAME>_<KEY> */
static void secret_variable(const struct secret_ref *ref, char out[VARIABLE_MAX])
{
	snprintf(out, VARIABLE_MAX, "LAYER_SECRET_%.*s_%.*s", SPAN_FMT(ref->name), SPAN_FMT(ref->key));
	for (char *p = out; *p; p++)
		*p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
}

static const struct pair *find_pair(const struct pairs *pairs, struct span key)
{
	for (size_t i = 0; i < pairs->len; i++) {
		if (span_eq(pairs->at[i].key, key))
			return &pairs->at[i];
	}
	return NULL;
}

/* A reference on its way to a value: where it stands, for complaints. */
struct lookup {
	const struct manifest *manifest;
	const char *field; /* "spec.credential.secretRef" */
	const struct secret_ref *ref;
};

static void complain_lookup(struct builder *b, const struct lookup *at, const char *part, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));

static void complain_lookup(
    struct builder *b, const struct lookup *at, const char *part, const char *fmt, ...)
{
	char field[200], text[PROBLEM_TEXT_MAX];
	va_list ap;
	snprintf(field, sizeof field, "%s.%s", at->field, part);
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	manifest_complain(at->manifest, b->problems, field, "%s", text);
}

/* The value in the Secret's manifest; complains if there is none. A name that leads nowhere is not quoted: it
 * may be the secret itself, in the wrong place. */
static int find_in_manifests(struct builder *b, const struct lookup *at, struct span *ret)
{
	struct span name = at->ref->name, key = at->ref->key, namespace = at->manifest->namespace;
	const struct manifest *secret = map_get(&b->objects, object_id(b, MANIFEST_SECRET, namespace, name));
	if (!secret) {
		complain_lookup(b, at, "name",
		    "there is no Secret of this name in namespace \"%.*s\", nor a variable "
		    "LAYER_SECRET_<NAME>_<KEY>",
		    NAME_FMT(namespace));
		return -E_NOT_FOUND;
	}
	if (secret->bad)
		return -E_NOT_FOUND;
	const struct pair *pair = find_pair(&secret->secret.string_data, key);
	if (!pair)
		pair = find_pair(&secret->secret.data, key);
	if (!pair) {
		complain_lookup(b, at, "key", "Secret \"%.*s\" has no such key", NAME_FMT(name));
		return -E_NOT_FOUND;
	}
	*ret = pair->value;
	return 0;
}

/* The value that a reference in a manifest leads to; the empty span after complaining. */
static struct span resolve_secret(
    struct builder *b, const struct manifest *m, const char *field, const struct secret_ref *ref)
{
	const struct lookup at = {m, field, ref};
	char variable[VARIABLE_MAX];
	secret_variable(ref, variable);
	struct span value = span_str(getenv(variable));
	if (value.len == 0 && find_in_manifests(b, &at, &value) < 0)
		return SPAN_NONE;
	const char *why = build_check_credential(value);
	if (why) {
		complain_lookup(b, &at, "key", "the secret's value %s", why);
		return SPAN_NONE;
	}
	return arena_copy(b->cfg->arena, value);
}

/* Stores */

static int by_manifest_name(const void *a, const void *b)
{
	const struct manifest *const *x = a, *const *y = b;
	return span_cmp((*x)->name, (*y)->name);
}

/* Collects the stores in the order of their names. One gateway serves one Kubernetes namespace. */
static void collect_stores(struct builder *b)
{
	size_t n = 0;
	b->stores = arena_array(b->scratch, const struct manifest *, b->manifests->list.len);
	vec_each (&b->manifests->list, m) {
		if (m->kind != MANIFEST_VECTORSTORE || !m->name.len)
			continue;
		if (n && !span_eq(m->namespace, b->stores[0]->namespace))
			manifest_complain(m, b->problems, "metadata.namespace",
			    "all VectorStores must be in one namespace; \"%.*s\" is in \"%.*s\"",
			    NAME_FMT(b->stores[0]->name), NAME_FMT(b->stores[0]->namespace));
		b->stores[n++] = m;
	}
	if (n > CONFIG_STORES_MAX)
		problems_add(
		    b->problems, SPAN_NONE, 0, SPAN_NONE, "more than %d VectorStores", CONFIG_STORES_MAX);
	if (n)
		qsort(b->stores, n, sizeof *b->stores, by_manifest_name);
	b->cfg->store_count = n;
}

static void check_equal_keys(
    struct builder *b, const struct manifest *m, const struct config_key *keys, size_t at)
{
	char field[80];
	for (size_t i = 0; i < at; i++) {
		bool same_name = span_eq(keys[i].name, keys[at].name);
		bool same_secret = keys[at].secret.len && span_eq(keys[i].secret, keys[at].secret);
		snprintf(field, sizeof field, "spec.inboundAuth.keys[%zu]%s", at, same_name ? ".name" : "");
		if (same_name)
			manifest_complain(m, b->problems, field, "duplicate name");
		else if (same_secret)
			manifest_complain(m, b->problems, field, "has the same value as key \"%.*s\"",
			    NAME_FMT(keys[i].name));
	}
}

static void build_keys(struct builder *b, const struct manifest *m, struct config_store *store)
{
	const struct inbound_key *in = m->store.keys.at;
	struct config_key *keys = arena_array(b->cfg->arena, struct config_key, m->store.keys.len);
	for (size_t i = 0; i < m->store.keys.len; i++) {
		char field[80];
		snprintf(field, sizeof field, "spec.inboundAuth.keys[%zu].secretRef", i);
		keys[i] = (struct config_key){
		    .name = arena_copy(b->cfg->arena, in[i].name),
		    .scopes = in[i].scopes,
		    .secret = resolve_secret(b, m, field, &in[i].secret),
		};
		check_equal_keys(b, m, keys, i);
	}
	store->keys = keys;
	store->key_count = m->store.keys.len;
}

static void build_store(struct builder *b, const struct manifest *m, struct config_store *store)
{
	struct arena *a = b->cfg->arena;
	store->name = arena_copy(a, m->name);
	if (m->bad)
		return;
	int rc = url_parse(arena_copy(a, m->store.url), &store->url, NULL);
	assert(rc == 0); /* the manifest's table has checked it */
	store->region = arena_copy(a, m->store.region);
	store->credential = resolve_secret(b, m, "spec.credential.secretRef", &m->store.credential);
	store->auth = (enum auth_mode)m->store.auth;
	build_keys(b, m, store);
}

static void choose_default(struct builder *b)
{
	struct config *cfg = b->cfg;
	const struct manifest *chosen = NULL;
	bool unsure = false;
	for (size_t i = 0; i < cfg->store_count; i++) {
		const struct manifest *m = b->stores[i];
		unsure |= m->bad;
		if (m->bad || !m->store.is_default)
			continue;
		if (chosen)
			manifest_complain(m, b->problems, "spec.default",
			    "there are two defaults: \"%.*s\" and \"%.*s\"", NAME_FMT(chosen->name),
			    NAME_FMT(m->name));
		chosen = m;
		cfg->default_store = &cfg->stores[i];
	}
	if (cfg->store_count == 1)
		cfg->default_store = &cfg->stores[0];
	else if (!chosen && !unsure)
		manifest_complain(b->stores[0], b->problems, "spec.default",
		    "none of the %zu VectorStores is the default: set spec.default: true in one of them",
		    cfg->store_count);
}

static void build_stores(struct builder *b)
{
	struct config *cfg = b->cfg;
	collect_stores(b);
	if (cfg->store_count == 0) {
		problems_add(b->problems, SPAN_NONE, 0, SPAN_NONE, "%s", BUILD_NO_STORE);
		return;
	}
	struct config_store *stores = arena_array(cfg->arena, struct config_store, cfg->store_count);
	for (size_t i = 0; i < cfg->store_count; i++) {
		stores[i].position = i;
		build_store(b, b->stores[i], &stores[i]);
	}
	cfg->stores = stores;
	choose_default(b);
}

/* Indexes */

static struct texts copy_texts(struct arena *a, struct texts in)
{
	struct span *at = arena_array(a, struct span, in.len);
	for (size_t i = 0; i < in.len; i++)
		at[i] = arena_copy(a, in.at[i]);
	return (struct texts){at, in.len};
}

/* The store of an Index, or NULL after complaining (or where the fault is the store's). */
static const struct config_store *index_store(struct builder *b, const struct manifest *m)
{
	struct span name = m->index.store_ref;
	bool same_namespace = b->cfg->store_count && span_eq(b->stores[0]->namespace, m->namespace);
	const struct config_store *store =
	    name.len ? config_store_named(b->cfg, name) : b->cfg->default_store;
	if (b->cfg->store_count == 0 || (store && same_namespace))
		return store;
	if (name.len)
		manifest_complain(m, b->problems, "spec.backend.storeRef",
		    "there is no VectorStore of this name in namespace \"%.*s\"", NAME_FMT(m->namespace));
	else if (!same_namespace)
		manifest_complain(m, b->problems, "metadata.namespace",
		    "there is no VectorStore in namespace \"%.*s\"", NAME_FMT(m->namespace));
	return NULL;
}

static void build_index(struct builder *b, const struct manifest *m, struct map *owners)
{
	struct arena *a = b->cfg->arena;
	struct config_index *index = arena_one(a, struct config_index);
	*index = (struct config_index){
	    .name = arena_copy(a, m->name),
	    .namespace = arena_copy(a, m->index.namespace.len ? m->index.namespace : m->name),
	    .store = index_store(b, m),
	    .policy = m->index.policy,
	};
	index->policy.facet_fields = copy_texts(a, m->index.policy.facet_fields);
	const struct manifest *owner = map_get(owners, index->namespace);
	if (owner) {
		manifest_complain(m, b->problems,
		    m->index.namespace.len ? "spec.backend.namespace" : "metadata.name",
		    "namespace \"%.*s\" has two Index objects: \"%.*s\" and \"%.*s\" (%.*s, line %u)",
		    NAME_FMT(index->namespace), NAME_FMT(m->name), NAME_FMT(owner->name),
		    NAME_FMT(owner->file), schema_line(owner->root, SPAN("metadata.name")));
		return;
	}
	map_put(owners, index->namespace, (void *)(uintptr_t)m);
	map_put(&b->cfg->indexes, index->namespace, index);
	b->cfg->index_count++;
}

static void build_indexes(struct builder *b)
{
	struct map owners = {0};
	vec_each (&b->manifests->list, m) {
		if (m->kind == MANIFEST_INDEX && !m->bad)
			build_index(b, m, &owners);
	}
	map_free(&owners);
}

int build_config(const struct manifests *manifests, struct config **ret, struct problems *problems)
{
	struct builder b = {
	    .manifests = manifests, .problems = problems, .scratch = arena_new(), .cfg = config_new()};
	size_t before = problems->len + problems->dropped;
	bool bad = false;
	vec_each (&manifests->list, m) {
		bad |= m->bad;
	}
	collect_objects(&b);
	build_stores(&b);
	build_indexes(&b);
	map_free(&b.objects);
	arena_free(b.scratch);
	if (bad || problems->len + problems->dropped != before) {
		config_unref(b.cfg);
		return -E_CONFIG;
	}
	*ret = b.cfg;
	return 0;
}

struct config *build_single(struct span name, struct span url, struct span credential)
{
	struct config *cfg = config_new();
	struct config_store *store = arena_one(cfg->arena, struct config_store);
	store->name = arena_copy(cfg->arena, name);
	store->credential = arena_copy(cfg->arena, credential);
	int rc = url_parse(arena_copy(cfg->arena, url), &store->url, NULL);
	assert(rc == 0);
	cfg->stores = cfg->default_store = store;
	cfg->store_count = 1;
	return cfg;
}
