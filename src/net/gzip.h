/* gzip on the wire (RFC 1952): whole bodies, and bodies that pass. */
#pragma once

#include "base/buf.h"

/* Appends the inflated text; several members in a row are one text. -E_INVALID if it is no gzip or is cut
 * off, -E_TOO_LARGE past the buffer's maximum. */
MUST_USE int gzip_inflate(struct span in, struct buf *out);
/* Appends the compressed text, at the fastest level. -E_NOMEM, -E_TOO_LARGE. */
MUST_USE int gzip_deflate(struct span in, struct buf *out);

struct gunzip;

struct gunzip *gunzip_new(void);
/* Returns NULL; NULL is fine. */
struct gunzip *gunzip_free(struct gunzip *g);
/* The next piece of the inflated text, empty at its end, which lives until the next call. `read` gives the
 * compressed pieces in the same way; what it fails with is returned. -E_INVALID as above, -E_NOMEM. */
MUST_USE int gunzip_read(
    struct gunzip *g, int (*read)(void *ctx, struct span *ret), void *ctx, struct span *ret);
