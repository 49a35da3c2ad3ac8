#include "store/catalog.h"

#include "store/cloud/tail.h"

void catalog_init(struct catalog *c)
{
	*c = (struct catalog){0};
	pthread_mutex_init(&c->lock, NULL);
}

static void holder_free(struct holder *h)
{
	namespace_free(h->data);
	tail_free(h->tail);
	pthread_mutex_destroy(&h->writer);
	pthread_rwlock_destroy(&h->lock);
	free(h);
}

void catalog_free(struct catalog *c)
{
	vec_each (&c->by_name, h) {
		holder_free(*h);
	}
	vec_free(&c->by_name);
	pthread_mutex_destroy(&c->lock);
}

static struct holder *holder_new(struct span name)
{
	struct holder *h = calloc(1, sizeof *h + name.len);
	if (!h)
		abort();
	char *copy = (char *)(h + 1);
	memcpy(copy, name.ptr, name.len);
	h->name = span_of(copy, name.len);
	pthread_mutex_init(&h->writer, NULL);
	pthread_rwlockattr_t fair;
	pthread_rwlockattr_init(&fair);
	pthread_rwlockattr_setkind_np(&fair, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&h->lock, &fair); /* a stream of queries must not keep a write out for ever */
	pthread_rwlockattr_destroy(&fair);
	return h;
}

/* Where the name is or belongs. */
static size_t place_of(const struct catalog *c, struct span name)
{
	size_t from = 0, to = c->by_name.len;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		if (span_cmp(c->by_name.at[mid]->name, name) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct holder *insert(struct catalog *c, size_t at, struct holder *h)
{
	vec_push(&c->by_name, h);
	memmove(
	    c->by_name.at + at + 1, c->by_name.at + at, (c->by_name.len - 1 - at) * sizeof *c->by_name.at);
	return c->by_name.at[at] = h;
}

struct holder *catalog_take(struct catalog *c, struct span name, bool make)
{
	pthread_mutex_lock(&c->lock);
	size_t at = place_of(c, name);
	struct holder *h = at < c->by_name.len ? c->by_name.at[at] : NULL;
	if (h && !span_eq(h->name, name))
		h = NULL;
	if (!h && make && c->by_name.len < CATALOG_MAX)
		h = insert(c, at, holder_new(name));
	if (h)
		h->users++;
	pthread_mutex_unlock(&c->lock);
	return h;
}

void catalog_release(struct catalog *c, struct holder *h)
{
	pthread_mutex_lock(&c->lock);
	if (--h->users == 0 && !h->data) {
		size_t at = place_of(c, h->name);
		c->by_name.len--;
		memmove(c->by_name.at + at, c->by_name.at + at + 1,
		    (c->by_name.len - at) * sizeof *c->by_name.at);
		holder_free(h);
	}
	pthread_mutex_unlock(&c->lock);
}

struct namespace *holder_set(struct holder *h, struct namespace *data)
{
	struct namespace *old = h->data;
	h->data = data;
	if (old)
		h->tail = tail_free(h->tail);
	atomic_store(&h->listed, data != NULL);
	return old;
}

size_t catalog_list(
    struct catalog *c, struct arena *a, struct span prefix, struct span after, size_t max, struct span *out)
{
	size_t n = 0;
	pthread_mutex_lock(&c->lock);
	for (size_t at = place_of(c, span_cmp(after, prefix) > 0 ? after : prefix);
	     at < c->by_name.len && n < max; at++) {
		const struct holder *h = c->by_name.at[at];
		bool past = !after.len || span_cmp(h->name, after) > 0;
		if (span_cmp(h->name, prefix) > 0 && !span_starts(h->name, prefix))
			break;
		if (past && atomic_load(&h->listed))
			out[n++] = arena_copy(a, h->name);
	}
	pthread_mutex_unlock(&c->lock);
	return n;
}
