/* Finished pages of the listing, for a short while, so that who polls it does not cost a call per namespace
 * each time; and one maker for each, so that a burst does not either. Of one worker: not thread-safe. Bounded
 * in pages, in bytes, and in pages that are made at once. */
#pragma once

#include "base/buf.h"
#include "gateway/edge/request.h"
#include "gateway/namespaces/namespaces.h"

#define LISTING_PAGE_MAX ((size_t)64 << 20)

enum listing_state {
	LISTING_MAKING,
	LISTING_MADE,
	LISTING_FAILED,    /* `body` is the message of `error` */
	LISTING_ABANDONED, /* whoever made it is gone */
};

struct listing_page {
	enum listing_state state;
	struct buf body;
	enum error_id error;
	/* the cache's own */
	unsigned refs;
	uint64_t epoch, until_ns;
	struct span key;
	char text[];
};

/* The page of a key, with a reference. One that is MAKING is the caller's to make; it then calls
 * listing_cache_made(). If somebody else makes it, waits for that. `epoch` moves on when a namespace is
 * deleted: pages from before are not given out any more. -E_CANCELLED, or -E_TIMEOUT if for too long too many
 * pages were being made. */
MUST_USE int listing_cache_take(
    struct listing_cache *c, struct span key, uint64_t epoch, struct listing_page **ret);
/* The page has reached another state. */
void listing_cache_made(struct listing_cache *c, struct listing_page *page);
/* NULL is fine. */
void listing_page_unref(struct listing_page *page);
