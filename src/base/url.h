/* Base URLs: where a peer is. Text only, no I/O. */
#pragma once

#include "base/buf.h"

struct url {
	bool tls;         /* https */
	bool ipv6;        /* the host is an IPv6 literal */
	struct span host; /* without the brackets of an IPv6 literal */
	uint16_t port;    /* the scheme's own where the text gives none */
	struct span path; /* empty, or begins with a slash and does not end with one */
};

/* Parses "http://host:port/prefix" (or https). The parts point into `text`. Userinfo, query, fragment and dot
 * segments are refused: a base URL has no use for them. -E_INVALID, then *why says it in a few words that
 * quote nothing of the text; why may be NULL. */
MUST_USE int url_parse(struct span text, struct url *ret, const char **why);

/* The value of a Host header: the host, in brackets where it must be, and the port unless it is the
 * scheme's own. */
void url_put_authority(struct buf *b, const struct url *u);

/* Where to listen: "127.0.0.1:8080", "[::1]:0", "localhost:80" (which is 127.0.0.1). The host points into
 * `text` or is static, without brackets; only its being there is checked. Else -E_INVALID. */
MUST_USE int url_parse_listen(struct span text, struct span *ret_host, uint16_t *ret_port);
