#include "net/gzip.h"

#include <stdlib.h>
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

/* Bodies that pass */

struct gunzip {
	z_stream z;
	struct span in; /* of the piece, what zlib has not been given yet */
	int zrc;
	bool source_ended;
	char out[PIECE_BYTES];
};

struct gunzip *gunzip_new(void)
{
	struct gunzip *g = malloc(sizeof *g);
	if (!g)
		abort();
	g->z = (z_stream){0};
	g->in = SPAN_NONE;
	g->zrc = inflateInit2(&g->z, GZIP_WINDOW);
	g->source_ended = false;
	return g;
}

struct gunzip *gunzip_free(struct gunzip *g)
{
	if (g) {
		inflateEnd(&g->z);
		free(g);
	}
	return NULL;
}

/* Gives zlib something to read, unless the source has ended. */
static int feed_from(struct gunzip *g, int (*read)(void *ctx, struct span *ret), void *ctx)
{
	while (!g->z.avail_in && !g->source_ended) {
		if (!g->in.len) {
			int rc = read(ctx, &g->in);
			if (rc < 0)
				return rc;
			g->source_ended = g->in.len == 0;
		}
		feed(&g->z, &g->in);
	}
	return 0;
}

int gunzip_read(struct gunzip *g, int (*read)(void *ctx, struct span *ret), void *ctx, struct span *ret)
{
	for (;;) {
		int rc = feed_from(g, read, ctx);
		if (rc < 0)
			return rc;
		if (g->zrc == Z_STREAM_END) {
			if (!g->z.avail_in) {
				*ret = SPAN_NONE;
				return 0;
			}
			g->zrc = inflateReset(&g->z); /* a further member */
		}
		if (g->zrc != Z_OK)
			return g->zrc == Z_MEM_ERROR ? -E_NOMEM : -E_INVALID;
		g->z.next_out = (Bytef *)g->out;
		g->z.avail_out = sizeof g->out;
		g->zrc = inflate(&g->z, Z_NO_FLUSH);
		size_t n = sizeof g->out - g->z.avail_out;
		if (n) {
			*ret = span_of(g->out, n);
			return 0;
		}
		if (g->source_ended && g->zrc != Z_STREAM_END)
			return -E_INVALID;
	}
}

static int read_once(void *ctx, struct span *ret)
{
	struct span *in = ctx;
	*ret = *in;
	*in = SPAN_NONE;
	return 0;
}

int gzip_inflate(struct span in, struct buf *out)
{
	struct gunzip *g = gunzip_new();
	struct span piece;
	int rc;
	while ((rc = gunzip_read(g, read_once, &in, &piece)) == 0 && piece.len) {
		buf_append(out, piece);
		if (buf_status(out) < 0)
			break;
	}
	gunzip_free(g);
	return rc < 0 ? rc : buf_status(out);
}
