/* From checked manifests to a configuration: references are looked up, and what only shows when all
 * manifests are seen together is checked. */
#pragma once

#include "config/manifest.h"

/* The way to say that there is no store at all. */
#define BUILD_NO_STORE                                                                                       \
	"no vector store is configured: set TURBOPUFFER_API_KEY (and TURBOPUFFER_API_URL for another "       \
	"endpoint than the default), or let LAYER_CONFIG_DIR name a directory with a VectorStore manifest "  \
	"and its Secret"

/* Builds a configuration with one reference; nothing of it points into the manifests. -E_CONFIG if a
 * manifest is bad, or with the reasons added to `problems`. */
MUST_USE int build_config(const struct manifests *manifests, struct config **ret, struct problems *problems);

/* A configuration of one default store with deriveFromStore. All texts are copied. `url` was parsed by
 * url_parse. */
struct config *build_single(struct span name, struct span url, struct span credential);

/* What is wrong with a credential that must stand in an Authorization header, or NULL. */
const char *build_check_credential(struct span credential);
