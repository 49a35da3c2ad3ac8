#include "store/cloud/chance.h"

#include <math.h>

#define Z99 2.3263478740408408 /* the 99th percentile of the standard normal distribution */
#define TAU 6.283185307179586

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t chance_draw(struct chance *c)
{
	uint64_t z = c->state += 0x9e3779b97f4a7c15U;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return z ^ z >> 31;
}

struct chance chance_of(uint64_t seed, struct span name, uint64_t n)
{
	struct chance c = {seed};
	for (size_t i = 0; i < name.len; i++)
		c.state = chance_draw(&c) ^ (unsigned char)name.ptr[i];
	c.state = chance_draw(&c) ^ n;
	c.state = chance_draw(&c);
	return c;
}

double chance_unit(struct chance *c)
{
	return (double)(chance_draw(c) >> 11) * 0x1p-53;
}

bool chance_hits(struct chance *c, double rate)
{
	return chance_unit(c) < rate;
}

/* Box and Muller 1958: two uniform numbers make a normal one. */
static double normal(struct chance *c)
{
	double radius = sqrt(-2 * log(1 - chance_unit(c)));
	return radius * cos(TAU * chance_unit(c));
}

double chance_log_normal(struct chance *c, double p50, double p99)
{
	double z = normal(c);
	return p99 > p50 && p50 > 0 ? p50 * exp(z * log(p99 / p50) / Z99) : p50;
}
