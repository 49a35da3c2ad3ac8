#include "base/url.h"

#include <arpa/inet.h>

#define HOST_MAX 253 /* of a DNS name in text */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Cuts "http://" or "https://" off *rest. */
static const char *parse_scheme(struct span *rest, struct url *u)
{
	size_t colon = span_find(*rest, ':');
	struct span scheme = span_of(rest->ptr, colon);
	if (!span_starts(span_skip(*rest, colon), SPAN("://")))
		return "must begin with https:// or http://";
	u->tls = span_eq_nocase(scheme, SPAN("https"));
	if (!u->tls && !span_eq_nocase(scheme, SPAN("http")))
		return "scheme must be https or http";
	*rest = span_skip(*rest, colon + 3);
	return NULL;
}

static const char *parse_name(struct span host)
{
	if (host.len == 0)
		return "has no host";
	if (host.len > HOST_MAX)
		return "host is too long";
	for (size_t i = 0; i < host.len; i++) {
		char c = host.ptr[i];
		bool empty_label = c == '.' && (i == 0 || host.ptr[i - 1] == '.');
		if (empty_label || !(is_alnum(c) || c == '-' || c == '.' || c == '_'))
			return "host is not a name or an address";
	}
	return NULL;
}

static const char *parse_ipv6(struct span host)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;
	if (host.len >= sizeof text)
		return "host is not an IPv6 address";
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	return strlen(text) == host.len && inet_pton(AF_INET6, text, &addr) == 1
	           ? NULL
	           : "host is not an IPv6 address";
}

/* Takes what follows the host: nothing, or a colon and a number. */
static const char *parse_port(struct span s, struct url *u)
{
	uint64_t port = u->tls ? 443 : 80;
	if (s.len &&
	    (s.ptr[0] != ':' || span_to_u64(span_skip(s, 1), &port) < 0 || port == 0 || port > 65535))
		return "port must be a number from 1 to 65535";
	u->port = (uint16_t)port;
	return NULL;
}

static const char *parse_authority(struct span s, struct url *u)
{
	if (span_find(s, '@') < s.len)
		return "must not hold a user name or password";
	const char *why;
	if (s.len && s.ptr[0] == '[') {
		size_t close = span_find(s, ']');
		u->ipv6 = true;
		u->host = span_of(s.ptr + 1, close - 1);
		why = close == s.len ? "host is not an IPv6 address" : parse_ipv6(u->host);
		s = span_skip(s, close + 1);
	} else {
		size_t colon = span_find(s, ':');
		u->host = span_of(s.ptr, colon);
		why = parse_name(u->host);
		s = span_skip(s, colon);
	}
	return why ? why : parse_port(s, u);
}

static const char *parse_path(struct span path, struct url *u)
{
	for (size_t i = 0; i < path.len; i++) {
		char c = path.ptr[i];
		if (c == '?')
			return "must not have a query";
		if (c == '#')
			return "must not have a fragment";
		if (c <= ' ' || c >= 0x7F || memchr("\"<>\\^`{|}", c, 9))
			return "path holds a character that must be percent-encoded";
	}
	while (span_ends(path, SPAN("/")))
		path.len--;
	u->path = path;
	for (struct span rest = path; rest.len;) {
		struct span segment = span_cut(&rest, '/');
		if (span_eq(segment, SPAN(".")) || span_eq(segment, SPAN("..")))
			return "path must not have dot segments";
	}
	return NULL;
}

int url_parse(struct span text, struct url *ret, const char **why)
{
	struct url u = {0};
	struct span rest = text;
	const char *reason = parse_scheme(&rest, &u);
	if (!reason) {
		size_t end = 0; /* of the authority */
		while (end < rest.len && !memchr("/?#\\", rest.ptr[end], 4))
			end++;
		reason = parse_authority(span_of(rest.ptr, end), &u);
		if (!reason)
			reason = parse_path(span_skip(rest, end), &u);
	}
	if (reason) {
		if (why)
			*why = reason;
		return -E_INVALID;
	}
	*ret = u;
	return 0;
}

void url_put_authority(struct buf *b, const struct url *u)
{
	buf_append(b, u->ipv6 ? SPAN("[") : SPAN(""));
	buf_append(b, u->host);
	buf_append(b, u->ipv6 ? SPAN("]") : SPAN(""));
	if (u->port != (u->tls ? 443 : 80)) {
		buf_byte(b, ':');
		buf_u64(b, u->port);
	}
}

int url_parse_listen(struct span text, struct span *ret_host, uint16_t *ret_port)
{
	size_t colon = text.len;
	uint64_t port;
	while (colon && text.ptr[colon - 1] != ':')
		colon--;
	if (colon < 2 || span_to_u64(span_skip(text, colon), &port) < 0 || port > UINT16_MAX)
		return -E_INVALID;
	struct span host = span_of(text.ptr, colon - 1);
	if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = span_of(host.ptr + 1, host.len - 2);
	*ret_host = span_eq(host, SPAN("localhost")) ? SPAN("127.0.0.1") : host;
	*ret_port = (uint16_t)port;
	return 0;
}
