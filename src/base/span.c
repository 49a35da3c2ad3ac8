#include "base/span.h"

#define EACH(byte) (0x0101010101010101u * (byte))

/* Whether the 8 bytes of each are the same but for the case of letters: two that differ do so in the case bit
 * only, and are letters. */
static bool word_eq_nocase(uint64_t x, uint64_t y)
{
	uint64_t differ = x ^ y, low = (x | EACH(0x20)) & EACH(0x7F);
	uint64_t from_a = low + EACH(0x80 - 'a'), past_z = low + EACH(0x80 - 'z' - 1);
	uint64_t letters = from_a & ~past_z & ~x & EACH(0x80);
	return (differ & ~EACH(0x20)) == 0 && (differ << 2 & ~letters) == 0;
}

static uint64_t word_at(const char *p, size_t n)
{
	uint64_t w = 0;
	memcpy(&w, p, n);
	return w;
}

bool span_eq_nocase_bytes(const char *a, const char *b, size_t n)
{
	size_t i = 0;
	for (; n - i >= 8; i += 8) {
		if (!word_eq_nocase(word_at(a + i, 8), word_at(b + i, 8)))
			return false;
	}
	if (n >= 8) /* the rest, with some before it once more */
		return word_eq_nocase(word_at(a + n - 8, 8), word_at(b + n - 8, 8));
	if (n >= 4)
		return word_eq_nocase(word_at(a, 4), word_at(b, 4)) &&
		       word_eq_nocase(word_at(a + n - 4, 4), word_at(b + n - 4, 4));
	for (; i < n; i++) {
		if (!word_eq_nocase((unsigned char)a[i], (unsigned char)b[i]))
			return false;
	}
	return true;
}

int span_cmp(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int rc = n ? memcmp(a.ptr, b.ptr, n) : 0;
	return rc ? rc : (a.len > b.len) - (a.len < b.len);
}

bool span_starts(struct span s, struct span prefix)
{
	return s.len >= prefix.len && span_eq(span_of(s.ptr, prefix.len), prefix);
}

bool span_ends(struct span s, struct span suffix)
{
	return s.len >= suffix.len && span_eq(span_of(s.ptr + (s.len - suffix.len), suffix.len), suffix);
}

size_t span_find(struct span s, char c)
{
	const char *p = s.len ? memchr(s.ptr, c, s.len) : NULL;
	return p ? (size_t)(p - s.ptr) : s.len;
}

bool span_contains(struct span s, struct span needle)
{
	return needle.len == 0 ||
	       (s.len >= needle.len && memmem(s.ptr, s.len, needle.ptr, needle.len) != NULL);
}

struct span span_skip(struct span s, size_t n)
{
	if (n > s.len)
		n = s.len;
	return n ? span_of(s.ptr + n, s.len - n) : s; /* no sum with NULL */
}

struct span span_trim(struct span s)
{
	while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = span_skip(s, 1);
	while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

struct span span_cut(struct span *rest, char sep)
{
	size_t at = span_find(*rest, sep);
	struct span head = span_of(rest->ptr, at);
	*rest = span_skip(*rest, at + 1);
	return head;
}

bool span_glob(struct span pattern, struct span s)
{
	size_t p = 0, i = 0, star = SIZE_MAX, resume = 0;
	while (i < s.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			resume = i;
		} else if (p < pattern.len && (pattern.ptr[p] == '?' || pattern.ptr[p] == s.ptr[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) { /* let the last star take one byte more */
			p = star + 1;
			i = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

int span_to_u64(struct span s, uint64_t *ret)
{
	uint64_t v = 0;
	if (s.len == 0)
		return -E_INVALID;
	for (size_t i = 0; i < s.len; i++) {
		unsigned d = (unsigned char)s.ptr[i] - (unsigned)'0';
		if (d > 9 || __builtin_mul_overflow(v, (uint64_t)10, &v) || __builtin_add_overflow(v, d, &v))
			return -E_INVALID;
	}
	*ret = v;
	return 0;
}

int span_to_i64(struct span s, int64_t *ret)
{
	bool minus = s.len && s.ptr[0] == '-';
	uint64_t v;
	if (span_to_u64(minus ? span_skip(s, 1) : s, &v) < 0 || v > (uint64_t)INT64_MAX + minus)
		return -E_INVALID;
	*ret = minus ? (int64_t)(0 - v) : (int64_t)v;
	return 0;
}

/* Length of the well-formed sequence at p, 0 if there is none. */
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
	unsigned char c = p[0], lo = 0x80, hi = 0xBF;
	size_t n;
	if (c < 0x80)
		return 1;
	if (c >= 0xC2 && c <= 0xDF)
		n = 2;
	else if ((c & 0xF0) == 0xE0)
		n = 3;
	else if (c >= 0xF0 && c <= 0xF4)
		n = 4;
	else
		return 0;
	if (c == 0xE0)
		lo = 0xA0; /* shorter form exists */
	else if (c == 0xED)
		hi = 0x9F; /* surrogates */
	else if (c == 0xF0)
		lo = 0x90;
	else if (c == 0xF4)
		hi = 0x8F; /* past U+10FFFF */
	if (left < n || p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	}
	return n;
}

size_t span_utf8_valid_prefix(struct span s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t i = 0;
	while (i < s.len) {
		size_t n = utf8_sequence(p + i, s.len - i);
		if (n == 0)
			break;
		i += n;
	}
	return i;
}
