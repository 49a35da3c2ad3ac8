#include "store/gzip.h"

#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* the largest window, in gzip's wrapping */
#define PIECE_BYTES 65536
#define FEED_MAX    ((size_t)1 << 30) /* zlib counts in unsigned int */

static void feed(z_stream *z, struct span *in)
{
	size_t n = in->len < FEED_MAX ? in->len : FEED_MAX;
	z->next_in = (z_const Bytef *)(uintptr_t)in->ptr;
	z->avail_in = (uInt)n;
	*in = span_skip(*in, n);
}

/* Points z at the next piece of room in the buffer, or at `spare` if the buffer has reached its maximum: a
 * byte that lands there tells a text that just fits from one that is too long. -E_NOMEM. */
static int make_room(z_stream *z, struct buf *out, char *spare, size_t *ret_room)
{
	size_t left = out->max - out->len, room = left < PIECE_BYTES ? left : PIECE_BYTES;
	char *to = room ? buf_reserve(out, room) : spare;
	if (!to)
		return buf_status(out);
	z->next_out = (Bytef *)to;
	z->avail_out = room ? (uInt)room : 1;
	*ret_room = room;
	return 0;
}

/* Accounts for what zlib wrote. */
static int take_room(const z_stream *z, struct buf *out, size_t room)
{
	if (room)
		buf_commit(out, room - z->avail_out);
	else if (!z->avail_out)
		out->status = -E_TOO_LARGE;
	return buf_status(out);
}

int gzip_inflate(struct span in, struct buf *out)
{
	z_stream z = {0};
	char spare = 0;
	size_t room = 0;
	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return -E_NOMEM;
	int zrc = Z_OK, rc = 0;
	while (rc == 0 && (zrc == Z_OK || zrc == Z_STREAM_END)) {
		if (!z.avail_in)
			feed(&z, &in);
		if (zrc == Z_STREAM_END && (!z.avail_in || inflateReset(&z) != Z_OK))
			break; /* no further member */
		rc = make_room(&z, out, &spare, &room);
		if (rc == 0) {
			zrc = inflate(&z, Z_NO_FLUSH);
			rc = take_room(&z, out, room);
		}
	}
	inflateEnd(&z);
	return rc < 0 ? rc : zrc == Z_STREAM_END ? 0 : -E_INVALID;
}

int gzip_deflate(struct span in, struct buf *out)
{
	z_stream z = {0};
	char spare = 0;
	size_t room = 0;
	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -E_NOMEM;
	int zrc = Z_OK, rc = 0;
	while (rc == 0 && zrc == Z_OK) {
		if (!z.avail_in)
			feed(&z, &in);
		rc = make_room(&z, out, &spare, &room);
		if (rc == 0) {
			zrc = deflate(&z, in.len ? Z_NO_FLUSH : Z_FINISH);
			rc = take_room(&z, out, room);
		}
	}
	deflateEnd(&z);
	return rc < 0 ? rc : zrc == Z_STREAM_END ? 0 : -E_INVALID;
}
