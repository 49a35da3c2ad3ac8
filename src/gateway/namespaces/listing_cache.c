#include "gateway/namespaces/listing_cache.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/time.h"
#include "rt/coro.h"

#define PAGES_MAX  256
#define BYTES_MAX  ((size_t)32 << 20)
#define MAKING_MAX 16 /* each holds a fan-out's coroutines */
#define WAIT_NS    (60 * NS_PER_S)

struct waiter {
	struct waiter *next, **link;
	struct coro *coro;
};

struct listing_cache {
	uint64_t ttl_ms;
	struct map pages; /* being made, or made */
	size_t bytes;     /* of those that are made */
	unsigned making;
	struct waiter *waiters;
};

struct listing_cache *listing_cache_new(uint64_t ttl_ms)
{
	struct listing_cache *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->ttl_ms = ttl_ms;
	return c;
}

void listing_cache_free(struct listing_cache *c)
{
	if (!c)
		return;
	map_each (&c->pages, slot) {
		listing_page_unref(slot->value);
	}
	map_free(&c->pages);
	free(c);
}

void listing_page_unref(struct listing_page *page)
{
	if (!page || --page->refs)
		return;
	buf_free(&page->body);
	free(page);
}

static void drop(struct listing_cache *c, struct listing_page *page)
{
	map_del(&c->pages, page->key);
	if (page->state == LISTING_MADE)
		c->bytes -= page->body.len;
	listing_page_unref(page);
}

/* Lets go of the page that ends first, until there is room for one more. */
static void make_room(struct listing_cache *c)
{
	while (c->pages.len >= PAGES_MAX || c->bytes > BYTES_MAX) {
		struct listing_page *first = NULL;
		map_each (&c->pages, slot) {
			struct listing_page *page = slot->value;
			if (page->state == LISTING_MADE && (!first || page->until_ns < first->until_ns))
				first = page;
		}
		if (!first)
			return;
		drop(c, first);
	}
}

/* A page of the caller's, who holds one reference; the map holds another. */
static struct listing_page *begin(struct listing_cache *c, struct span key, uint64_t epoch)
{
	struct listing_page *page = calloc(1, sizeof *page + key.len);
	if (!page)
		abort();
	memcpy(page->text, key.ptr, key.len);
	page->key = span_of(page->text, key.len);
	page->body = buf_new(LISTING_PAGE_MAX);
	page->epoch = epoch;
	page->refs = 1;
	c->making++;
	if (c->ttl_ms) {
		make_room(c);
		page->refs++;
		map_put(&c->pages, page->key, page);
	}
	return page;
}

/* The page of a key if it is of any use still. */
static struct listing_page *find(struct listing_cache *c, struct span key, uint64_t epoch)
{
	struct listing_page *page = map_get(&c->pages, key);
	if (page &&
	    (page->epoch != epoch || (page->state == LISTING_MADE && time_mono_ns() >= page->until_ns))) {
		drop(c, page);
		return NULL;
	}
	return page;
}

/* Until any page is no longer being made. */
static int wait_for_any(struct listing_cache *c, uint64_t deadline)
{
	struct waiter me = {.next = c->waiters, .link = &c->waiters, .coro = coro_self()};
	if (me.next)
		me.next->link = &me.next;
	c->waiters = &me;
	int rc = coro_wait(deadline);
	*me.link = me.next;
	if (me.next)
		me.next->link = me.link;
	return rc;
}

int listing_cache_take(struct listing_cache *c, struct span key, uint64_t epoch, struct listing_page **ret)
{
	uint64_t deadline = deadline_in(WAIT_NS);
	for (;;) {
		struct listing_page *page = find(c, key, epoch);
		if (!page && c->making < MAKING_MAX) {
			*ret = begin(c, key, epoch);
			return 0;
		}
		if (page)
			page->refs++;
		int rc = page && page->state == LISTING_MADE ? 0 : wait_for_any(c, deadline);
		if (rc == 0 && page && (page->state == LISTING_MADE || page->state == LISTING_FAILED)) {
			*ret = page;
			return 0;
		}
		listing_page_unref(page);
		if (rc < 0)
			return rc;
	}
}

void listing_cache_made(struct listing_cache *c, struct listing_page *page)
{
	c->making--;
	if (map_get(&c->pages, page->key) == page) {
		bool made = page->state == LISTING_MADE;
		page->until_ns = time_mono_ns() + c->ttl_ms * NS_PER_MS;
		if (made)
			c->bytes += page->body.len;
		if (!made || page->body.len > BYTES_MAX / 4)
			drop(c, page);
		else
			make_room(c);
	}
	for (struct waiter *w = c->waiters; w; w = w->next)
		coro_wake(w->coro, 0);
}
