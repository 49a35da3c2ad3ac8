#include "obs/trace.h"

#include <stdlib.h>
#include <sys/random.h>

enum { FLAG_SAMPLED = 1, FLAGS_KNOWN = 3 };

/* xoshiro256** (Blackman, Vigna): 2^256 states, so that threads seeded apart never meet. */
static _Thread_local struct {
	uint64_t s[4];
	bool seeded;
} generator;

static uint64_t rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

uint64_t trace_random(void)
{
	uint64_t *s = generator.s;
	if (!generator.seeded) {
		if (getrandom(s, sizeof generator.s, 0) != sizeof generator.s)
			abort(); /* never for so few bytes, says the manual page */
		generator.seeded = true;
	}
	uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

/* Random bytes that are not all zero, which the format reserves. */
static void fill_random(unsigned char *out, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t v = trace_random() | 1;
		memcpy(out + i, &v, 8);
	}
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_read(const char *p, unsigned char *out, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = nibble(p[2 * i]), low = nibble(p[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static void hex_write(const unsigned char *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < len; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
}

static bool all_zero(const unsigned char *bytes, size_t len)
{
	unsigned char seen = 0;
	for (size_t i = 0; i < len; i++)
		seen |= bytes[i];
	return seen == 0;
}

/* Where the parts stand: version at 0, trace id at 3, span id at 36, flags at 53. */
int trace_parse(struct span header, struct trace *ret)
{
	const char *p = header.ptr;
	unsigned char version;
	struct trace t;
	if (header.len < TRACE_PARENT_LEN || p[2] != '-' || p[35] != '-' || p[52] != '-')
		return -E_INVALID;
	if (!hex_read(p, &version, 1) || !hex_read(p + 3, t.trace_id, 16) ||
	    !hex_read(p + 36, t.span_id, 8) || !hex_read(p + 53, &t.flags, 1))
		return -E_INVALID;
	bool extended = header.len > TRACE_PARENT_LEN;
	if (version == 0xff || (extended && (version == 0 || p[TRACE_PARENT_LEN] != '-')))
		return -E_INVALID;
	if (all_zero(t.trace_id, sizeof t.trace_id) || all_zero(t.span_id, sizeof t.span_id))
		return -E_INVALID;
	t.flags &= FLAGS_KNOWN;
	*ret = t;
	return 0;
}

struct trace trace_child(const struct trace *parent)
{
	struct trace t = *parent;
	fill_random(t.span_id, sizeof t.span_id);
	return t;
}

struct trace trace_continue(struct span header)
{
	struct trace t;
	if (trace_parse(header, &t) < 0) {
		fill_random(t.trace_id, sizeof t.trace_id);
		t.flags = FLAG_SAMPLED;
	}
	return trace_child(&t);
}

void trace_format(const struct trace *t, char out[TRACE_PARENT_LEN])
{
	memcpy(out, "00-", 3);
	hex_write(t->trace_id, sizeof t->trace_id, out + 3);
	out[35] = '-';
	hex_write(t->span_id, sizeof t->span_id, out + 36);
	out[52] = '-';
	hex_write(&t->flags, 1, out + 53);
}

void trace_format_id(const struct trace *t, char out[TRACE_ID_LEN])
{
	hex_write(t->trace_id, sizeof t->trace_id, out);
}

void trace_format_span(const struct trace *t, char out[TRACE_SPAN_LEN])
{
	hex_write(t->span_id, sizeof t->span_id, out);
}
