#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct span in, struct buf *out)
{
	char *to = buf_reserve(out, base64_encoded_len(in.len));
	if (!to)
		return;
	const unsigned char *p = (const unsigned char *)in.ptr;
	for (size_t i = 0; i < in.len; i += 3) {
		size_t left = in.len - i;
		unsigned v = (unsigned)p[i] << 16 | (left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
		             (left > 2 ? p[i + 2] : 0);
		*to++ = alphabet[v >> 18];
		*to++ = alphabet[v >> 12 & 63];
		*to++ = left > 1 ? alphabet[v >> 6 & 63] : '=';
		*to++ = left > 2 ? alphabet[v & 63] : '=';
	}
	buf_commit(out, base64_encoded_len(in.len));
}

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int base64_decode(struct span in, void *out, size_t *ret_len)
{
	unsigned char *to = out;
	size_t n = 0;
	if (in.len % 4)
		return -E_INVALID;
	for (size_t i = 0; i < in.len; i += 4) {
		bool last = i + 4 == in.len;
		int pad = last && in.ptr[i + 3] == '=' ? 1 + (in.ptr[i + 2] == '=') : 0;
		int v[4] = {0};
		for (int k = 0; k < 4 - pad; k++) {
			v[k] = value_of(in.ptr[i + (size_t)k]);
			if (v[k] < 0)
				return -E_INVALID;
		}
		if ((pad == 1 && (v[2] & 3)) || (pad == 2 && (v[1] & 15)))
			return -E_INVALID;
		to[n++] = (unsigned char)(v[0] << 2 | v[1] >> 4);
		if (pad < 2)
			to[n++] = (unsigned char)(v[1] << 4 | v[2] >> 2);
		if (pad < 1)
			to[n++] = (unsigned char)(v[2] << 6 | v[3]);
	}
	*ret_len = n;
	return 0;
}
