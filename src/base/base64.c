#include "base/base64.h"

#define COMMON "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char standard[] = COMMON "+/", for_urls[] = COMMON "-_";

static void encode(struct span in, const char *alphabet, bool padded, struct buf *out)
{
	char *begin = buf_reserve(out, base64_encoded_len(in.len)), *to = begin;
	if (!to)
		return;
	const unsigned char *p = (const unsigned char *)in.ptr;
	for (size_t i = 0; i < in.len; i += 3) {
		size_t left = in.len - i;
		unsigned v = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
		             (left > 2 ? p[i + 2] : 0);
		*to++ = alphabet[v >> 18];
		*to++ = alphabet[v >> 12 & 63];
		if (left > 1 || padded)
			*to++ = left > 1 ? alphabet[v >> 6 & 63] : '=';
		if (left > 2 || padded)
			*to++ = left > 2 ? alphabet[v & 63] : '=';
	}
	buf_commit(out, (size_t)(to - begin));
}

static int value_of(char c, const char *alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == alphabet[62] ? 62 : c == alphabet[63] ? 63 : -1;
}

/* Without padding: the last group may have two or three characters. */
static int decode(struct span in, const char *alphabet, unsigned char *to, size_t *ret_len)
{
	size_t n = 0;
	for (size_t i = 0; i < in.len; i += 4) {
		size_t count = in.len - i < 4 ? in.len - i : 4;
		int v[4] = {0};
		for (size_t k = 0; k < count; k++) {
			v[k] = value_of(in.ptr[i + k], alphabet);
			if (v[k] < 0)
				return -E_INVALID;
		}
		if (count == 1 || (count == 3 && (v[2] & 3)) || (count == 2 && (v[1] & 15)))
			return -E_INVALID;
		to[n++] = (unsigned char)(v[0] << 2 | v[1] >> 4);
		if (count > 2)
			to[n++] = (unsigned char)(v[1] << 4 | v[2] >> 2);
		if (count > 3)
			to[n++] = (unsigned char)(v[2] << 6 | v[3]);
	}
	*ret_len = n;
	return 0;
}

void base64_encode(struct span in, struct buf *out)
{
	encode(in, standard, true, out);
}

int base64_decode(struct span in, void *out, size_t *ret_len)
{
	if (in.len % 4)
		return -E_INVALID;
	if (span_ends(in, SPAN("==")))
		in.len -= 2;
	else if (span_ends(in, SPAN("=")))
		in.len--;
	return decode(in, standard, out, ret_len);
}

void base64url_encode(struct span in, struct buf *out)
{
	encode(in, for_urls, false, out);
}

int base64url_decode(struct span in, void *out, size_t *ret_len)
{
	return decode(in, for_urls, out, ret_len);
}
