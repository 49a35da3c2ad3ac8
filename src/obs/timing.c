#include "obs/timing.h"

#include "base/time.h"

void timing_put_ms(struct buf *b, uint64_t ns)
{
	uint64_t us = ns / NS_PER_US + (ns % NS_PER_US >= NS_PER_US / 2);
	unsigned rest = (unsigned)(us % 1000);
	const char fraction[] = {
	    '.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10), (char)('0' + rest % 10)};
	buf_u64(b, us / 1000);
	buf_append(b, span_of(fraction, sizeof fraction));
}

void timing_put_header(struct buf *b, uint64_t layer_ns, uint64_t upstream_ns)
{
	buf_lit(b, "layer;dur=");
	timing_put_ms(b, layer_ns);
	buf_lit(b, ", upstream;dur=");
	timing_put_ms(b, upstream_ns);
}
