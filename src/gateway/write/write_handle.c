/* A write of up to LAYER_WRITE_WHOLE_MAX_BYTES is read whole, checked, and sent with its length; a longer one
 * passes through a window and is checked and stamped on the way, which takes the same memory whatever its
 * length. What has to be refused there ends the request to the store unfinished, so that nothing of it
 * applies. */
#include "gateway/write/write.h"

#include "gateway/edge/request.h"
#include "gateway/relay/relay.h"
#include "gateway/worker.h"
#include "gateway/write/stamp.h"
#include "net/gzip.h"

#define WINDOW_BYTES (2 * HTTP_IO_BYTES)
#define REST_MAX     HTTP_IO_BYTES /* the longest name or number */
#define JOINED_BYTES 65536         /* pieces of output that are sent at once */
#define LONG_BYTES   4096          /* a piece that is not worth joining */

struct write {
	struct request *request;
	struct gunzip *gunzip; /* NULL: the body is plain */
	uint64_t inflated;
	struct buf text;  /* what was read: the whole body, or the window … */
	struct span view; /* … or the whole body where it came in one piece */
	uint64_t held;    /* of the process' memory for whole bodies */
	bool final;       /* the body ends with the text */
	struct stamp stamp;
	size_t piece;   /* of the stamp's output, the next to be sent … */
	uint64_t times; /* … and how often it was */
	struct buf joined;
	bool refused;
	uint64_t stamp_ms; /* 0: not yet */
	bool known;        /* the store has said what became of it, or it never got all of it */
};

/* One value for the whole request, taken when its body has been read, or when its first byte leaves. */
static void take_stamp(struct write *w)
{
	struct request *r = w->request;
	struct consistency *c = r->worker->gateway->consistency;
	w->stamp_ms = r->namespace.len ? consistency_write_begin(c, r->store->name, r->namespace)
	                               : consistency_clock_ms(c);
	stamp_init(&w->stamp, r->x->arena, w->stamp_ms, NULL);
}

static int read_sent(void *ctx, struct span *ret)
{
	struct write *w = ctx;
	return exchange_read(w->request->x, ret);
}

/* The next piece of the plain body, empty at its end. */
static int read_plain(struct write *w, struct span *ret)
{
	if (!w->gunzip)
		return read_sent(w, ret);
	int rc = gunzip_read(w->gunzip, read_sent, w, ret);
	if (rc == 0)
		w->inflated += ret->len;
	return rc == 0 && w->inflated > w->request->worker->gateway->settings.body_max ? -E_TOO_LARGE : rc;
}

/* Whether a body of this length may be held whole. */
static bool hold(struct write *w, uint64_t len)
{
	struct gateway *g = w->request->worker->gateway;
	if (len > g->settings.write_whole_max)
		return false;
	uint64_t more = len > w->held ? len - w->held : 0;
	if (atomic_fetch_add(&g->write_memory, more) + more > g->settings.write_memory_max) {
		atomic_fetch_sub(&g->write_memory, more);
		return false;
	}
	w->held += more;
	return true;
}

/* Reads until the body ends, or until it is too long to be held. */
static int read_first(struct write *w)
{
	const struct http_head *req = w->request->x->req;
	struct span piece;
	if (!w->gunzip && req->has_length && !hold(w, req->length))
		return 0;
	for (;;) {
		int rc = read_plain(w, &piece);
		if (rc < 0)
			return rc;
		if (!w->gunzip && !w->text.len && req->has_length && piece.len == req->length) {
			w->view = piece;
			w->final = true;
			return 0;
		}
		w->final = piece.len == 0;
		bool held = hold(w, w->text.len + piece.len);
		buf_append(&w->text, piece);
		w->view = buf_span(&w->text);
		if (w->final || !held)
			return buf_status(&w->text);
	}
}

static int stamp_view(struct write *w)
{
	int rc = stamp_feed(&w->stamp, w->view, w->final);
	w->refused = rc < 0;
	w->piece = 0;
	w->times = 0;
	return rc;
}

/* Moves the window on by what comes next. */
static int read_next(struct write *w)
{
	struct span rest = stamp_rest(&w->stamp), piece;
	if (rest.len > REST_MAX) {
		w->refused = true;
		w->stamp.error = ERROR_BAD_REQUEST;
		w->stamp.message = SPAN("a name or number in the body is too long");
		return -E_TOO_LARGE;
	}
	if (rest.len)
		memmove(w->text.ptr, rest.ptr, rest.len);
	w->text.len = rest.len;
	int rc = read_plain(w, &piece);
	if (rc < 0)
		return rc;
	w->final = piece.len == 0;
	buf_append(&w->text, piece);
	w->view = buf_span(&w->text);
	rc = buf_status(&w->text);
	return rc < 0 ? rc : stamp_view(w);
}

/* The next output of the text that is there; short pieces are joined. Empty if there is no more. */
static struct span next_output(struct write *w)
{
	buf_clear(&w->joined);
	while (w->piece < w->stamp.pieces.len) {
		struct stamp_piece p = w->stamp.pieces.at[w->piece];
		if (p.text.len >= LONG_BYTES && w->joined.len)
			break;
		if (w->joined.len + p.text.len > JOINED_BYTES && w->joined.len)
			break;
		w->times++;
		if (w->times == p.times) {
			w->piece++;
			w->times = 0;
		}
		if (p.text.len >= LONG_BYTES)
			return p.text;
		buf_append(&w->joined, p.text);
	}
	return buf_span(&w->joined);
}

static int read_stamped(void *ctx, struct span *ret)
{
	struct write *w = ctx;
	*ret = next_output(w);
	while (!ret->len && !w->final) {
		int rc = read_next(w);
		if (rc < 0)
			return rc;
		*ret = next_output(w);
	}
	return 0;
}

static bool answer_refused(void *ctx, int rc)
{
	struct write *w = ctx;
	if (w->refused)
		request_error(w->request, w->stamp.error, "%.*s", SPAN_FMT(w->stamp.message));
	else if (rc == -E_INVALID)
		request_error(w->request, ERROR_BAD_REQUEST, "the body is not sound gzip");
	else
		return false;
	return true;
}

static void end(struct write *w)
{
	struct request *r = w->request;
	struct gateway *g = r->worker->gateway;
	if (w->stamp_ms && r->namespace.len)
		consistency_write_end(g->consistency, r->store->name, r->namespace, w->stamp_ms, w->known);
	atomic_fetch_sub(&g->write_memory, w->held);
	gunzip_free(w->gunzip);
	stamp_free(&w->stamp);
	buf_free(&w->text);
	buf_free(&w->joined);
}

/* Prepares to read the body; answers and returns false if it comes in a coding that is not read here. */
static bool begin(struct write *w)
{
	struct span coding = http_value(w->request->x->req, SPAN("content-encoding"));
	if (span_eq_nocase(coding, SPAN("gzip")))
		w->gunzip = gunzip_new();
	else if (coding.len && !span_eq_nocase(coding, SPAN("identity"))) {
		request_error(w->request, ERROR_VALIDATION_ERROR,
		    "content-encoding: %.*s is not supported, gzip is",
		    (int)(coding.len < 50 ? coding.len : 50), coding.ptr);
		return false;
	}
	return true;
}

/* Reads what comes before anything is sent; answers and returns false if that is refused. */
static bool prepare(struct write *w)
{
	int rc = read_first(w);
	if (rc == 0) {
		take_stamp(w);
		rc = w->final || w->view.len ? stamp_view(w) : 0;
	}
	if (rc < 0 && !answer_refused(w, rc))
		relay_bad_body(w->request, rc);
	return rc == 0;
}

static void send_on(struct write *w)
{
	struct relay_change change = {
	    .body =
	        {
	            .read = read_stamped,
	            .ctx = w,
	            .chunked = !w->final,
	            .length = w->final ? stamp_len(&w->stamp) : 0,
	            .present = w->final,
	        },
	    .inflated = w->gunzip,
	    .ctx = w,
	    .refused = answer_refused,
	};
	struct relay_result result = relay_changed(w->request, &change);
	w->known = result.outcome != UPSTREAM_UNKNOWN && result.outcome != UPSTREAM_MALFORMED;
}

void write_handle(struct request *r)
{
	size_t text_max = r->worker->gateway->settings.write_whole_max + WINDOW_BYTES;
	struct write w = {
	    .request = r, .known = true, .text = buf_new(text_max), .joined = buf_new(JOINED_BYTES)};
	if (begin(&w) && prepare(&w))
		send_on(&w);
	end(&w);
}
