#include "config/config.h"

#include <stdlib.h>

#include "config/build.h"
#include "config/files.h"

#define DEFAULT_URL "https://aws-us-east-1.turbopuffer.com"

struct loader {
	struct arena *arena;
	struct manifests manifests;
	struct problems *problems;
	bool incomplete; /* some file's documents are unknown */
};

static void load_file(void *ctx, struct span name, struct span text)
{
	struct loader *l = ctx;
	if (manifest_read(l->arena, arena_copy(l->arena, name), text, &l->manifests, l->problems) < 0)
		l->incomplete = true;
}

int config_load_dir(const char *path, struct config **ret, struct problems *problems)
{
	struct loader l = {.arena = arena_new(), .problems = problems};
	struct config *cfg = NULL;
	size_t before = problems->len + problems->dropped;
	int rc = files_read(path, load_file, &l, problems);
	/* With a file missing, whatever refers to it would be reported as a mistake of its own. */
	if (rc == 0 && !l.incomplete)
		rc = build_config(&l.manifests, &cfg, problems);
	if (problems->len + problems->dropped != before)
		rc = -E_CONFIG;
	vec_free(&l.manifests.list);
	arena_free(l.arena);
	if (rc < 0)
		config_unref(cfg);
	else
		*ret = cfg;
	return rc;
}

int config_from_env(struct config **ret, struct problems *problems)
{
	struct span key = span_str(getenv("TURBOPUFFER_API_KEY")),
	            url = span_str(getenv("TURBOPUFFER_API_URL"));
	struct span file = SPAN("environment");
	struct url parsed;
	const char *why = build_check_credential(key), *url_why = NULL;
	if (url.len == 0)
		url = SPAN(DEFAULT_URL);
	if (key.len == 0) {
		problems_add(problems, file, 0, SPAN("TURBOPUFFER_API_KEY"), "%s", BUILD_NO_STORE);
		return -E_CONFIG;
	}
	if (why)
		problems_add(problems, file, 0, SPAN("TURBOPUFFER_API_KEY"), "%s", why);
	if (url_parse(url, &parsed, &url_why) < 0)
		problems_add(problems, file, 0, SPAN("TURBOPUFFER_API_URL"), "%s", url_why);
	if (why || url_why)
		return -E_CONFIG;
	*ret = build_single(SPAN("turbopuffer-default"), url, key);
	return 0;
}

struct config *config_ref(struct config *cfg)
{
	__atomic_fetch_add(&cfg->refs, 1, __ATOMIC_RELAXED);
	return cfg;
}

struct config *config_unref(struct config *cfg)
{
	if (cfg && __atomic_sub_fetch(&cfg->refs, 1, __ATOMIC_ACQ_REL) == 0) {
		map_free(&cfg->indexes);
		arena_free(cfg->arena);
	}
	return NULL;
}

const struct config_index *config_index(const struct config *cfg, struct span namespace)
{
	return map_get(&cfg->indexes, namespace);
}

const struct config_store *config_store_for(const struct config *cfg, struct span namespace)
{
	const struct config_index *index = config_index(cfg, namespace);
	return index ? index->store : cfg->default_store;
}

const struct config_store *config_store_named(const struct config *cfg, struct span name)
{
	for (size_t i = 0; i < cfg->store_count; i++) {
		if (span_eq(cfg->stores[i].name, name))
			return &cfg->stores[i];
	}
	return NULL;
}
