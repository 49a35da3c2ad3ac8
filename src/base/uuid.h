/* UUIDs as 16 bytes (RFC 9562). */
#pragma once

#include "base/span.h"

#define UUID_TEXT_LEN 36

struct uuid {
	unsigned char bytes[16];
};

/* Accepts hyphens or none, any case, an `urn:uuid:` prefix, and braces. Else -E_INVALID. */
MUST_USE int uuid_parse(struct span s, struct uuid *ret);
/* Lower case with hyphens; out is not NUL-terminated. */
void uuid_format(const struct uuid *u, char out[UUID_TEXT_LEN]);
/* A random one (version 4). */
struct uuid uuid_random(void);
