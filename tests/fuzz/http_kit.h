/* What the fuzz targets of net/http have in common. A connection's bytes are read three ways – by net/http in
 * pieces that the input chooses, by net/http in one piece, and by a reference – and what was read is written
 * down as a transcript, byte for byte comparable. */
#pragma once

#include "fuzz.h"

#include "base/buf.h"
#include "net/http.h"

/* What the peer sends, and how. */
struct wire {
	enum http_role role;
	uint8_t asked;     /* clients: bit k is set if message k (mod 8) answers a HEAD request */
	struct span sizes; /* piece k has sizes[k mod len] + 1 bytes; none: as large as can be */
	struct span text;
};

static inline enum http_method wire_asked(const struct wire *w, unsigned message)
{
	return w->asked >> message % 8 & 1 ? METHOD_HEAD : METHOD_GET;
}

/* A head without the headers that frame the body: these are judged by the body that follows. */
void transcript_head(struct buf *t, enum http_role role, const struct http_head *h);
void transcript_body(struct buf *t, struct span piece);
void transcript_end_of_message(struct buf *t);

/* Checks everything that must hold of net/http's reading of these bytes. */
void http_check_wire(const struct wire *w);

/* The reference: a plain reader of the whole text, strict, written from RFC 9112 alone. Writes down what is
 * sound, up to the first fault; the result tells whether it came to the end of the text at the end of a
 * message. */
bool http_reference(const struct wire *w, struct buf *transcript);
