/* The state of the simulation, private to cloud/. */
#pragma once

#include <pthread.h>

#include "base/map.h"
#include "store/cloud/cloud.h"
#include "store/cloud/operations.h"
#include "store/cloud/permits.h"

#define NAMES_MAX     65536 /* beyond, what can be forgotten is */
#define OVERRIDES_MAX 1000

/* An index that is being built: of this attribute, in the namespace that was created then. */
struct build {
	char attr[ATTR_NAME_MAX];
	size_t attr_len;
	uint64_t created_ns, began_ns;
};

/* What is known of a name, whether there is such a namespace or not. */
struct known {
	uint64_t requests;
	struct permits permits;
	VEC(struct build) builds;
	struct cloud_override *override; /* or NULL */
	size_t name_len;
	char name[];
};

struct cloud {
	pthread_mutex_t lock; /* of all that follows; never held while a request is carried out */
	struct cloud_settings start, settings;
	struct map known; /* by name */
	size_t overrides;
	struct operations operations;
};

/* With the lock held. The settings in force for a name; what is known of it, made if there is nothing. */
struct cloud_settings cloud_settings_of(const struct cloud *cloud, struct span ns);
struct known *cloud_known(struct cloud *cloud, struct span ns);

struct tail_rules cloud_rules(const struct cloud_settings *s);
bool cloud_is_copy(const struct call *c, enum cloud_class class);
/* `name` is static text, `value` stands in the request's arena. */
void cloud_add_header(struct call *c, struct span name, struct span value);
/* As refuse(), with the headers by which clients know when to come again. */
int cloud_refuse(struct call *c, const struct visit *v, int status, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* What depends on the namespace as it is: 0 to go on, 1 if it has been answered, or refused. */
MUST_USE int cloud_check_namespace(struct call *c, const struct visit *v, enum cloud_class class);
/* Takes the query's permits for as long as it takes, or refuses. */
MUST_USE int cloud_handle_with_permits(struct call *c, struct visit *v, int (*handle)(struct call *c));
/* Whether the request has become an operation, and is answered. */
bool cloud_defer(struct call *c, const struct visit *v, enum cloud_class class);
