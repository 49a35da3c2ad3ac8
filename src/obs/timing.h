/* Durations as text. */
#pragma once

#include "base/buf.h"

/* Milliseconds with three decimals: 1234567 ns → 1.235. */
void timing_put_ms(struct buf *b, uint64_t ns);
/* The value of a Server-Timing header: `layer;dur=0.120, upstream;dur=3.400`. */
void timing_put_header(struct buf *b, uint64_t layer_ns, uint64_t upstream_ns);
