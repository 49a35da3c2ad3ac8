/* Patterns in the syntax of Rust's regex crate, searched for by PCRE2. What PCRE2 knows and Rust does not,
 * and what means another thing there, is refused before PCRE2 sees it. */
#pragma once

#include "base/arena.h"

#define REGEX_MAX_BYTES 4096
/* What one compiled pattern may spend on all its searches together: items tried plus bytes walked. */
#ifndef REGEX_MAX_STEPS
#define REGEX_MAX_STEPS 200000000
#endif

struct regex;

/* Compiles; the arena owns the result. -E_INVALID, a static or arena's text and the byte offset if refused.
 */
MUST_USE int regex_compile(
    struct arena *a, struct span pattern, struct regex **ret, const char **ret_why, size_t *ret_at);
/* 1 found, 0 not; -E_TOO_LARGE: the steps or the memory are used up. One search at a time. */
MUST_USE int regex_search(struct regex *re, struct span text);
