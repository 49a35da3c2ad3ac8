/* The configuration: one immutable snapshot of stores, keys and indexes, built from a directory of
 * Kubernetes manifests or from the environment. Readers on any thread share it by reference count; a reload
 * builds another one. Nothing here starts a thread or waits. */
#pragma once

#include "base/map.h"
#include "base/url.h"
#include "config/problems.h"
#include "config/texts.h"

#define CONFIG_STORES_MAX 100

/* What a key may do, and what a route needs. A set of bits. */
enum scope { SCOPE_NONE = 0, SCOPE_READ = 1, SCOPE_WRITE = 2, SCOPE_ADMIN = 4 };

enum auth_mode {
	AUTH_DERIVE_FROM_STORE, /* the default store's credential, with full access */
	AUTH_KEYS,              /* the store's listed keys, each with its scopes */
	AUTH_OPEN,              /* anyone */
};

struct config_key {
	struct span name;
	unsigned scopes; /* bits of enum scope; never empty */
	struct span secret;
};

struct config_store {
	struct span name;
	struct url url;
	struct span region;     /* a label; may be empty */
	struct span credential; /* never empty, and fit to stand in a header */
	enum auth_mode auth;
	const struct config_key *keys; /* with AUTH_KEYS at least one, with others none */
	size_t key_count;
	size_t position; /* in config->stores */
};

enum index_cache_mode { INDEX_CACHE_STANDARD, INDEX_CACHE_STAGING };
enum index_consistency { INDEX_STRONG, INDEX_EVENTUAL };

/* What an Index says about its namespace, with defaults filled in. */
struct index_policy {
	int distance_metric;            /* enum index_metric */
	struct texts facet_fields;      /* empty: no automatic snapshots */
	uint64_t snapshot_interval_ms;  /* default 5 minutes */
	uint64_t snapshot_retention_ms; /* 0: for ever (default) */
	uint64_t scan_threads;          /* default 8 */
	uint64_t scan_shards;           /* 0: not given; else 2 to 256 */
	uint64_t cache_ttl_ms;          /* 0: not given */
	uint64_t cache_cap_gib;         /* 0: not given */
	int cache_mode;                 /* enum index_cache_mode */
	int consistency;                /* enum index_consistency; default strong */
};
enum index_metric { INDEX_COSINE_DISTANCE, INDEX_EUCLIDEAN_SQUARED };

struct config_index {
	struct span name;      /* of the Index object */
	struct span namespace; /* the upstream namespace that it is about */
	const struct config_store *store;
	struct pairs labels; /* spec.metadata.labels */
	struct index_policy policy;
};

struct config {
	const struct config_store *stores; /* at least one; by name */
	size_t store_count;
	const struct config_store *default_store; /* never NULL */
	size_t index_count;
	struct map indexes; /* by upstream namespace; through config_index() */
	struct arena *arena;
	unsigned refs; /* atomic */
};

/* Reads every *.yaml, *.yml and *.json file of a directory, in the order of their names; hidden files and
 * subdirectories are skipped. The result holds one reference. -E_CONFIG with the reasons added to `problems`
 * if anything at all is wrong: a configuration is taken whole or not at all. */
MUST_USE int config_load_dir(const char *path, struct config **ret, struct problems *problems);

/* One default store out of TURBOPUFFER_API_KEY and TURBOPUFFER_API_URL, with deriveFromStore. Errors as
 * above. */
MUST_USE int config_from_env(struct config **ret, struct problems *problems);

struct config *config_ref(struct config *cfg);
/* Gives a reference back and returns NULL; the last one frees. NULL is fine. */
struct config *config_unref(struct config *cfg);

/* The Index of an upstream namespace, or NULL. */
const struct config_index *config_index(const struct config *cfg, struct span namespace);
/* The store that serves an upstream namespace (the empty name: no namespace); never NULL. */
const struct config_store *config_store_for(const struct config *cfg, struct span namespace);
/* The store of a name, or NULL. */
const struct config_store *config_store_named(const struct config *cfg, struct span name);
