#include "gateway/consistency/consistency.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/time.h"
#include "base/vec.h"

#define NEVER UINT64_MAX

struct held_write {
	uint64_t stamp_ms;
	uint64_t until_ns;
};

struct entry {
	struct span key; /* STORE NUL NAMESPACE */
	size_t store_len;
	struct watermark mark;
	bool lasting; /* registered by a write or an Index */
	bool polling;
	bool removed; /* while it was polled */
	uint64_t used_ns;
	uint64_t due_ns;
	size_t slot;     /* in the heap, plus one; 0: it is being polled */
	uint64_t writes; /* begun or ended so far */
	uint64_t newest_write_ms;
	uint64_t polled_ms; /* when the last poll began: no later write has a stamp up to it */
	VEC(struct held_write) held;
	char text[];
};

struct consistency {
	struct consistency_options options;
	pthread_mutex_t lock;
	struct map by_key;
	VEC(struct entry *) heap;         /* by due_ns */
	uint64_t clock_ns, clock_mono_ns; /* the clock of stamps, and when it was read */
	uint64_t jitter;
};

/* The heap */

static void heap_put(struct consistency *c, size_t i, struct entry *e)
{
	c->heap.at[i] = e;
	e->slot = i + 1;
}

static void heap_up(struct consistency *c, size_t i)
{
	struct entry *e = c->heap.at[i];
	for (; i && c->heap.at[(i - 1) / 2]->due_ns > e->due_ns; i = (i - 1) / 2)
		heap_put(c, i, c->heap.at[(i - 1) / 2]);
	heap_put(c, i, e);
}

static void heap_down(struct consistency *c, size_t i)
{
	struct entry *e = c->heap.at[i];
	for (size_t child; (child = 2 * i + 1) < c->heap.len; i = child) {
		if (child + 1 < c->heap.len && c->heap.at[child + 1]->due_ns < c->heap.at[child]->due_ns)
			child++;
		if (c->heap.at[child]->due_ns >= e->due_ns)
			break;
		heap_put(c, i, c->heap.at[child]);
	}
	heap_put(c, i, e);
}

static void heap_remove(struct consistency *c, struct entry *e)
{
	size_t i = e->slot - 1;
	struct entry *last = c->heap.at[--c->heap.len];
	e->slot = 0;
	if (last == e)
		return;
	heap_put(c, i, last);
	heap_up(c, i);
	heap_down(c, last->slot - 1);
}

/* Sets when the entry is due; true if that is earlier than anything else. */
static bool schedule(struct consistency *c, struct entry *e, uint64_t due_ns)
{
	uint64_t first = c->heap.len ? c->heap.at[0]->due_ns : NEVER;
	if (e->slot)
		heap_remove(c, e);
	e->due_ns = due_ns;
	vec_push(&c->heap, e);
	heap_up(c, c->heap.len - 1);
	return due_ns < first;
}

/* Entries */

static void entry_free(struct entry *e)
{
	vec_free(&e->held);
	free(e);
}

static void entry_remove(struct consistency *c, struct entry *e)
{
	map_del(&c->by_key, e->key);
	if (e->slot)
		heap_remove(c, e);
	e->removed = true;
	if (!e->polling)
		entry_free(e);
}

/* Room for one more: the least recently used goes, unless that would lose sight of a write under way. */
static void make_room(struct consistency *c)
{
	struct entry *oldest = NULL;
	if (c->by_key.len < c->options.capacity)
		return;
	map_each (&c->by_key, slot) {
		struct entry *e = slot->value;
		if (!e->held.len && (!oldest || e->used_ns < oldest->used_ns))
			oldest = e;
	}
	if (oldest)
		entry_remove(c, oldest);
}

static size_t put_key(char *to, struct span store, struct span namespace)
{
	assert(store.len + 1 + namespace.len <= CONSISTENCY_NAME_MAX);
	memcpy(to, store.ptr, store.len);
	to[store.len] = '\0';
	if (namespace.len)
		memcpy(to + store.len + 1, namespace.ptr, namespace.len);
	return store.len + 1 + namespace.len;
}

static struct entry *find(struct consistency *c, struct span store, struct span namespace)
{
	char key[CONSISTENCY_NAME_MAX];
	return map_get(&c->by_key, span_of(key, put_key(key, store, namespace)));
}

/* The entry, made if it is missing: then it is due at once, which *wake says. */
static struct entry *use(
    struct consistency *c, struct span store, struct span namespace, bool lasting, bool *ret_wake)
{
	uint64_t now = time_mono_ns();
	struct entry *e = find(c, store, namespace);
	*ret_wake = false;
	if (!e) {
		make_room(c);
		e = calloc(1, sizeof *e + store.len + 1 + namespace.len);
		if (!e)
			abort();
		e->key = span_of(e->text, put_key(e->text, store, namespace));
		e->store_len = store.len;
		map_put(&c->by_key, e->key, e);
		*ret_wake = schedule(c, e, now);
	}
	e->used_ns = now;
	e->lasting |= lasting;
	return e;
}

static void wake_if(struct consistency *c, bool wake)
{
	if (wake && c->options.wake)
		c->options.wake(c->options.ctx);
}

struct consistency *consistency_new(const struct consistency_options *options)
{
	struct consistency *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	c->options = *options;
	c->clock_ns = time_wall_ns();
	c->clock_mono_ns = time_mono_ns();
	c->jitter = c->clock_ns | 1;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void consistency_free(struct consistency *c)
{
	if (!c)
		return;
	map_each (&c->by_key, slot) {
		entry_free(slot->value);
	}
	map_free(&c->by_key);
	vec_free(&c->heap);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void consistency_on_wake(struct consistency *c, void (*wake)(void *ctx), void *ctx)
{
	c->options.wake = wake;
	c->options.ctx = ctx;
}

struct watermark consistency_read(struct consistency *c, struct span store, struct span namespace)
{
	bool wake;
	pthread_mutex_lock(&c->lock);
	struct watermark mark = use(c, store, namespace, false, &wake)->mark;
	pthread_mutex_unlock(&c->lock);
	wake_if(c, wake);
	return mark;
}

struct watermark consistency_peek(struct consistency *c, struct span store, struct span namespace)
{
	pthread_mutex_lock(&c->lock);
	struct entry *e = find(c, store, namespace);
	struct watermark mark = e ? e->mark : (struct watermark){0};
	pthread_mutex_unlock(&c->lock);
	return mark;
}

void consistency_register(struct consistency *c, struct span store, struct span namespace)
{
	bool wake;
	pthread_mutex_lock(&c->lock);
	use(c, store, namespace, true, &wake);
	pthread_mutex_unlock(&c->lock);
	wake_if(c, wake);
}

void consistency_forget(struct consistency *c, struct span store, struct span namespace)
{
	pthread_mutex_lock(&c->lock);
	struct entry *e = find(c, store, namespace);
	if (e)
		entry_remove(c, e);
	pthread_mutex_unlock(&c->lock);
}

static struct entry *any_of_store(struct consistency *c, struct span store)
{
	map_each (&c->by_key, slot) {
		struct entry *e = slot->value;
		if (span_eq(span_of(e->key.ptr, e->store_len), store))
			return e;
	}
	return NULL;
}

void consistency_forget_store(struct consistency *c, struct span store)
{
	struct entry *e;
	pthread_mutex_lock(&c->lock);
	while ((e = any_of_store(c, store)))
		entry_remove(c, e);
	pthread_mutex_unlock(&c->lock);
}

/* Writes */

/* The wall clock. When that was set back, this one goes on at half its pace until the other has caught up:
 * standing still, it would keep watermarks below every stamp all that time. */
static uint64_t clock_ms(struct consistency *c)
{
	uint64_t wall = time_wall_ns(), mono = time_mono_ns();
	c->clock_ns += (mono - c->clock_mono_ns) / 2;
	c->clock_mono_ns = mono;
	if (wall > c->clock_ns)
		c->clock_ns = wall;
	return c->clock_ns / NS_PER_MS;
}

uint64_t consistency_clock_ms(struct consistency *c)
{
	pthread_mutex_lock(&c->lock);
	uint64_t now = clock_ms(c);
	pthread_mutex_unlock(&c->lock);
	return now;
}

uint64_t consistency_write_begin(struct consistency *c, struct span store, struct span namespace)
{
	bool wake;
	pthread_mutex_lock(&c->lock);
	struct entry *e = use(c, store, namespace, true, &wake);
	uint64_t stamp = clock_ms(c);
	if (stamp <= e->polled_ms)
		stamp = e->polled_ms + 1;
	vec_push(&e->held, ((struct held_write){stamp, time_mono_ns() + c->options.hold_ms * NS_PER_MS}));
	e->writes++;
	e->newest_write_ms = stamp;
	pthread_mutex_unlock(&c->lock);
	wake_if(c, wake);
	return stamp;
}

static void drop_held(struct entry *e, size_t i)
{
	e->held.at[i] = e->held.at[--e->held.len];
}

static void let_go(struct entry *e, uint64_t stamp_ms)
{
	for (size_t i = 0; i < e->held.len; i++) {
		if (e->held.at[i].stamp_ms == stamp_ms) {
			drop_held(e, i);
			return;
		}
	}
}

void consistency_write_end(
    struct consistency *c, struct span store, struct span namespace, uint64_t stamp_ms, bool known)
{
	bool wake = false;
	uint64_t now = time_mono_ns();
	pthread_mutex_lock(&c->lock);
	struct entry *e = find(c, store, namespace);
	if (e && known)
		let_go(e, stamp_ms);
	if (e) {
		e->writes++;
		/* One that waits for the stable pace is polled at once; the fast pace is fast enough. */
		if (e->slot && e->due_ns > now + c->options.cadence.fast_ms * NS_PER_MS)
			wake = schedule(c, e, now);
	}
	pthread_mutex_unlock(&c->lock);
	wake_if(c, wake);
}

/* Polls */

/* The least stamp of a write whose fate is open; those that have been so for too long are let go. */
static uint64_t oldest_write(struct entry *e, uint64_t now_ns)
{
	uint64_t oldest = NEVER;
	for (size_t i = e->held.len; i-- > 0;) {
		if (e->held.at[i].until_ns <= now_ns)
			drop_held(e, i);
		else if (e->held.at[i].stamp_ms < oldest)
			oldest = e->held.at[i].stamp_ms;
	}
	return oldest;
}

static void begin_poll(struct consistency *c, struct entry *e, uint64_t now, struct consistency_task *task)
{
	heap_remove(c, e);
	e->polling = true;
	task->entry = e;
	memcpy(task->names, e->key.ptr, e->key.len);
	task->store = span_of(task->names, e->store_len);
	task->namespace = span_skip(span_of(task->names, e->key.len), e->store_len + 1);
	task->poll =
	    (struct watermark_poll){.began_ms = clock_ms(c), .oldest_write_ms = oldest_write(e, now)};
	e->polled_ms = task->poll.began_ms;
	task->writes = e->writes;
	task->late_ns = now - e->due_ns;
}

bool consistency_due(struct consistency *c, struct consistency_task *ret_task, uint64_t *ret_when)
{
	bool found = false;
	uint64_t now = time_mono_ns();
	pthread_mutex_lock(&c->lock);
	while (!found && c->heap.len && c->heap.at[0]->due_ns <= now) {
		struct entry *e = c->heap.at[0];
		if (!e->lasting && now - e->used_ns > c->options.lapse_ms * NS_PER_MS) {
			entry_remove(c, e);
			continue;
		}
		begin_poll(c, e, now, ret_task);
		found = true;
	}
	if (!found)
		*ret_when = c->heap.len ? c->heap.at[0]->due_ns : NEVER;
	pthread_mutex_unlock(&c->lock);
	return found;
}

/* Up to a tenth less, so that namespaces do not march in step. */
static uint64_t jittered(struct consistency *c, uint64_t ns)
{
	c->jitter ^= c->jitter << 13;
	c->jitter ^= c->jitter >> 7;
	c->jitter ^= c->jitter << 17;
	return ns - c->jitter % (ns / 10 + 1);
}

static void end_poll(struct consistency *c, struct entry *e, const struct consistency_task *task, bool gone)
{
	const struct watermark_cadence *cadence = &c->options.cadence;
	if (gone && e->writes == task->writes && !e->held.len) {
		entry_remove(c, e);
		return;
	}
	e->mark = watermark_after(e->mark, &task->poll, c->options.margin_ms);
	bool written = e->writes != task->writes;
	uint64_t pause =
	    written ? cadence->fast_ms : watermark_pause_ms(e->mark, e->newest_write_ms, cadence);
	schedule(c, e, time_mono_ns() + jittered(c, pause * NS_PER_MS));
}

void consistency_polled(struct consistency *c, const struct consistency_task *task, bool gone)
{
	pthread_mutex_lock(&c->lock);
	struct entry *e = task->entry;
	e->polling = false;
	if (e->removed)
		entry_free(e);
	else
		end_poll(c, e, task, gone);
	pthread_mutex_unlock(&c->lock);
}

size_t consistency_count(struct consistency *c)
{
	pthread_mutex_lock(&c->lock);
	size_t n = c->by_key.len;
	pthread_mutex_unlock(&c->lock);
	return n;
}

void consistency_each(struct consistency *c,
    void (*fn)(void *ctx, struct span store, struct span namespace, struct watermark w), void *ctx)
{
	pthread_mutex_lock(&c->lock);
	map_each (&c->by_key, slot) {
		const struct entry *e = slot->value;
		fn(ctx, span_of(e->key.ptr, e->store_len), span_skip(e->key, e->store_len + 1), e->mark);
	}
	pthread_mutex_unlock(&c->lock);
}
