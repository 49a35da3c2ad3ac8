/* gzip of whole bodies. */
#pragma once

#include "base/buf.h"

/* Appends the inflated text; several members in a row are one text. -E_INVALID if it is no gzip or is cut
 * off, -E_TOO_LARGE past the buffer's maximum. */
MUST_USE int gzip_inflate(struct span in, struct buf *out);
/* Appends the compressed text, at the fastest level. -E_NOMEM, -E_TOO_LARGE. */
MUST_USE int gzip_deflate(struct span in, struct buf *out);
