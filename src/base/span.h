/* A run of bytes by pointer and length, passed by value. Never owns memory, never NUL-terminated by contract.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/result.h"

struct span {
	const char *ptr;
	size_t len;
};

/* For printf-like functions: printf("%.*s", SPAN_FMT(s)). */
#define SPAN_FMT(s) (int)(s).len, (s).ptr
/* A span of a string literal. */
#define SPAN(lit) ((struct span){"" lit, sizeof(lit) - 1})
#define SPAN_NONE ((struct span){NULL, 0})

static inline struct span span_of(const char *ptr, size_t len)
{
	return (struct span){ptr, len};
}

/* A span of a NUL-terminated string; NULL gives the empty span. */
static inline struct span span_str(const char *s)
{
	return (struct span){s, s ? strlen(s) : 0};
}

static inline struct span span_between(const char *from, const char *to)
{
	return (struct span){from, (size_t)(to - from)};
}

static inline bool span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ASCII case is ignored; other bytes compare as they are. */
bool span_eq_nocase_bytes(const char *a, const char *b, size_t n);
static inline bool span_eq_nocase(struct span a, struct span b)
{
	return a.len == b.len && span_eq_nocase_bytes(a.ptr, b.ptr, a.len);
}

/* Byte order, as memcmp; a prefix sorts first. Returns <0, 0 or >0. */
int span_cmp(struct span a, struct span b);
bool span_starts(struct span s, struct span prefix);
bool span_ends(struct span s, struct span suffix);
/* Position of the first `c`, or s.len. */
size_t span_find(struct span s, char c);
bool span_contains(struct span s, struct span needle);
/* `s` without its first n bytes; empty if there are fewer. */
struct span span_skip(struct span s, size_t n);
/* Without spaces and tabs at both ends. */
struct span span_trim(struct span s);
/* Cuts what stands before the first `sep` off *rest and returns it; without a `sep`, all of *rest. */
struct span span_cut(struct span *rest, char sep);
/* `*` matches any run of bytes, `?` one; the whole of `s` must match. */
bool span_glob(struct span pattern, struct span s);

/* Decimal digits only: no sign, no space, no overflow, at least one digit. Else -E_INVALID. */
MUST_USE int span_to_u64(struct span s, uint64_t *ret);
/* The same with an optional leading minus. */
MUST_USE int span_to_i64(struct span s, int64_t *ret);

/* Length of the valid UTF-8 prefix of s; equals s.len if all of it is valid (Unicode 17, table 3-7). */
size_t span_utf8_valid_prefix(struct span s);
