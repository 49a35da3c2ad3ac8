#include "store/gzip.h"

#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* the largest window, in gzip's wrapping */
#define PIECE_BYTES GZIP_ROOM
#define FEED_MAX    ((size_t)1 << 30) /* zlib counts in unsigned int */

static void feed(z_stream *z, struct span *in)
{
	size_t n = in->len < FEED_MAX ? in->len : FEED_MAX;
	z->next_in = (z_const Bytef *)(uintptr_t)in->ptr;
	z->avail_in = (uInt)n;
	*in = span_skip(*in, n);
}

int gzip_inflate(struct span in, struct buf *out)
{
	z_stream z = {0};
	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return -E_NOMEM;
	int zrc = Z_OK;
	while (buf_status(out) == 0) {
		if (!z.avail_in)
			feed(&z, &in);
		if (zrc == Z_STREAM_END && (!z.avail_in || inflateReset(&z) != Z_OK))
			break;
		size_t room = out->max - out->len < PIECE_BYTES ? out->max - out->len + 1 : PIECE_BYTES;
		char *to = room <= out->max - out->len ? buf_reserve(out, room) : NULL;
		char last =
		    0; /* one byte past the maximum tells a full buffer from a text that is too long */
		z.next_out = (Bytef *)(to ? to : &last);
		z.avail_out = to ? (uInt)room : 1;
		zrc = inflate(&z, Z_NO_FLUSH);
		if (zrc != Z_OK && zrc != Z_STREAM_END)
			break;
		if (to)
			buf_commit(out, room - z.avail_out);
		else if (!z.avail_out)
			out->status = -E_TOO_LARGE;
	}
	inflateEnd(&z);
	if (buf_status(out) < 0)
		return buf_status(out);
	return zrc == Z_STREAM_END ? 0 : -E_INVALID;
}

int gzip_deflate(struct span in, struct buf *out)
{
	z_stream z = {0};
	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -E_NOMEM;
	int zrc = Z_OK;
	while (zrc == Z_OK || zrc == Z_BUF_ERROR) {
		if (!z.avail_in)
			feed(&z, &in);
		char *to = buf_reserve(out, PIECE_BYTES);
		if (!to)
			break;
		z.next_out = (Bytef *)to;
		z.avail_out = PIECE_BYTES;
		zrc = deflate(&z, in.len ? Z_NO_FLUSH : Z_FINISH);
		buf_commit(out, PIECE_BYTES - z.avail_out);
	}
	deflateEnd(&z);
	return zrc == Z_STREAM_END ? 0 : buf_status(out) < 0 ? buf_status(out) : -E_IO;
}
