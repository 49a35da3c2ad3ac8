#include "net/http_inside.h"

struct span http_method_name(enum http_method m)
{
	static const struct span names[] = {
	    [METHOD_GET] = {"GET", 3},
	    [METHOD_HEAD] = {"HEAD", 4},
	    [METHOD_POST] = {"POST", 4},
	    [METHOD_PUT] = {"PUT", 3},
	    [METHOD_PATCH] = {"PATCH", 5},
	    [METHOD_DELETE] = {"DELETE", 6},
	    [METHOD_OPTIONS] = {"OPTIONS", 7},
	    [METHOD_OTHER] = {"OTHER", 5},
	};
	return names[m];
}

/* RFC 9110 section 15. */
#define STATUS_TABLE(X)                                                                                      \
	X(200, "OK")                                                                                         \
	X(201, "Created")                                                                                    \
	X(202, "Accepted")                                                                                   \
	X(204, "No Content")                                                                                 \
	X(206, "Partial Content")                                                                            \
	X(301, "Moved Permanently")                                                                          \
	X(302, "Found")                                                                                      \
	X(304, "Not Modified")                                                                               \
	X(307, "Temporary Redirect")                                                                         \
	X(308, "Permanent Redirect")                                                                         \
	X(400, "Bad Request")                                                                                \
	X(401, "Unauthorized")                                                                               \
	X(402, "Payment Required")                                                                           \
	X(403, "Forbidden")                                                                                  \
	X(404, "Not Found")                                                                                  \
	X(405, "Method Not Allowed")                                                                         \
	X(408, "Request Timeout")                                                                            \
	X(409, "Conflict")                                                                                   \
	X(412, "Precondition Failed")                                                                        \
	X(413, "Content Too Large")                                                                          \
	X(415, "Unsupported Media Type")                                                                     \
	X(422, "Unprocessable Content")                                                                      \
	X(429, "Too Many Requests")                                                                          \
	X(431, "Request Header Fields Too Large")                                                            \
	X(500, "Internal Server Error")                                                                      \
	X(501, "Not Implemented")                                                                            \
	X(502, "Bad Gateway")                                                                                \
	X(503, "Service Unavailable")                                                                        \
	X(504, "Gateway Timeout")

struct span http_status_text(int status)
{
	switch (status) {
#define X(number, text)                                                                                      \
	case number:                                                                                         \
		return SPAN(text);
		STATUS_TABLE(X)
#undef X
	default:
		return SPAN("");
	}
}

const struct http_header *http_find(const struct http_head *h, struct span name)
{
	for (unsigned i = 0; i < h->header_count; i++) {
		if (span_eq_nocase(h->headers[i].name, name))
			return &h->headers[i];
	}
	return NULL;
}

struct span http_value(const struct http_head *h, struct span name)
{
	const struct http_header *header = http_find(h, name);
	return header ? header->value : SPAN_NONE;
}

static bool listed_in_connection(const struct http_head *h, struct span name)
{
	for (unsigned i = 0; i < h->header_count; i++) {
		if (h->headers[i].name.len != 10 || !span_eq_nocase(h->headers[i].name, SPAN("connection")))
			continue;
		struct span rest = h->headers[i].value;
		while (rest.len) {
			if (span_eq_nocase(span_trim(span_cut(&rest, ',')), name))
				return true;
		}
	}
	return false;
}

bool http_keeps_alive(const struct http_head *h)
{
	return !listed_in_connection(h, SPAN("close")) &&
	       (!h->http10 || listed_in_connection(h, SPAN("keep-alive")));
}

bool http_hop_by_hop(const struct http_head *h, struct span name)
{
	static const struct span names[] = {
	    {"te", 2},
	    {"trailer", 7},
	    {"upgrade", 7},
	    {"connection", 10},
	    {"keep-alive", 10},
	    {"content-length", 14},
	    {"proxy-connection", 16},
	    {"transfer-encoding", 17},
	    {"proxy-authenticate", 18},
	    {"proxy-authorization", 19},
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (span_eq_nocase(names[i], name))
			return true;
	}
	return listed_in_connection(h, name);
}

/* --- checks --- */

/* For eight bytes at once, as most of them are fine: a bit for a byte that is less than n, or that is c. */
#define EACH(byte) (0x0101010101010101u * (byte))

static uint64_t any_below(uint64_t bytes, unsigned char n)
{
	return (bytes - EACH(n)) & ~bytes & EACH(0x80);
}

static uint64_t any_equal(uint64_t bytes, unsigned char c)
{
	return any_below(bytes ^ EACH(c), 1);
}

static bool plain_target(uint64_t bytes)
{
	return !(any_below(bytes, ' ' + 1) | any_equal(bytes, '#') | any_equal(bytes, 0x7F) |
	         (bytes & EACH(0x80)));
}

static bool plain_value(uint64_t bytes)
{
	return !(any_below(bytes, ' ') | any_equal(bytes, 0x7F));
}

/* How many bytes of s from its begin, a multiple of eight, are plain. */
static inline size_t plain_prefix(struct span s, bool (*plain)(uint64_t bytes))
{
	size_t n = 0;
	for (uint64_t bytes; s.len - n >= sizeof bytes; n += sizeof bytes) {
		memcpy(&bytes, s.ptr + n, sizeof bytes);
		if (!plain(bytes))
			break;
	}
	return n;
}

static bool has_control(struct span s)
{
	for (size_t i = plain_prefix(s, plain_value); i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if ((c < ' ' && c != '\t') || c == 0x7F)
			return true;
	}
	return false;
}

/* llhttp skips line ends of any kind before the method (RFC 9112 section 2.2 has whole empty lines in mind)
 * and spaces before the target, and knows protocols of other names (ICE, RTSP) and versions. */
static const char *check_request_line(const struct http_head *h, struct span text)
{
	while (span_starts(text, SPAN("\r\n")))
		text = span_skip(text, 2);
	if (text.ptr[0] == '\r' || text.ptr[0] == '\n')
		return "half an empty line before the request line";
	struct span behind = span_of(h->target.ptr + h->target.len, 9);
	if (h->target.ptr[-2] == ' ')
		return "more than one space in the request line";
	if (!span_eq(behind, h->http10 ? SPAN(" HTTP/1.0") : SPAN(" HTTP/1.1")))
		return "the protocol is neither HTTP/1.1 nor HTTP/1.0";
	return NULL;
}

/* Here llhttp skips empty lines, and takes any three digits, any reason, and a CR
 * for the LF. */
static const char *check_status_line(const struct http_head *h, struct span text)
{
	if (!span_starts(text, h->http10 ? SPAN("HTTP/1.0 ") : SPAN("HTTP/1.1 ")))
		return "the answer does not begin with HTTP/1.1 or HTTP/1.0";
	if (h->status < 100)
		return "a status code below 100";
	if (has_control(span_cut(&text, '\r')) || !span_starts(text, SPAN("\n")))
		return "the reason holds a control character";
	return NULL;
}

/* Origin form only (RFC 9112 section 3.2.1): one slash, then visible ASCII. */
static const char *check_target(struct span target)
{
	if (target.len == 0 || target.ptr[0] != '/')
		return "the request target must begin with a slash";
	for (size_t i = plain_prefix(target, plain_target); i < target.len; i++) {
		unsigned char c = (unsigned char)target.ptr[i];
		if (c <= ' ' || c >= 0x7F || c == '#')
			return "the request target holds a character that must be percent-encoded";
	}
	return NULL;
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool host_char(char c)
{
	return digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '.' || c == '-' || c == '_';
}

static bool address_char(char c)
{
	return digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f') || c == '.' || c == ':';
}

static size_t count_while(struct span s, size_t from, bool (*fits)(char c))
{
	size_t n = 0;
	while (from + n < s.len && fits(s.ptr[from + n]))
		n++;
	return n;
}

/* A host name, IPv4 or bracketed IPv6 address, with an optional port: nothing that could carry a second
 * authority or a path. */
static const char *check_host(struct span host)
{
	static const char wrong[] = "the Host header is not a host";
	size_t n = 0;
	if (span_starts(host, SPAN("["))) {
		n = 1 + count_while(host, 1, address_char);
		if (n == 1 || n == host.len || host.ptr[n++] != ']')
			return wrong;
	} else {
		n = count_while(host, 0, host_char);
	}
	if (n < host.len && host.ptr[n] == ':')
		n += 1 + count_while(host, n + 1, digit);
	return n == host.len ? NULL : wrong;
}

static const char *check_values(const struct http_head *h)
{
	for (unsigned i = 0; i < h->header_count; i++) {
		if (h->headers[i].name.len == 0)
			return "a header has no name";
		if (has_control(h->headers[i].value))
			return "a header value holds a control character";
	}
	return NULL;
}

struct framing {
	unsigned lengths, encodings, hosts;
	struct span encoding, host;
};

static struct framing framing_of(const struct http_head *h)
{
	struct framing f = {0};
	for (unsigned i = 0; i < h->header_count; i++) {
		struct span name = h->headers[i].name;
		if (name.len == 14 && span_eq_nocase(name, SPAN("content-length"))) {
			f.lengths++;
		} else if (name.len == 17 && span_eq_nocase(name, SPAN("transfer-encoding"))) {
			f.encodings++;
			f.encoding = h->headers[i].value;
		} else if (name.len == 4 && span_eq_nocase(name, SPAN("host"))) {
			f.hosts++;
			f.host = h->headers[i].value;
		}
	}
	return f;
}

static const char *check_framing(const struct framing *f, bool http10)
{
	if (f->lengths > 1)
		return "more than one Content-Length";
	if (f->lengths && f->encodings)
		return "both Content-Length and Transfer-Encoding";
	if (f->encodings > 1 || (f->encodings && !span_eq_nocase(f->encoding, SPAN("chunked"))))
		return "a Transfer-Encoding other than chunked";
	if (f->encodings && http10)
		return "Transfer-Encoding in HTTP/1.0";
	return NULL;
}

const char *http_check_request(const struct http_head *h, struct span text)
{
	struct framing f = framing_of(h);
	const char *wrong = check_target(h->target);
	if (!wrong)
		wrong = check_request_line(h, text);
	if (!wrong)
		wrong = check_values(h);
	if (!wrong)
		wrong = check_framing(&f, h->http10);
	if (!wrong && (f.hosts > 1 || (f.hosts == 0 && !h->http10)))
		wrong = f.hosts ? "more than one Host header" : "no Host header";
	return wrong ? wrong : check_host(f.host);
}

const char *http_check_response(const struct http_head *h, struct span text)
{
	struct framing f = framing_of(h);
	const char *wrong = check_status_line(h, text);
	if (!wrong)
		wrong = check_values(h);
	return wrong ? wrong : check_framing(&f, h->http10);
}
