/* A growing run of bytes with a maximum. Once an append would pass the maximum (or memory ends) the buffer
 * has failed: it keeps what it holds, ignores further appends, and buf_status() says so. Builders append
 * freely and look at the status once, at the end. */
#pragma once

#include "base/span.h"

struct buf {
	char *ptr;
	size_t len, cap, max;
	int status; /* 0 or a negative code */
};

/* An empty buffer that holds at most max bytes; allocates nothing yet. */
static inline struct buf buf_new(size_t max)
{
	return (struct buf){.max = max};
}

/* Frees the memory; the buffer is empty and usable again. A zeroed buffer is fine. */
void buf_free(struct buf *b);

/* Makes room for n more bytes and returns where they go, or NULL if the buffer fails. */
char *buf_reserve(struct buf *b, size_t n);
/* Accounts for n bytes that were written where buf_reserve() said. */
static inline void buf_commit(struct buf *b, size_t n)
{
	b->len += n;
}

void buf_append_slow(struct buf *b, const void *p, size_t n);

static inline void buf_append(struct buf *b, struct span s)
{
	if (__builtin_expect(s.len <= b->cap - b->len && b->status == 0, 1)) {
		if (s.len)
			memcpy(b->ptr + b->len, s.ptr, s.len);
		b->len += s.len;
	} else {
		buf_append_slow(b, s.ptr, s.len);
	}
}

/* Appends s if that is little and there is room: then one write sends both. Returns whether it did. */
#define BUF_JOIN_BYTES 2048
static inline bool buf_join(struct buf *b, struct span s)
{
	bool fits = s.len <= BUF_JOIN_BYTES && s.len <= b->max - b->len && b->status == 0;
	if (fits)
		buf_append(b, s);
	return fits;
}

#define buf_lit(b, lit) buf_append((b), SPAN(lit))

static inline void buf_byte(struct buf *b, char c)
{
	buf_append(b, span_of(&c, 1));
}

void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_u64(struct buf *b, uint64_t v);
void buf_i64(struct buf *b, int64_t v);
/* A JSON string with its quotes; only what must be escaped is. Bytes that are not UTF-8 become U+FFFD. */
void buf_quoted(struct buf *b, struct span s);

/* Empties the buffer but keeps its memory; clears a failure. */
static inline void buf_clear(struct buf *b)
{
	b->len = 0;
	b->status = 0;
}

static inline struct span buf_span(const struct buf *b)
{
	return span_of(b->ptr, b->len);
}

/* 0, -E_TOO_LARGE or -E_NOMEM. */
static inline MUST_USE int buf_status(const struct buf *b)
{
	return b->status;
}
