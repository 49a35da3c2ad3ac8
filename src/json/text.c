#include "json/text.h"

#include <assert.h>

static struct span body_of(struct span raw)
{
	assert(raw.len >= 2 && raw.ptr[0] == '"' && raw.ptr[raw.len - 1] == '"');
	return span_of(raw.ptr + 1, raw.len - 2);
}

static bool has_escape(struct span body)
{
	return span_find(body, '\\') < body.len;
}

static uint32_t hex4(const char *p)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++)
		v = v << 4 | (((uint32_t)p[i] & 15U) + (p[i] > '9' ? 9U : 0U));
	return v;
}

static size_t put_utf8(uint32_t c, char *out)
{
	static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3F));
	out[0] = (char)(lead[n] | c);
	return n;
}

/* Cuts one byte or one escape off the front of *body; returns how many bytes it means (1 to 4, in out). */
static size_t cut_unit(struct span *body, char out[4])
{
	static const char letters[] = "bfnrt", controls[] = "\b\f\n\r\t";
	const char *p = body->ptr, *letter;
	size_t used = 1;
	uint32_t c = (unsigned char)*p;
	out[0] = *p;
	if (c != '\\') {
		*body = span_skip(*body, used);
		return 1;
	}
	if (p[1] != 'u') {
		letter = strchr(letters, p[1]);
		out[0] = letter ? controls[letter - letters] : p[1];
		*body = span_skip(*body, 2);
		return 1;
	}
	used = 6;
	c = hex4(p + 2);
	if (c >= 0xD800 && c < 0xDC00) {
		c = 0x10000 + ((c - 0xD800) << 10) + (hex4(p + 8) - 0xDC00);
		used = 12;
	}
	*body = span_skip(*body, used);
	return put_utf8(c, out);
}

/* Drops `prefix` from the front of what *body means; false if it does not begin with it. */
static bool cut_prefix(struct span *body, struct span prefix)
{
	char unit[4];
	while (prefix.len) {
		if (body->len == 0)
			return false;
		size_t n = 1;
		if (*body->ptr == '\\')
			n = cut_unit(body, unit);
		else
			unit[0] = *body->ptr, *body = span_skip(*body, 1);
		if (unit[0] != *prefix.ptr || n > prefix.len || memcmp(unit, prefix.ptr, n) != 0)
			return false;
		prefix = span_skip(prefix, n);
	}
	return true;
}

bool json_string_eq(struct span raw, struct span plain)
{
	struct span body = body_of(raw);
	/* An escape is always longer than what it means. */
	if (body.len <= plain.len)
		return span_eq(body, plain) && !has_escape(body);
	return cut_prefix(&body, plain) && body.len == 0;
}

bool json_string_starts(struct span raw, struct span prefix)
{
	struct span body = body_of(raw);
	return cut_prefix(&body, prefix);
}

struct span json_unescape(struct arena *a, struct span raw)
{
	struct span body = body_of(raw);
	if (!has_escape(body))
		return body;
	char *out = arena_alloc(a, body.len + 4);
	size_t len = 0;
	while (body.len) {
		size_t run = span_find(body, '\\');
		memcpy(out + len, body.ptr, run);
		len += run;
		body = span_skip(body, run);
		if (body.len)
			len += cut_unit(&body, out + len);
	}
	return span_of(out, len);
}
