#include "base/time.h"
#include "store/handlers.h"
#include "store/write/copy_plan.h"

#define COPY_BILLED_PART 2 /* a copy is billed at half of its size, a branch not at all */

struct copy {
	struct copy_plan plan;
	struct holder *source, *dest; /* the same for a copy onto itself, which is refused */
};

/* Both locks of writers, in the order of the names, so that two copies cannot wait for each other. */
static void lock_writers(struct copy *x)
{
	bool source_first = span_cmp(x->source->name, x->dest->name) < 0;
	pthread_mutex_lock(source_first ? &x->source->writer : &x->dest->writer);
	if (x->source != x->dest)
		pthread_mutex_lock(source_first ? &x->dest->writer : &x->source->writer);
}

static void unlock_writers(struct copy *x)
{
	pthread_mutex_unlock(&x->dest->writer);
	if (x->source != x->dest)
		pthread_mutex_unlock(&x->source->writer);
}

static void put_reply(struct call *c, const struct copy *x)
{
	const struct namespace *ns = x->dest->data;
	buf_printf(&c->reply->body,
	    "{\"status\":\"OK\",\"message\":\"namespace cloned successfully\",\"rows_affected\":%zu",
	    namespace_row_count(ns));
	call_put_billing(c, x->plan.branch ? 0 : ns->logical_bytes / COPY_BILLED_PART, 0);
}

/* The log says only which namespace is copied: no writer of the source comes between what is in the log
 * before that and what is copied here, so a replay finds the same. */
static int copy_locked(struct call *c, struct copy *x)
{
	if (!x->source->data)
		return refuse_missing(&c->refusal, x->plan.source);
	if (x->dest->data)
		return refuse(&c->refusal, 400, "💔 destination namespace already exists");
	int rc = copy_plan_settle(&x->plan, &x->source->data->settings, &c->refusal);
	if (rc < 0)
		return rc;
	struct change change = {.ns = c->ns,
	    .at_ns = time_wall_ns(),
	    .create = true,
	    .rows = true,
	    .settings = &x->plan.set,
	    .source = x->plan.source};
	rc = store_commit(c, &change, x->source->data->schema);
	if (rc < 0)
		return rc;
	struct namespace *copy = namespace_copy(x->source->data, change.at_ns);
	namespace_apply(copy, &change);
	pthread_rwlock_wrlock(&x->dest->lock);
	holder_set(x->dest, copy);
	pthread_rwlock_unlock(&x->dest->lock);
	put_reply(c, x);
	return 0;
}

int copy_handle(struct call *c)
{
	struct copy x;
	struct catalog *all = &c->store->catalog;
	int rc = copy_plan_make(c->body, &x.plan, &c->refusal);
	if (rc < 0)
		return rc;
	x.source = catalog_take(all, x.plan.source, false);
	if (!x.source)
		return refuse_missing(&c->refusal, x.plan.source);
	x.dest = catalog_take(all, c->ns, true);
	if (x.dest) {
		lock_writers(&x);
		rc = copy_locked(c, &x);
		unlock_writers(&x);
		catalog_release(all, x.dest);
	} else {
		rc = refuse_too_many(c);
	}
	catalog_release(all, x.source);
	return rc;
}
