#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define LAYER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LAYER_ASAN 1
#endif
#endif

#ifdef LAYER_ASAN
#define BLOCK_BYTES 0 /* every piece is a block of its own */
#else
#define BLOCK_BYTES 4096
#endif
#define ALIGN 16

struct block {
	struct block *next;
	size_t size, used;
	_Alignas(ALIGN) char data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *);
	void *arg;
};

struct arena {
	struct block *blocks; /* newest first; the last one is kept by arena_reset */
	struct deferred *deferred;
};

static void *checked(void *p)
{
	if (!p)
		abort(); /* arenas hold small things: without memory for these nothing can go on */
	return p;
}

static struct block *block_new(struct arena *a, size_t size)
{
	struct block *b = checked(malloc(sizeof *b + size));
	*b = (struct block){.next = a->blocks, .size = size};
	a->blocks = b;
	return b;
}

struct arena *arena_new(void)
{
	return checked(calloc(1, sizeof(struct arena)));
}

static void run_deferred(struct arena *a)
{
	while (a->deferred) {
		struct deferred *d = a->deferred;
		a->deferred = d->next;
		d->fn(d->arg);
	}
}

void arena_reset(struct arena *a)
{
	run_deferred(a);
	struct block *b = a->blocks;
	while (b && (b->next || BLOCK_BYTES == 0 || b->size > BLOCK_BYTES)) {
		struct block *next = b->next;
		free(b);
		b = next;
	}
	if (b)
		b->used = 0;
	a->blocks = b;
}

void arena_free(struct arena *a)
{
	if (!a)
		return;
	arena_reset(a);
	free(a->blocks);
	free(a);
}

void *arena_alloc(struct arena *a, size_t n)
{
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct block *b = a->blocks;
	if (!b || b->size - b->used < n)
		b = block_new(a, n > BLOCK_BYTES ? n : BLOCK_BYTES);
	void *p = b->data + b->used;
	b->used += n;
	return p;
}

void *arena_zalloc(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

char *arena_str(struct arena *a, struct span s)
{
	char *p = arena_alloc(a, s.len + 1);
	if (s.len)
		memcpy(p, s.ptr, s.len);
	p[s.len] = '\0';
	return p;
}

struct span arena_copy(struct arena *a, struct span s)
{
	return span_of(arena_str(a, s), s.len);
}

struct span arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return span_of(p, (size_t)n);
}

void arena_defer(struct arena *a, void (*fn)(void *), void *arg)
{
	struct deferred *d = arena_alloc(a, sizeof *d);
	*d = (struct deferred){.next = a->deferred, .fn = fn, .arg = arg};
	a->deferred = d;
}
