/* The store behind HTTP, on one loop: authentication, gzip in both directions, and a blocking pool that runs
 * the requests. */
#pragma once

#include "base/time.h"
#include "rt/loop.h"
#include "store/store.h"

struct store_server;

struct store_server_options {
	const char *host;    /* numeric */
	uint16_t port;       /* 0: a free one */
	struct span api_key; /* empty: every request is let in */
	unsigned threads;    /* requests that run at once */
};

/* Listens; the store outlives the server. -E_BUSY and the like if the address cannot be had. */
MUST_USE int store_server_new(struct loop *l, struct store *st, const struct store_server_options *opts,
    struct store_server **ret_server, uint16_t *ret_port);
/* Stops accepting and lets what runs finish until the deadline; in a coroutine of the loop. */
void store_server_drain(struct store_server *s, uint64_t deadline_ns);
/* After a drain. NULL is fine. */
void store_server_free(struct store_server *s);
