/* HTTP/1.1 connections to one origin from one loop, kept alive between requests. What is sent and how the
 * answer is read is the caller's; this is about having a sound connection. */
#pragma once

#include "base/url.h"
#include "net/http.h"

struct client;
struct tls_client;

struct client_options {
	struct http_limits limits;
	uint64_t connect_timeout_ns;
	uint64_t idle_timeout_ns; /* less than what load balancers allow, usually 60 s */
	unsigned connections_max; /* beyond it, who wants one waits */
	struct tls_client *tls;   /* needed for an https origin */
};

/* A connection taken out of the pool. */
struct client_conn {
	struct http_conn *http;
	bool reused; /* it has carried a request before: the peer may have closed it meanwhile */
	struct client *client;
	struct client_conn *next;
	struct timer idle_timer;
};

/* `origin` is copied; options->tls outlives the client. */
struct client *client_new(struct loop *l, const struct url *origin, const struct client_options *options);
/* Closes the idle connections; none may be out, and nobody may wait for one. NULL is fine. */
void client_free(struct client *c);

/* Takes an idle connection or makes one; with `fresh` it always makes one. -E_RESOLVE, -E_REFUSED, -E_TLS,
 * -E_TIMEOUT, -E_CANCELLED, -E_IO. */
MUST_USE int client_take(struct client *c, bool fresh, uint64_t deadline_ns, struct client_conn **ret);
/* Gives it back. `keep`: the exchange ended cleanly and the peer did not ask to close. NULL is fine. */
void client_give(struct client_conn *conn, bool keep);
