/* Base64, standard alphabet with padding (RFC 4648 section 4), and the one for URLs without (section 5). */
#pragma once

#include "base/buf.h"

static inline size_t base64_encoded_len(size_t n)
{
	return (n + 2) / 3 * 4;
}

/* Upper bound of the decoded length of n characters. */
static inline size_t base64_decoded_max(size_t n)
{
	return n / 4 * 3 + 3;
}

void base64_encode(struct span in, struct buf *out);
/* Strict: padding is required, no white space, unused bits are zero. Else -E_INVALID.
 * `out` has room for base64_decoded_max(in.len) bytes. */
MUST_USE int base64_decode(struct span in, void *out, size_t *ret_len);

/* The same in the alphabet for URLs, without padding; which the decoder refuses. */
void base64url_encode(struct span in, struct buf *out);
MUST_USE int base64url_decode(struct span in, void *out, size_t *ret_len);
