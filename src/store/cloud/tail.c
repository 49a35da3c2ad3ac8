#include "store/cloud/tail.h"

#include <assert.h>
#include <pthread.h>

#include "base/time.h"

#define RECORD_MAX ((size_t)UINT32_MAX)

struct entry {
	struct buf record; /* empty once it is visible */
	uint64_t bytes, written_ns;
	uint64_t rows, logical_bytes; /* of the namespace, after it */
	bool unbounded;
};

/* writes[0..indexed) may be forgotten, writes[indexed..visible) are visible, but not indexed. */
struct tail {
	pthread_rwlock_t lock;
	struct namespace *seen;
	VEC(struct entry) writes;
	size_t indexed, visible;
	uint64_t visible_bytes; /* of what is visible and not indexed */
	uint64_t indexed_at_ns; /* when the last one was */
	struct tail_state state;
	size_t unbounded; /* how many that are not indexed */
};

uint64_t tail_indexed_at_ns(
    struct tail_rules rules, uint64_t previous_ns, uint64_t written_ns, uint64_t bytes)
{
	uint64_t begin_ns = written_ns + rules.lag_ns;
	begin_ns = begin_ns > previous_ns ? begin_ns : previous_ns;
	if (!rules.bytes_per_s)
		return begin_ns;
	return begin_ns + (uint64_t)((double)bytes * (double)NS_PER_S / (double)rules.bytes_per_s);
}

static const struct schema *schema_of(void *arg, struct span name)
{
	struct tail *t = arg;
	(void)name;
	return t->seen->schema;
}

static int apply(void *arg, struct span record)
{
	struct tail *t = arg;
	struct arena *a = arena_new();
	struct change change;
	int rc = change_decode(a, record, schema_of, t, &change);
	assert(rc == 0); /* it was encoded in this process */
	if (rc == 0) {
		namespace_apply(t->seen, &change);
		change_free(&change);
	}
	arena_free(a);
	return rc;
}

struct tail *tail_new(const struct namespace *ns, uint64_t created_ns)
{
	struct tail *t = calloc(1, sizeof *t);
	if (!t)
		abort();
	pthread_rwlock_init(&t->lock, NULL);
	t->seen = ns ? namespace_copy(ns, created_ns) : namespace_new(created_ns);
	if (ns) {
		t->seen->last_write_ns = ns->last_write_ns;
		t->state.rows = namespace_row_count(ns);
		t->state.logical_bytes = ns->logical_bytes;
	}
	return t;
}

struct tail *tail_free(struct tail *t)
{
	if (!t)
		return NULL;
	vec_each (&t->writes, w) {
		buf_free(&w->record);
	}
	vec_free(&t->writes);
	namespace_free(t->seen);
	pthread_rwlock_destroy(&t->lock);
	free(t);
	return NULL;
}

struct buf tail_record(const struct change *c, const struct schema *schema)
{
	struct change rows = *c;
	struct buf record = buf_new(RECORD_MAX);
	rows.schema = NULL; /* goes ahead, by tail_push() */
	rows.create = false;
	change_encode(&rows, schema, &record);
	return record;
}

void tail_set_schema(struct tail *t, const struct schema *schema, uint64_t at_ns)
{
	struct change change = {.schema = schema_clone(schema), .at_ns = at_ns};
	pthread_rwlock_wrlock(&t->lock);
	namespace_apply(t->seen, &change);
	pthread_rwlock_unlock(&t->lock);
}

/* Forgets the writes that are indexed and visible, when they are most. */
static void compact(struct tail *t)
{
	size_t done = t->indexed < t->visible ? t->indexed : t->visible;
	if (done * 2 < t->writes.len || !done)
		return;
	memmove(t->writes.at, t->writes.at + done, (t->writes.len - done) * sizeof *t->writes.at);
	t->writes.len -= done;
	t->indexed -= done;
	t->visible -= done;
}

static void index_due(struct tail *t, struct tail_rules rules, uint64_t now_ns)
{
	for (; t->indexed < t->writes.len; t->indexed++) {
		struct entry *w = &t->writes.at[t->indexed];
		uint64_t at_ns = tail_indexed_at_ns(rules, t->indexed_at_ns, w->written_ns, w->bytes);
		if (at_ns > now_ns)
			return;
		t->indexed_at_ns = at_ns;
		t->state.unindexed_bytes -= w->bytes;
		t->state.rows = w->rows;
		t->state.logical_bytes = w->logical_bytes;
		t->unbounded -= w->unbounded;
		if (t->indexed < t->visible)
			t->visible_bytes -= w->bytes;
	}
}

static void show_more(struct tail *t, struct tail_rules rules)
{
	for (; t->visible < t->writes.len; t->visible++) {
		struct entry *w = &t->writes.at[t->visible];
		bool indexed = t->visible < t->indexed;
		if (!indexed && t->visible_bytes + w->bytes > rules.visible_bytes)
			return;
		(void)!apply(t, buf_span(&w->record)); /* cannot fail: see there */
		buf_free(&w->record);
		t->visible_bytes += indexed ? 0 : w->bytes;
	}
}

/* With the lock held for writing. */
static void advance(struct tail *t, struct tail_rules rules, uint64_t now_ns)
{
	index_due(t, rules, now_ns);
	show_more(t, rules);
	compact(t);
	t->state.unbounded = t->unbounded > 0;
}

void tail_push(struct tail *t, struct buf record, const struct namespace *ns, uint64_t bytes, uint64_t now_ns,
    bool unbounded)
{
	struct entry entry = {record, bytes, now_ns, namespace_row_count(ns), ns->logical_bytes, unbounded};
	pthread_rwlock_wrlock(&t->lock);
	vec_push(&t->writes, entry);
	t->state.unindexed_bytes += bytes;
	t->unbounded += unbounded;
	pthread_rwlock_unlock(&t->lock);
}

struct tail_state tail_state(struct tail *t, struct tail_rules rules, uint64_t now_ns)
{
	pthread_rwlock_wrlock(&t->lock);
	advance(t, rules, now_ns);
	struct tail_state state = t->state;
	pthread_rwlock_unlock(&t->lock);
	return state;
}

const struct namespace *tail_begin_read(struct tail *t, struct tail_rules rules, uint64_t now_ns)
{
	pthread_rwlock_wrlock(&t->lock);
	advance(t, rules, now_ns);
	pthread_rwlock_unlock(&t->lock);
	pthread_rwlock_rdlock(&t->lock); /* it may have advanced further meanwhile, never back */
	return t->seen;
}

void tail_end_read(struct tail *t)
{
	pthread_rwlock_unlock(&t->lock);
}
