/* One worker per core: a loop, the server on it, and everything that its requests use without locks. */
#pragma once

#include "config/config.h"
#include "gateway/consistency/consistency.h"
#include "gateway/settings.h"
#include "net/server.h"
#include "obs/access_log.h"
#include "obs/metrics.h"
#include "remote/turbopuffer/upstream.h"

/* What all workers share; immutable or thread-safe. */
struct gateway {
	struct settings settings;
	struct metrics *metrics;
	struct access_log *access_log; /* NULL: switched off */
	struct metric_cell *log_dropped;
	struct tls_client *tls;
	struct consistency *consistency;
	struct worker **workers;
	unsigned worker_count;
	unsigned connections_max; /* of one worker: the setting, as far as descriptors reach */
	_Atomic bool draining;
	_Atomic bool succeeded; /* another process listens on the same sockets */
	_Atomic bool configured;
	_Atomic bool config_valid;     /* the newest files on disk are the ones in force */
	_Atomic uint64_t write_memory; /* bytes of writes that are held whole */
};

/* A configuration as one worker uses it: the snapshot and a client per store. Counted by the requests that
 * run under it; only for the worker's thread. */
struct worker_config {
	struct config *config;
	struct upstream **upstreams; /* by config_store.position */
	unsigned refs;
};

struct worker {
	struct gateway *gateway;
	struct loop *loop;
	struct server *server;
	struct server_options server_options;
	struct metrics_shard *metrics;
	struct metric_cell *connections, *made_room, *turned_away, *inflight, *loop_blocked;
	struct access_log_writer *log; /* NULL: switched off */
	struct worker_config *config;  /* NULL until the first one arrives */
	unsigned number;
};

/* A worker that serves `fd` on a loop of its own; it runs on the thread that calls worker_run. */
MUST_USE int worker_new(struct gateway *g, unsigned number, int fd, struct worker **ret);
/* Runs until worker_drain has been done. */
void worker_run(struct worker *w);
void worker_free(struct worker *w);

/* From any thread: lets the worker use another configuration (takes a reference of its own). */
void worker_configure(struct worker *w, struct config *cfg);
/* From any thread: finish what is under way, then let worker_run return. */
void worker_drain(struct worker *w);

/* A configuration for the coroutines of a loop, which takes over the reference to cfg. Clients of stores that
 * did not change since `before` (NULL: nothing) go on. */
struct worker_config *worker_config_new(struct loop *l, const struct upstream_options *options,
    const struct worker_config *before, struct config *cfg);
struct upstream_options worker_upstream_options(const struct gateway *g);
/* The worker's current configuration with a reference for the caller. */
struct worker_config *worker_config_ref(struct worker *w);
void worker_config_unref(struct worker_config *c);
/* The client of a store of that configuration. */
struct upstream *worker_upstream(const struct worker_config *c, const struct config_store *store);
