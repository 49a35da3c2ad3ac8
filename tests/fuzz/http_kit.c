#include "http_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE_MAX  32768 /* a packet always fits in the room that a connection reads into */
#define PIECES_MAX 100   /* of chosen sizes; the rest comes at once */
#define TEXT_MAX   (1 << 20)

static const struct http_limits limits = {
    .head_max = 8192,
    .body_max = TEXT_MAX,
    .piece_ns = 3600 * NS_PER_S,
    .grace_ns = 3600 * NS_PER_S,
    .min_rate = 1,
};

/* --- transcripts: one line per head and header, a '=' before every byte of a body
 * ------------------------------------------------------------------------------------------------- */

static bool frames(struct span name)
{
	return span_eq_nocase(name, SPAN("content-length")) ||
	       span_eq_nocase(name, SPAN("transfer-encoding"));
}

void transcript_head(struct buf *t, enum http_role role, const struct http_head *h)
{
	if (role == HTTP_SERVER)
		buf_printf(t, "%.*s %.*s", SPAN_FMT(http_method_name(h->method)), SPAN_FMT(h->target));
	else
		buf_printf(t, "%d", h->status);
	buf_printf(t, " %s %s\n", h->http10 ? "1.0" : "1.1", h->keep_alive ? "stays" : "closes");
	for (unsigned i = 0; i < h->header_count; i++) {
		if (frames(h->headers[i].name))
			continue;
		buf_append(t, h->headers[i].name);
		buf_byte(t, ':');
		buf_append(t, h->headers[i].value);
		buf_byte(t, '\n');
	}
	buf_byte(t, '\n');
}

void transcript_body(struct buf *t, struct span piece)
{
	char *to = buf_reserve(t, 2 * piece.len);
	assert(to);
	for (size_t i = 0; i < piece.len; i++) {
		to[2 * i] = '=';
		to[2 * i + 1] = piece.ptr[i];
	}
	buf_commit(t, 2 * piece.len);
}

void transcript_end_of_message(struct buf *t)
{
	buf_lit(t, "\n.\n");
}

/* --- one reading by net/http
 * ------------------------------------------------------------------------------------------------- */

struct reading {
	const struct wire *wire;
	int in, out; /* a pair of connected sockets that keep the borders of pieces */
	struct buf transcript;
	size_t whole; /* how much of the transcript is of whole messages, */
	size_t named; /* and of those that `again` repeats */
	int end;      /* the code that ended it; 0: the connection is to be closed */
	struct buf *again;
};

static struct loop *loop;

static void send_pieces(struct stream *s, const struct wire *w)
{
	struct span rest = w->text;
	for (size_t i = 0; rest.len; i++) {
		bool chosen = w->sizes.len && i < PIECES_MAX;
		size_t n = chosen ? (unsigned char)w->sizes.ptr[i % w->sizes.len] + 1U : PIECE_MAX;
		struct iovec piece = {(void *)(uintptr_t)rest.ptr, n < rest.len ? n : rest.len};
		if (stream_write(s, &piece, 1, DEADLINE_NONE) < 0)
			return; /* the reader has seen enough */
		rest = span_skip(rest, n);
	}
}

static void send_all(void *arg)
{
	struct reading *r = arg;
	struct stream *s;
	int rc = stream_new(loop, r->out, &s);
	assert(rc == 0);
	send_pieces(s, r->wire);
	stream_close(s);
}

/* The same message once more, with nothing but its length as framing. A method without a name of ours is not
 * known any more: what follows it is left out. */
static void put_again(struct reading *r, const struct http_head *h, struct span body)
{
	struct buf *b = r->again;
	const char *version = h->http10 ? "HTTP/1.0" : "HTTP/1.1";
	if (r->wire->role == HTTP_CLIENT)
		buf_printf(b, "%s %d \r\n", version, h->status);
	else
		buf_printf(b, "%.*s %.*s %s\r\n", SPAN_FMT(http_method_name(h->method)), SPAN_FMT(h->target),
		    version);
	for (unsigned i = 0; i < h->header_count; i++) {
		if (!frames(h->headers[i].name))
			buf_printf(
			    b, "%.*s:%.*s\r\n", SPAN_FMT(h->headers[i].name), SPAN_FMT(h->headers[i].value));
	}
	if (h->has_length || h->chunked)
		buf_printf(b, "content-length:%zu\r\n", body.len);
	buf_lit(b, "\r\n");
	buf_append(b, body);
}

static int read_message(struct reading *r, struct http_conn *c, unsigned number, bool *stays)
{
	const struct http_head *head;
	struct buf body = buf_new(TEXT_MAX);
	struct span piece;
	int rc = http_read_head(c, wire_asked(r->wire, number), DEADLINE_NONE, &head);
	if (rc < 0)
		return rc;
	transcript_head(&r->transcript, r->wire->role, head);
	while ((rc = http_read_body(c, &piece)) == 0 && piece.len) {
		transcript_body(&r->transcript, piece);
		buf_append(&body, piece);
	}
	if (rc == 0) {
		assert(http_message_done(c) && buf_status(&body) == 0);
		transcript_end_of_message(&r->transcript);
		if (head->method == METHOD_OTHER)
			r->again = NULL;
		r->whole = r->transcript.len;
		if (r->again) {
			r->named = r->transcript.len;
			put_again(r, head, buf_span(&body));
		}
		*stays = head->keep_alive;
		http_next(c);
	}
	buf_free(&body);
	return rc;
}

static void read_all(void *arg)
{
	struct reading *r = arg;
	struct stream *s;
	bool stays = true;
	r->end = stream_new(loop, r->in, &s);
	assert(r->end == 0);
	struct http_conn *c = http_conn_new(s, r->wire->role, &limits);
	for (unsigned n = 0; r->end == 0 && stays; n++)
		r->end = read_message(r, c, n, &stays);
	http_conn_free(c);
	loop_stop(loop);
}

static struct reading read_wire(const struct wire *w, struct buf *again)
{
	int pair[2], rc;
	struct reading r = {.wire = w, .transcript = buf_new(8 * TEXT_MAX), .again = again};
	if (!loop) {
		rc = loop_new(&loop);
		assert(rc == 0);
	}
	rc = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair);
	assert(rc == 0);
	r.in = pair[0];
	r.out = pair[1];
	coro_start(loop, send_all, &r);
	coro_start(loop, read_all, &r);
	loop_run(loop);
	assert(buf_status(&r.transcript) == 0);
	return r;
}

/* --- what must hold
 * ------------------------------------------------------------------------------------------------- */

static bool refused(const struct reading *r)
{
	return r->end == -E_HTTP || r->end == -E_TOO_LARGE;
}

/* A finding is told with both transcripts. */
static void must(bool holds, const char *what, struct span got, struct span wanted)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n--- read\n%.*s\n--- wanted\n%.*s\n", what, SPAN_FMT(got), SPAN_FMT(wanted));
	abort();
}

/* The borders of pieces change nothing, but for a message that is refused: a fault behind its head is told
 * with the head if it stands there already, and what is both malformed and too long is refused as either. */
static void check_pieces(const struct reading *split, const struct reading *joined)
{
	struct span in_pieces = buf_span(&split->transcript), at_once = buf_span(&joined->transcript);
	if (refused(split) && refused(joined)) {
		in_pieces.len = split->whole;
		at_once.len = joined->whole;
	} else {
		must(split->end == joined->end, "ends differently in pieces", in_pieces, at_once);
	}
	must(span_eq(in_pieces, at_once), "differs in pieces", in_pieces, at_once);
}

static void check_again(const struct reading *r, struct wire w, struct span again)
{
	w.text = again;
	w.sizes = SPAN_NONE;
	struct reading second = read_wire(&w, NULL);
	struct span got = buf_span(&second.transcript), wanted = span_of(r->transcript.ptr, r->named);
	must((second.end == 0 || second.end == -E_EOF) && span_eq(got, wanted), "by length alone", got,
	    wanted);
	buf_free(&second.transcript);
}

static void check_reference(const struct reading *r)
{
	struct buf wanted = buf_new(8 * TEXT_MAX);
	bool at_end = http_reference(r->wire, &wanted);
	assert(buf_status(&wanted) == 0);
	struct span got = buf_span(&r->transcript), want = buf_span(&wanted);
	must(span_starts(want, got), "unlike the reference", got, want);
	must(r->end != -E_EOF || (at_end && want.len == got.len), "ends before the reference", got, want);
	buf_free(&wanted);
}

void http_check_wire(const struct wire *w)
{
	struct wire whole = *w;
	struct buf again = buf_new(2 * TEXT_MAX);
	if (w->text.len > TEXT_MAX / 2)
		return;
	whole.sizes = SPAN_NONE;
	struct reading split = read_wire(w, &again), joined = read_wire(&whole, NULL);
	check_pieces(&split, &joined);
	check_reference(&split);
	check_again(&split, *w, buf_span(&again));
	buf_free(&split.transcript);
	buf_free(&joined.transcript);
	buf_free(&again);
}
