/* HTTP/1.1 messages on a stream, in both roles (RFC 9110, RFC 9112). The parser is llhttp in strict mode;
 * what it lets through and a peer might read differently is refused on top of it: a message has one framing,
 * and it is the one that we relay. */
#pragma once

#include "net/stream.h"

#define HTTP_HEADERS_MAX 128
#define HTTP_IO_BYTES    65536 /* a message's buffer: the head, and the body piece by piece */
#define HTTP_HEAD_MAX    32768

enum http_method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_OTHER
};

struct span http_method_name(enum http_method m);
/* "Not Found"; empty for a code that has no name here. */
struct span http_status_text(int status);

struct http_header {
	struct span name, value;
};

/* The head of a message. All spans point into the connection's buffer and live until http_next(). */
struct http_head {
	enum http_method method;         /* requests */
	struct span target, path, query; /* requests: as sent; path before and query after the first '?' */
	int status;                      /* responses */
	const struct http_header *headers;
	unsigned header_count;
	bool http10;
	bool keep_alive;
	bool chunked;
	bool has_length;
	uint64_t length; /* if has_length */
	bool expects_continue;
};

/* The first header of that name (any case), or NULL. */
const struct http_header *http_find(const struct http_head *h, struct span name);
/* Its value, or the empty span. */
struct span http_value(const struct http_head *h, struct span name);
/* Whether a header belongs to one connection and is not relayed (RFC 9110 section 7.6.1), framing included.
 */
bool http_hop_by_hop(const struct http_head *h, struct span name);

enum http_role { HTTP_SERVER, HTTP_CLIENT };

struct http_limits {
	size_t head_max; /* at most HTTP_HEAD_MAX */
	uint64_t body_max;
	/* A body must bring its next piece within piece_ns, and as a whole keep min_rate bytes a second after
	 * grace_ns: neither silence nor a trickle holds a connection for ever. */
	uint64_t piece_ns, grace_ns, min_rate; /* min_rate is at least 1 */
};

struct http_conn;

/* A connection over a stream, which it owns from now on. `limits` outlives it. */
struct http_conn *http_conn_new(struct stream *s, enum http_role role, const struct http_limits *limits);
/* Closes the stream; NULL is fine. */
void http_conn_free(struct http_conn *c);
struct stream *http_stream(struct http_conn *c);

/* Reads the next message's head. Responses: `to` is the request's method; interim answers (1xx) are skipped.
 * -E_EOF: the peer ended before the first byte; -E_HTTP: malformed (http_error() says what); -E_TOO_LARGE: a
 * longer head than allowed; and the codes of stream_read. */
MUST_USE int http_read_head(
    struct http_conn *c, enum http_method to, uint64_t deadline_ns, const struct http_head **ret);
/* A request's head, without waiting: -E_AGAIN if it is not whole and no more has come, and then the
 * connection holds just those bytes until the next call. The deadline is for a stream that only seemed
 * readable. */
MUST_USE int http_try_head(struct http_conn *c, uint64_t deadline_ns, const struct http_head **ret);
/* The next piece of the body, without its framing; the span is empty at the end. It lives until the next
 * call. -E_TIMEOUT, -E_HTTP, -E_TOO_LARGE past body_max, -E_CLOSED if the message is cut off, … */
MUST_USE int http_read_body(struct http_conn *c, struct span *ret);
/* The same without waiting: -E_AGAIN if what has come holds neither a piece nor the end. */
MUST_USE int http_try_body(struct http_conn *c, struct span *ret);
/* Whether the whole message has been read. */
bool http_message_done(const struct http_conn *c);
/* Whether bytes of the body, or of its framing, or its end have arrived. */
bool http_body_ready(const struct http_conn *c);
/* Done with the message: the buffer is given back unless the next message has begun to arrive, which the
 * result says. */
bool http_next(struct http_conn *c);
/* What is wrong with the message, after -E_HTTP; static text. */
const char *http_error(const struct http_conn *c);
/* Whether any byte of the message that http_read_head was last called for has arrived. */
bool http_any_byte(const struct http_conn *c);

/* Frees the buffers that this thread keeps for the next messages. */
void http_free_spare(void);
