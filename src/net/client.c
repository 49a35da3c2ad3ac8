#include "net/client.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "base/vec.h"

#define ADDRESSES_MAX 8
#define RESOLVED_NS   (30 * NS_PER_S) /* how long addresses are used before the name is asked for again */
#define HOST_MAX      256

struct address {
	struct sockaddr_storage sockaddr;
	socklen_t len;
};

struct client {
	struct loop *loop;
	struct client_options options;
	char host[HOST_MAX];
	uint16_t port;
	bool tls;
	unsigned out, total;
	struct client_conn *idle; /* the last one used comes first */
	VEC(struct coro *) waiting;
	struct address addresses[ADDRESSES_MAX];
	unsigned address_count;
	uint64_t resolved_until_ns;
};

struct client *client_new(struct loop *l, const struct url *origin, const struct client_options *options)
{
	struct client *c = calloc(1, sizeof *c);
	if (!c || origin->host.len >= sizeof c->host)
		abort(); /* the URL's parser bounds a host */
	c->loop = l;
	c->options = *options;
	memcpy(c->host, origin->host.ptr, origin->host.len);
	c->port = origin->port;
	c->tls = origin->tls;
	return c;
}

/* The one place where a connection ends. */
static void conn_close(struct client_conn *conn)
{
	struct client *c = conn->client;
	timer_stop(c->loop, &conn->idle_timer);
	http_conn_free(conn->http);
	free(conn);
	c->total--;
}

static void unlink_idle(struct client_conn *conn)
{
	struct client_conn **at = &conn->client->idle;
	while (*at != conn)
		at = &(*at)->next;
	*at = conn->next;
}

static void close_idle(struct client *c)
{
	while (c->idle) {
		struct client_conn *conn = c->idle;
		c->idle = conn->next;
		conn_close(conn);
	}
}

void client_free(struct client *c)
{
	if (!c)
		return;
	assert(c->out == 0);
	close_idle(c);
	vec_free(&c->waiting);
	free(c);
}

/* --- addresses --- */

static bool add_address(struct client *c, const struct sockaddr *addr, socklen_t len)
{
	if (c->address_count == ADDRESSES_MAX)
		return false;
	struct address *a = &c->addresses[c->address_count++];
	memcpy(&a->sockaddr, addr, len);
	a->len = len;
	return true;
}

static bool numeric_address(struct client *c)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(c->port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(c->port)};
	c->address_count = 0;
	if (inet_pton(AF_INET, c->host, &v4.sin_addr) == 1)
		return add_address(c, (struct sockaddr *)&v4, sizeof v4);
	if (inet_pton(AF_INET6, c->host, &v6.sin6_addr) == 1)
		return add_address(c, (struct sockaddr *)&v6, sizeof v6);
	return false;
}

/* Outlives the coroutine that asked, should that be cancelled first. */
struct lookup {
	uv_getaddrinfo_t req;
	struct coro *asker; /* NULL: nobody waits any more */
	struct addrinfo *result;
	int rc;
};

static void on_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *result)
{
	struct lookup *l = req->data;
	if (!l->asker) {
		uv_freeaddrinfo(result);
		free(l);
		return;
	}
	l->rc = status < 0 ? -E_RESOLVE : 0;
	l->result = result;
	coro_wake(l->asker, 0);
}

static int resolve(struct client *c, uint64_t deadline_ns)
{
	static const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	char service[8];
	if (c->address_count && time_mono_ns() < c->resolved_until_ns)
		return 0;
	if (numeric_address(c)) {
		c->resolved_until_ns = UINT64_MAX;
		return 0;
	}
	struct lookup *l = calloc(1, sizeof *l);
	if (!l)
		abort();
	l->req.data = l;
	l->asker = coro_self();
	l->rc = -E_AGAIN;
	snprintf(service, sizeof service, "%u", c->port);
	if (uv_getaddrinfo(loop_uv(c->loop), &l->req, on_resolved, c->host, service, &hints) < 0) {
		free(l);
		return -E_RESOLVE;
	}
	int rc = coro_wait(deadline_ns);
	if (l->rc == -E_AGAIN) { /* timed out or cancelled: on_resolved frees it */
		l->asker = NULL;
		return rc < 0 ? rc : -E_RESOLVE;
	}
	if (l->rc == 0) {
		c->address_count = 0;
		for (struct addrinfo *a = l->result; a && add_address(c, a->ai_addr, a->ai_addrlen);
		     a = a->ai_next)
			;
		c->resolved_until_ns = deadline_in(RESOLVED_NS);
	}
	rc = l->rc;
	uv_freeaddrinfo(l->result);
	free(l);
	return rc;
}

/* --- connecting --- */

static int connect_any(struct client *c, uint64_t deadline_ns, struct stream **ret)
{
	int rc = resolve(c, deadline_ns);
	if (rc < 0)
		return rc;
	/* Another coroutine may resolve anew while this one connects. */
	struct address addresses[ADDRESSES_MAX];
	unsigned count = c->address_count;
	memcpy(addresses, c->addresses, sizeof addresses);
	rc = -E_RESOLVE;
	for (unsigned i = 0; i < count; i++) {
		rc = stream_connect(
		    c->loop, (struct sockaddr *)&addresses[i].sockaddr, addresses[i].len, deadline_ns, ret);
		if (rc == 0 || rc == -E_CANCELLED || rc == -E_TIMEOUT)
			return rc;
	}
	c->resolved_until_ns = c->resolved_until_ns == UINT64_MAX ? UINT64_MAX : 0;
	return rc;
}

static int open_conn(struct client *c, uint64_t deadline_ns, struct client_conn **ret)
{
	struct stream *s = NULL;
	uint64_t own = deadline_in(c->options.connect_timeout_ns);
	if (own < deadline_ns)
		deadline_ns = own;
	int rc = connect_any(c, deadline_ns, &s);
	if (rc == 0 && c->tls) {
		rc = stream_start_tls(s, c->options.tls, span_str(c->host), deadline_ns);
		if (rc < 0)
			stream_close(s);
	}
	if (rc < 0)
		return rc;
	struct client_conn *conn = calloc(1, sizeof *conn);
	if (!conn)
		abort();
	conn->client = c;
	conn->http = http_conn_new(s, HTTP_CLIENT, &c->options.limits);
	*ret = conn;
	return 0;
}

/* Whatever happens on an idle connection ends it: its peer closed it, or talks out of turn. */
static void on_idle_event(void *ctx)
{
	unlink_idle(ctx);
	conn_close(ctx);
}

static void on_idle_timeout(struct timer *t)
{
	on_idle_event((char *)t - offsetof(struct client_conn, idle_timer));
}

/* The last one used that is still sound: what came behind its answer since the loop looked would be taken for
 * the answer to the next request. */
static struct client_conn *take_idle(struct client *c)
{
	struct client_conn *conn;
	while ((conn = c->idle)) {
		c->idle = conn->next;
		if (stream_rests(http_stream(conn->http)))
			break;
		conn_close(conn);
	}
	if (!conn)
		return NULL;
	timer_rest(c->loop, &conn->idle_timer);
	stream_watch(http_stream(conn->http), NULL, NULL);
	conn->reused = true;
	return conn;
}

static void wake_one(struct client *c)
{
	if (c->waiting.len)
		coro_wake(c->waiting.at[0], 0);
}

/* Waits until there is an idle connection or room for another. First come, first served. */
static int wait_for_room(struct client *c, uint64_t deadline_ns)
{
	int rc = 0;
	if (c->idle || c->total < c->options.connections_max)
		return 0;
	vec_push(&c->waiting, coro_self());
	while (rc == 0 && !c->idle && c->total >= c->options.connections_max)
		rc = coro_wait(deadline_ns);
	for (size_t i = 0; i < c->waiting.len; i++) {
		if (c->waiting.at[i] == coro_self()) {
			memmove(&c->waiting.at[i], &c->waiting.at[i + 1],
			    (--c->waiting.len - i) * sizeof *c->waiting.at);
			break;
		}
	}
	if (c->idle || c->total < c->options.connections_max)
		wake_one(c); /* whoever is next may have room as well */
	return rc;
}

int client_take(struct client *c, bool fresh, uint64_t deadline_ns, struct client_conn **ret)
{
	int rc = wait_for_room(c, deadline_ns);
	if (rc < 0)
		return rc;
	struct client_conn *conn = fresh ? NULL : take_idle(c);
	if (!conn) {
		c->total++;
		rc = open_conn(c, deadline_ns, &conn);
		if (rc < 0) {
			c->total--;
			wake_one(c);
			return rc;
		}
	}
	c->out++;
	*ret = conn;
	return 0;
}

void client_give(struct client_conn *conn, bool keep)
{
	if (!conn)
		return;
	struct client *c = conn->client;
	c->out--;
	if (keep && !http_next(conn->http)) {
		conn->next = c->idle;
		c->idle = conn;
		timer_start(c->loop, &conn->idle_timer, deadline_in(c->options.idle_timeout_ns));
		conn->idle_timer.fn = on_idle_timeout;
		stream_watch(http_stream(conn->http), on_idle_event, conn);
	} else {
		conn_close(conn);
	}
	wake_one(c);
}
