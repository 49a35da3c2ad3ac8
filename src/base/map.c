#include "base/map.h"

#include <stdlib.h>
#include <xxhash.h>

#define FIRST_SLOTS 16

static uint64_t hash_of(struct span key)
{
	return XXH3_64bits(key.ptr, key.len);
}

static struct map_entry *find(const struct map *m, struct span key, uint64_t hash)
{
	for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct map_entry *e = &m->slots[i];
		if (!e->value || (e->hash == hash && span_eq(e->key, key)))
			return e;
	}
}

static void grow(struct map *m)
{
	struct map old = *m;
	m->cap = old.cap ? old.cap * 2 : FIRST_SLOTS;
	m->slots = calloc(m->cap, sizeof *m->slots);
	if (!m->slots)
		abort();
	for (size_t i = 0; i < old.cap; i++) {
		if (old.slots[i].value)
			*find(m, old.slots[i].key, old.slots[i].hash) = old.slots[i];
	}
	free(old.slots);
}

void *map_get(const struct map *m, struct span key)
{
	return m->len ? find(m, key, hash_of(key))->value : NULL;
}

void *map_put(struct map *m, struct span key, void *value)
{
	if ((m->len + 1) * 4 > m->cap * 3)
		grow(m);
	uint64_t hash = hash_of(key);
	struct map_entry *e = find(m, key, hash);
	void *old = e->value;
	*e = (struct map_entry){.key = key, .value = value, .hash = hash};
	m->len += !old;
	return old;
}

void *map_del(struct map *m, struct span key)
{
	if (!m->len)
		return NULL;
	struct map_entry *e = find(m, key, hash_of(key));
	void *old = e->value;
	if (!old)
		return NULL;
	m->len--;
	/* Close the gap: move back every later entry of the run that may stand here. */
	size_t gap = (size_t)(e - m->slots), mask = m->cap - 1;
	for (size_t i = (gap + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
		size_t home = m->slots[i].hash & mask;
		if (((i - home) & mask) >= ((i - gap) & mask)) {
			m->slots[gap] = m->slots[i];
			gap = i;
		}
	}
	m->slots[gap] = (struct map_entry){0};
	return old;
}

void map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){0};
}

struct map_entry *map_next(const struct map *m, size_t *at)
{
	while (*at < m->cap) {
		struct map_entry *e = &m->slots[(*at)++];
		if (e->value)
			return e;
	}
	return NULL;
}
