#include "net/http.h"

#include <assert.h>
#include <llhttp.h>
#include <stdlib.h>

#include "net/http_inside.h"

#define SPARE_MAX   64 /* buffers kept per thread */
#define INTERIM_MAX 8  /* 1xx answers before the real one */

/* What a message needs while it is under way; an idle connection has none. */
struct http_io {
	struct http_io *next;
	llhttp_t parser;
	struct http_head head;
	struct http_header headers[HTTP_HEADERS_MAX];
	char bytes[HTTP_IO_BYTES];
};

struct http_conn {
	struct stream *stream;
	enum http_role role;
	const struct http_limits *limits;
	struct http_io *io;
	size_t begin, end; /* bytes not parsed yet */
	char *parked;      /* the bytes, while there is no io */
	size_t floor;      /* the head stands below; body bytes come at or above */
	bool in_value, paused, to_head;
	bool head_done, done, any_byte;
	struct span piece;
	bool piece_ready;
	const char *error;
	uint64_t body_began_ns, body_bytes, body_wire_bytes;
};

static _Thread_local struct {
	struct http_io *first;
	unsigned count;
} spare;

static struct http_io *io_take(void)
{
	struct http_io *io = spare.first;
	if (io) {
		spare.first = io->next;
		spare.count--;
		return io;
	}
	io = malloc(sizeof *io);
	if (!io)
		abort();
	return io;
}

static void io_give(struct http_io *io)
{
	if (spare.count == SPARE_MAX) {
		free(io);
		return;
	}
	io->next = spare.first;
	spare.first = io;
	spare.count++;
}

void http_free_spare(void)
{
	while (spare.first) {
		struct http_io *io = spare.first;
		spare.first = io->next;
		free(io);
	}
	spare.count = 0;
}

/* --- llhttp's callbacks --- */

static struct http_conn *conn_of(llhttp_t *p)
{
	return p->data;
}

/* A token can come in several calls, one after another in the same buffer. */
static int extend(struct span *s, const char *at, size_t len)
{
	if (s->len == 0)
		*s = span_of(at, len);
	else if (s->ptr + s->len == at)
		s->len += len;
	else
		return HPE_USER; /* folded over lines */
	return 0;
}

static int on_url(llhttp_t *p, const char *at, size_t len)
{
	return extend(&conn_of(p)->io->head.target, at, len);
}

static int on_header_field(llhttp_t *p, const char *at, size_t len)
{
	struct http_conn *c = conn_of(p);
	struct http_head *h = &c->io->head;
	if (c->head_done)
		return 0; /* trailers are not relayed */
	if (c->in_value || h->header_count == 0) {
		if (h->header_count == HTTP_HEADERS_MAX) {
			llhttp_set_error_reason(p, "too many headers");
			return HPE_USER;
		}
		c->io->headers[h->header_count++] = (struct http_header){0};
		c->in_value = false;
	}
	return extend(&c->io->headers[h->header_count - 1].name, at, len);
}

static int on_header_value(llhttp_t *p, const char *at, size_t len)
{
	struct http_conn *c = conn_of(p);
	if (c->head_done)
		return 0;
	c->in_value = true;
	return extend(&c->io->headers[c->io->head.header_count - 1].value, at, len);
}

static int on_header_value_complete(llhttp_t *p)
{
	conn_of(p)->in_value = true; /* also after an empty value */
	return 0;
}

static int on_headers_complete(llhttp_t *p)
{
	struct http_conn *c = conn_of(p);
	struct http_head *h = &c->io->head;
	for (unsigned i = 0; i < h->header_count; i++)
		c->io->headers[i].value = span_trim(c->io->headers[i].value);
	h->chunked = p->flags & F_CHUNKED;
	h->has_length = p->flags & F_CONTENT_LENGTH;
	h->length = h->has_length ? p->content_length : 0;
	h->http10 = p->http_major == 1 && p->http_minor == 0;
	h->status = p->status_code;
	h->headers = c->io->headers;
	bool answer = c->role == HTTP_CLIENT;
	bool bodiless = answer && (c->to_head || h->status < 200 || h->status == 204 || h->status == 304);
	bool until_close = answer && !bodiless && !h->chunked && !h->has_length;
	h->keep_alive = http_keeps_alive(h) && !until_close;
	p->upgrade = 0; /* we never switch protocols: the body is a body */
	c->head_done = true;
	return bodiless ? 1 : HPE_PAUSED; /* 1: what the headers say of a body is not so */
}

static int on_body(llhttp_t *p, const char *at, size_t len)
{
	struct http_conn *c = conn_of(p);
	if (len == 0)
		return 0; /* llhttp was fed nothing in the middle of a piece */
	c->piece = span_of(at, len);
	c->piece_ready = true;
	c->body_bytes += len;
	return HPE_PAUSED;
}

static int on_message_complete(llhttp_t *p)
{
	conn_of(p)->done = true;
	return HPE_PAUSED;
}

static const llhttp_settings_t callbacks = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* --- connection --- */

struct http_conn *http_conn_new(struct stream *s, enum http_role role, const struct http_limits *limits)
{
	struct http_conn *c = calloc(1, sizeof *c);
	if (!c)
		abort();
	assert(limits->min_rate);
	c->stream = s;
	c->role = role;
	c->limits = limits;
	return c;
}

void http_conn_free(struct http_conn *c)
{
	if (!c)
		return;
	if (c->io)
		io_give(c->io);
	free(c->parked);
	stream_close(c->stream);
	free(c);
}

struct stream *http_stream(struct http_conn *c)
{
	return c->stream;
}

const char *http_error(const struct http_conn *c)
{
	return c->error ? c->error : "malformed";
}

bool http_any_byte(const struct http_conn *c)
{
	return c->any_byte;
}

bool http_message_done(const struct http_conn *c)
{
	return c->done;
}

bool http_body_ready(const struct http_conn *c)
{
	return c->done || c->piece_ready || c->paused || c->begin < c->end || stream_readable(c->stream);
}

bool http_next(struct http_conn *c)
{
	size_t left = c->io ? c->end - c->begin : 0;
	if (c->io && left == 0) {
		io_give(c->io);
		c->io = NULL;
	}
	return left > 0;
}

/* Feeds the parser what stands in the buffer, up to the next pause. */
static int parse(struct http_conn *c)
{
	struct http_io *io = c->io;
	bool in_body = c->head_done;
	size_t from = c->begin;
	c->paused = false;
	llhttp_errno_t err = llhttp_execute(&io->parser, io->bytes + c->begin, c->end - c->begin);
	if (err == HPE_OK) {
		c->begin = c->end;
	} else if (err == HPE_PAUSED) {
		c->begin = (size_t)(llhttp_get_error_pos(&io->parser) - io->bytes);
		c->paused = true;
		llhttp_resume(&io->parser);
	} else {
		c->error = llhttp_get_error_reason(&io->parser);
		return -E_HTTP;
	}
	c->body_wire_bytes += in_body ? c->begin - from : 0;
	return 0;
}

static enum http_method method_of(const llhttp_t *p)
{
	switch (p->method) {
	case HTTP_GET:
		return METHOD_GET;
	case HTTP_HEAD:
		return METHOD_HEAD;
	case HTTP_POST:
		return METHOD_POST;
	case HTTP_PUT:
		return METHOD_PUT;
	case HTTP_PATCH:
		return METHOD_PATCH;
	case HTTP_DELETE:
		return METHOD_DELETE;
	case HTTP_OPTIONS:
		return METHOD_OPTIONS;
	default:
		return METHOD_OTHER;
	}
}

static int finish_head(struct http_conn *c)
{
	struct http_head *h = &c->io->head;
	struct span text = span_of(c->io->bytes, c->begin);
	if (c->role == HTTP_SERVER) {
		h->method = method_of(&c->io->parser);
		struct span rest = h->target;
		h->path = span_cut(&rest, '?');
		h->query = rest;
		struct span expect = http_value(h, SPAN("expect"));
		h->expects_continue = span_eq_nocase(expect, SPAN("100-continue"));
		c->error = http_check_request(h, text);
	} else {
		c->error = http_check_response(h, text);
	}
	if (c->error)
		return -E_HTTP;
	c->floor = c->begin;
	/* So that an empty body is known as such, and a small one lies ready. */
	return c->done ? 0 : parse(c);
}

/* The buffer is taken when there is something to read: who waits for an answer holds none, and the next
 * answer comes into the one that was used last, which the processor still has at hand. */
static int begin_message(struct http_conn *c, enum http_method to, uint64_t deadline_ns)
{
	c->head_done = c->done = c->paused = c->in_value = c->piece_ready = false;
	c->to_head = c->role == HTTP_CLIENT && to == METHOD_HEAD;
	c->any_byte = c->end > c->begin;
	c->error = NULL;
	c->body_began_ns = c->body_bytes = c->body_wire_bytes = 0;
	if (!c->io) {
		int rc = stream_await(c->stream, deadline_ns);
		if (rc < 0)
			return rc;
		c->io = io_take();
	}
	if (c->end > c->begin)
		memmove(c->io->bytes, (c->parked ? c->parked : c->io->bytes) + c->begin, c->end - c->begin);
	free(c->parked);
	c->parked = NULL;
	c->end -= c->begin;
	c->begin = 0;
	c->io->head = (struct http_head){0};
	llhttp_init(&c->io->parser, c->role == HTTP_SERVER ? HTTP_REQUEST : HTTP_RESPONSE, &callbacks);
	c->io->parser.data = c;
	return 0;
}

/* Without `wait`, -E_AGAIN where it would have to. */
static int read_one_head(struct http_conn *c, bool wait, uint64_t deadline_ns)
{
	for (;;) {
		if (c->begin < c->end) {
			int rc = parse(c);
			if (rc < 0)
				return rc;
		}
		if (c->head_done)
			return c->begin > c->limits->head_max ? -E_TOO_LARGE : finish_head(c);
		if (c->end >= c->limits->head_max)
			return -E_TOO_LARGE;
		if (!wait && !stream_readable(c->stream))
			return -E_AGAIN;
		ssize_t n =
		    stream_read(c->stream, c->io->bytes + c->end, HTTP_IO_BYTES - c->end, deadline_ns);
		if (n < 0)
			return (int)n;
		if (n == 0)
			return c->any_byte ? -E_CLOSED : -E_EOF;
		c->any_byte = true;
		c->end += (size_t)n;
	}
}

int http_read_head(
    struct http_conn *c, enum http_method to, uint64_t deadline_ns, const struct http_head **ret)
{
	for (int interim = 0; interim < INTERIM_MAX; interim++) {
		int rc = begin_message(c, to, deadline_ns);
		if (rc == 0)
			rc = read_one_head(c, true, deadline_ns);
		if (rc < 0)
			return rc;
		if (c->role == HTTP_SERVER || c->io->head.status >= 200) {
			*ret = &c->io->head;
			return 0;
		}
		if (c->io->head.status == 101)
			break;
	}
	c->error = "an interim answer that was not asked for";
	return -E_HTTP;
}

/* Swaps the buffer for just the bytes of a head that is not whole. They are parsed anew with what comes next.
 */
static void park(struct http_conn *c)
{
	c->parked = malloc(c->end);
	if (!c->parked)
		abort();
	memcpy(c->parked, c->io->bytes, c->end);
	c->begin = 0;
	io_give(c->io);
	c->io = NULL;
}

int http_try_head(struct http_conn *c, uint64_t deadline_ns, const struct http_head **ret)
{
	int rc = begin_message(c, METHOD_OTHER, deadline_ns);
	if (rc == 0)
		rc = read_one_head(c, false, deadline_ns);
	if (rc == 0)
		*ret = &c->io->head;
	else if (rc == -E_AGAIN)
		park(c);
	return rc;
}

/* Bounds what a peer can send without sending any body: chunk headers, extensions, trailers. */
static bool too_much_framing(const struct http_conn *c)
{
	return c->body_wire_bytes - c->body_bytes > HTTP_IO_BYTES + 16 * c->body_bytes;
}

static int read_more_body(struct http_conn *c)
{
	const struct http_limits *limits = c->limits;
	if (!c->body_began_ns)
		c->body_began_ns = loop_now_ns();
	uint64_t until = c->body_began_ns + limits->grace_ns + c->body_bytes * NS_PER_S / limits->min_rate;
	uint64_t piece_until = deadline_in(limits->piece_ns);
	c->begin = c->end = c->floor;
	ssize_t n = stream_read(c->stream, c->io->bytes + c->floor, HTTP_IO_BYTES - c->floor,
	    until < piece_until ? until : piece_until);
	if (n < 0)
		return (int)n;
	c->end += (size_t)n;
	if (n == 0) { /* a response may end with its connection */
		llhttp_finish(&c->io->parser);
		return c->done ? 0 : -E_CLOSED;
	}
	return 0;
}

/* Without `wait`, -E_AGAIN where it would have to. */
static int read_piece(struct http_conn *c, bool wait, struct span *ret)
{
	if (c->io->head.length > c->limits->body_max)
		return -E_TOO_LARGE;
	while (!c->piece_ready && !c->done) {
		int rc = 0;
		if (c->begin < c->end || c->paused)
			rc = parse(c);
		else
			rc = wait || stream_peer_spoke(c->stream) ? read_more_body(c) : -E_AGAIN;
		if (rc < 0)
			return rc;
		if (too_much_framing(c)) {
			c->error = "more framing than body";
			return -E_HTTP;
		}
		if (c->body_bytes > c->limits->body_max)
			return -E_TOO_LARGE;
	}
	*ret = c->piece_ready ? c->piece : SPAN_NONE;
	c->piece_ready = false;
	return 0;
}

int http_read_body(struct http_conn *c, struct span *ret)
{
	return read_piece(c, true, ret);
}

int http_try_body(struct http_conn *c, struct span *ret)
{
	return read_piece(c, false, ret);
}
