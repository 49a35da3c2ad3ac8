/* Memory that is freed all at once, when the request (or document) that owns it ends.
 * Small allocation never fails: out of memory ends the process. Large bodies do not belong here.
 * Sanitizer builds give each piece its own malloc, so that an overrun is seen. */
#pragma once

#include "base/span.h"

struct arena;

/* A new empty arena; never NULL. */
struct arena *arena_new(void);
/* Runs the deferred functions, frees everything. NULL is fine. */
void arena_free(struct arena *a);
/* As arena_free, but the arena stays usable and keeps its first block. */
void arena_reset(struct arena *a);

/* Uninitialised memory, aligned for any type; n = 0 gives a valid pointer. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull));
/* Zeroed memory. */
void *arena_zalloc(struct arena *a, size_t n) __attribute__((malloc, returns_nonnull));
/* A zeroed array of n items of a type; a zeroed single one. */
#define arena_array(a, type, n) ((type *)arena_zalloc((a), sizeof(type) * (size_t)(n)))
#define arena_one(a, type)      arena_array(a, type, 1)

/* Copies; arena_str's result is NUL-terminated, and so is the byte after a copied span. */
struct span arena_copy(struct arena *a, struct span s);
char *arena_str(struct arena *a, struct span s);
/* Formats as printf; the result is also NUL-terminated. */
struct span arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Calls fn(arg) when the arena ends; in reverse order of registration. */
void arena_defer(struct arena *a, void (*fn)(void *), void *arg);
