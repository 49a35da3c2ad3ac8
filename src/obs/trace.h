/* W3C Trace Context: the `traceparent` header (Level 1, with Level 2's random flag kept). */
#pragma once

#include "base/span.h"

#define TRACE_PARENT_LEN 55 /* "00-<32 hex>-<16 hex>-<2 hex>" */
#define TRACE_ID_LEN     32
#define TRACE_SPAN_LEN   16

struct trace {
	unsigned char trace_id[16], span_id[8];
	unsigned char flags; /* 1: sampled, 2: the trace id is random */
};

/* Reads a header value. Strict: lower-case hex, no all-zero id, version ff refused, version 00 exactly 55
 * bytes; a later version may carry more after another hyphen. Flags that we do not know are dropped.
 * Else -E_INVALID. */
MUST_USE int trace_parse(struct span header, struct trace *ret);
/* What a server does with the header of a request: the caller's trace with a span of our own, or a new
 * sampled trace if the header is absent or malformed. Fast: the random numbers come from a generator of the
 * thread, seeded once from the kernel. They are unique, not secret. */
struct trace trace_continue(struct span header);
/* The same trace with a new span, for a call of ours. */
struct trace trace_child(const struct trace *parent);

/* Version 00; out is not NUL-terminated. */
void trace_format(const struct trace *t, char out[TRACE_PARENT_LEN]);
/* The trace id and the span id alone. */
void trace_format_id(const struct trace *t, char out[TRACE_ID_LEN]);
void trace_format_span(const struct trace *t, char out[TRACE_SPAN_LEN]);

/* 64 random bits of the same generator, for jitter. */
uint64_t trace_random(void);
