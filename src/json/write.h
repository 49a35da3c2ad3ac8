/* Writing JSON text into a buffer, value by value. Commas and nesting are the caller's. */
#pragma once

#include "base/buf.h"

/* A quoted string; only what must be escaped is. Bytes that are not UTF-8 become U+FFFD. */
static inline void json_put_string(struct buf *b, struct span s)
{
	buf_quoted(b, s);
}

/* The shortest decimal that reads back as the same float or double, written as Rust's serde_json does:
 * always with a fraction or an exponent (1.0, 0.7, 1e-7, 1e16). Not finite: null. */
void json_put_f32(struct buf *b, float v);
void json_put_f64(struct buf *b, double v);

static inline void json_put_bool(struct buf *b, bool v)
{
	buf_append(b, v ? SPAN("true") : SPAN("false"));
}

/* "key": – with a comma before it unless *first, which it clears. */
void json_put_key(struct buf *b, bool *first, struct span key);
