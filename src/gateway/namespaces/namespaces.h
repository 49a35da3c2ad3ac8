/* Namespaces as a whole: the listing with its signals, the metadata with its `layer` block, deletion. Page
 * api/namespace-metadata; gaps 1.2, 1.9, 2.6. */
#pragma once

#include <stdint.h>

struct request;

/* GET /v2/namespaces: pages of all stores, in the order of their names, each row with what the store's
 * metadata says about it. */
void namespaces_handle(struct request *r);
/* GET /v2/namespaces/{ns}/metadata: the store's own, and one member more. */
void metadata_handle(struct request *r);
/* DELETE /v2/namespaces/{ns}: in the store, then here. A namespace that is not there is deleted already. */
void namespace_delete_handle(struct request *r);

/* What forgets a deleted namespace, each in turn, after the store has deleted it and before the client hears
 * of it. A feature that keeps something of a namespace adds its function. */
#define NAMESPACE_FORGET_TABLE(X)                                                                            \
	X(forget_watermark)                                                                                  \
	X(forget_listings)

/* Pages of the listing that a worker keeps for a while (namespaces/listing_cache.h). */
struct listing_cache *listing_cache_new(uint64_t ttl_ms);
/* None of its pages may be in use. NULL is fine. */
void listing_cache_free(struct listing_cache *c);
