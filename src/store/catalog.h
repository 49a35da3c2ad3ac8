/* The table of namespaces and the locks of each.
 *
 * A holder stands for a name. Whoever writes takes `writer` for the whole of plan, log and apply, so writers
 * of one namespace come one by one while readers go on; only applying takes `lock` for writing. A holder
 * whose namespace is gone (data == NULL) vanishes with its last user. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "store/data/namespace.h"

#define CATALOG_MAX 1000000

struct tail;

struct holder {
	struct namespace *data; /* changes under both locks; NULL: does not exist */
	struct tail *tail;      /* the same; NULL: its index does not lag (store/cloud/tail.h) */
	pthread_mutex_t writer;
	pthread_rwlock_t lock;
	size_t users;       /* under the catalog's lock */
	atomic_bool listed; /* data != NULL, for readers without a lock */
	struct span name;
};

struct catalog {
	pthread_mutex_t lock;
	VEC(struct holder *) by_name; /* in byte order */
};

void catalog_init(struct catalog *c);
/* Frees all namespaces; no holder may be in use. */
void catalog_free(struct catalog *c);

/* The holder of a name, or NULL if there is none and `make` is false, or if there are CATALOG_MAX already;
 * end with catalog_release(). */
struct holder *catalog_take(struct catalog *c, struct span name, bool make);
void catalog_release(struct catalog *c, struct holder *h);
/* Sets what the holder holds; the caller has both locks. Returns the namespace it held before; its tail is
 * gone.
 */
struct namespace *holder_set(struct holder *h, struct namespace *data);

/* Up to `max` names of existing namespaces with this prefix that follow `after` (empty: from the first), in
 * byte order; copied to the arena. Returns how many. */
size_t catalog_list(
    struct catalog *c, struct arena *a, struct span prefix, struct span after, size_t max, struct span *out);
