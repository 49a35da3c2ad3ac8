/* Any bytes as a manifest file: read, checked and, where nothing is wrong, built into a configuration whose
 * promises (config/config.h) must hold. */
#include "fuzz.h"

#include "config/build.h"

static void check_config(const struct config *cfg)
{
	assert(cfg->store_count > 0 && cfg->default_store);
	for (size_t i = 0; i < cfg->store_count; i++) {
		const struct config_store *store = &cfg->stores[i];
		assert(
		    store->position == i && store->name.len && store->credential.len && store->url.host.len);
		assert(config_store_named(cfg, store->name) == store);
		assert((store->auth == AUTH_KEYS) == (store->key_count > 0));
		for (size_t k = 0; k < store->key_count; k++)
			assert(store->keys[k].scopes && store->keys[k].secret.len && store->keys[k].name.len);
	}
	map_each (&cfg->indexes, entry) {
		const struct config_index *index = entry->value;
		assert(index->store && config_store_for(cfg, index->namespace) == index->store);
		assert(index->policy.snapshot_interval_ms && index->policy.scan_threads);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct manifests manifests = {0};
	struct problems problems = {0};
	struct config *cfg;
	struct span text = span_of((const char *)data, size);
	uint32_t lines = 2; /* the last one, and one past it where something is missing at the end */
	for (size_t i = 0; i < size; i++)
		lines +=
		    data[i] == '\n' || data[i] == '\r' || data[i] >= 0x80; /* YAML has more line breaks */
	int rc = manifest_read(a, SPAN("f"), text, &manifests, &problems);
	assert(rc == 0 || problems.len);
	if (build_config(&manifests, &cfg, &problems) == 0) {
		check_config(cfg);
		config_unref(cfg);
	} else {
		assert(problems.len);
	}
	for (size_t i = 0; i < problems.len; i++)
		assert(problems.at[i].line <= lines && problems.at[i].message.len);
	problems_free(&problems);
	vec_free(&manifests.list);
	arena_free(a);
	return 0;
}
