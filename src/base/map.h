/* A hash map from bytes to a pointer (open addressing, XXH3). Keys are not copied: they must outlive their
 * entry, usually by standing inside the value. Not for concurrent use. Out of memory ends the process. */
#pragma once

#include "base/span.h"

struct map_entry {
	struct span key;
	void *value; /* NULL: never used */
	uint64_t hash;
};

struct map {
	struct map_entry *slots;
	size_t cap, len; /* cap is 0 or a power of two */
};

/* The value, or NULL. */
void *map_get(const struct map *m, struct span key);
/* Sets key to value (not NULL); returns the value it replaces, or NULL. The key is replaced as well. */
void *map_put(struct map *m, struct span key, void *value);
/* Removes and returns the value, or NULL. */
void *map_del(struct map *m, struct span key);
/* Forgets all entries and frees the table; values are the caller's. */
void map_free(struct map *m);
/* The next entry at or after *at (start with 0), NULL at the end. The map must not change meanwhile. */
struct map_entry *map_next(const struct map *m, size_t *at);

#define map_each(m, entry)                                                                                   \
	for (size_t entry##_at = 0, entry##_once = 1; entry##_once; entry##_once = 0)                        \
		for (struct map_entry * entry; (entry = map_next((m), &entry##_at)) != NULL;)
