#include "base/uuid.h"

#include <stdlib.h>
#include <sys/random.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int uuid_parse(struct span s, struct uuid *ret)
{
	struct uuid u;
	if (s.len >= 9 && span_eq_nocase(span_of(s.ptr, 9), SPAN("urn:uuid:")))
		s = span_skip(s, 9);
	else if (s.len == 38 && s.ptr[0] == '{' && s.ptr[37] == '}')
		s = span_of(s.ptr + 1, 36);
	bool hyphens = s.len == UUID_TEXT_LEN;
	if (!hyphens && s.len != 32)
		return -E_INVALID;
	size_t at = 0;
	for (int i = 0; i < 16; i++) {
		if (hyphens && (i == 4 || i == 6 || i == 8 || i == 10) && s.ptr[at++] != '-')
			return -E_INVALID;
		int hi = hex_value(s.ptr[at]), lo = hex_value(s.ptr[at + 1]);
		if (hi < 0 || lo < 0)
			return -E_INVALID;
		u.bytes[i] = (unsigned char)(hi << 4 | lo);
		at += 2;
	}
	*ret = u;
	return 0;
}

void uuid_format(const struct uuid *u, char out[UUID_TEXT_LEN])
{
	static const char hex[] = "0123456789abcdef";
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = hex[u->bytes[i] >> 4];
		*out++ = hex[u->bytes[i] & 15];
	}
}

struct uuid uuid_random(void)
{
	struct uuid u;
	if (getrandom(u.bytes, sizeof u.bytes, 0) != (ssize_t)sizeof u.bytes)
		abort(); /* 16 bytes never come short once the pool is seeded */
	u.bytes[6] = (unsigned char)((u.bytes[6] & 0x0F) | 0x40);
	u.bytes[8] = (unsigned char)((u.bytes[8] & 0x3F) | 0x80);
	return u;
}
