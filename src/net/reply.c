/* The answering half of net/server.h. */
#include <assert.h>
#include <stdio.h>

#include "net/server.h"

static bool bodiless(const struct exchange *x)
{
	return x->req->method == METHOD_HEAD || x->status == 204 || x->status == 304;
}

static void put_number(struct buf *b, int n)
{
	char digits[3] = {(char)('0' + n / 100), (char)('0' + n / 10 % 10), (char)('0' + n % 10)};
	buf_append(b, span_of(digits, sizeof digits));
}

void reply_begin(struct exchange *x, int status)
{
	assert(x->state == REPLY_NONE && status >= 200 && status <= 999);
	x->state = REPLY_HEAD;
	x->status = status;
	buf_lit(x->head, "HTTP/1.1 ");
	put_number(x->head, status);
	buf_byte(x->head, ' ');
	buf_append(x->head, http_status_text(status));
	buf_lit(x->head, "\r\n");
}

void reply_header(struct exchange *x, struct span name, struct span value)
{
	buf_append(x->head, name);
	buf_lit(x->head, ": ");
	buf_append(x->head, value);
	buf_lit(x->head, "\r\n");
}

static void end_head(struct exchange *x)
{
	x->keep_alive = x->keep_alive && !*x->closing;
	if (!x->keep_alive)
		buf_lit(x->head, "connection: close\r\n");
	buf_lit(x->head, "\r\n");
}

void reply_length(struct exchange *x, uint64_t n)
{
	assert(x->state == REPLY_HEAD);
	x->state = REPLY_LENGTH;
	x->length_left = n;
	if (x->status != 204 && x->status != 304) {
		buf_lit(x->head, "content-length: ");
		buf_u64(x->head, n);
		buf_lit(x->head, "\r\n");
	}
	end_head(x);
}

void reply_chunked(struct exchange *x)
{
	assert(x->state == REPLY_HEAD);
	if (x->req->http10) {
		x->state = REPLY_UNTIL_CLOSE;
		x->keep_alive = false;
	} else {
		x->state = REPLY_CHUNKED;
		buf_lit(x->head, "transfer-encoding: chunked\r\n");
	}
	end_head(x);
}

/* Sends what is left of the head and the given pieces. */
static int send_pieces(struct exchange *x, struct iovec *pieces, int n)
{
	struct iovec all[8];
	int count = 0;
	if (!x->head_sent) {
		int rc = buf_status(x->head);
		if (rc < 0)
			return rc;
		for (; n && buf_join(x->head, span_of(pieces->iov_base, pieces->iov_len)); n--)
			pieces++;
		all[count++] = (struct iovec){x->head->ptr, x->head->len};
		x->head_sent = true;
	}
	for (int i = 0; i < n; i++)
		all[count++] = pieces[i];
	return count
	           ? stream_write(http_stream(x->conn), all, count, deadline_in(x->options->write_timeout_ns))
	           : 0;
}

static int fail(struct exchange *x, int rc)
{
	x->state = REPLY_BROKEN;
	x->keep_alive = false;
	if (rc == -E_TIMEOUT)
		stream_give_up(http_stream(x->conn));
	if (!x->failure)
		x->failure =
		    rc == -E_CANCELLED || rc == -E_CLOSED ? "client closed the connection" : result_text(rc);
	return rc;
}

int reply_write(struct exchange *x, struct span piece)
{
	char size[20];
	int rc;
	if (x->state == REPLY_BROKEN)
		return -E_CLOSED;
	assert(x->state == REPLY_LENGTH || x->state == REPLY_CHUNKED || x->state == REPLY_UNTIL_CLOSE);
	if (piece.len == 0)
		return 0;
	x->body_out += piece.len;
	struct iovec data = {(void *)(uintptr_t)piece.ptr, piece.len};
	if (x->state != REPLY_CHUNKED) {
		assert(x->state == REPLY_UNTIL_CLOSE || piece.len <= x->length_left);
		x->length_left -= piece.len;
		rc = bodiless(x) ? 0 : send_pieces(x, &data, 1);
	} else {
		int n = snprintf(size, sizeof size, "%zx\r\n", piece.len);
		struct iovec chunk[3] = {{size, (size_t)n}, data, {(void *)(uintptr_t) "\r\n", 2}};
		rc = bodiless(x) ? 0 : send_pieces(x, chunk, 3);
	}
	return rc < 0 ? fail(x, rc) : 0;
}

int reply_end(struct exchange *x)
{
	if (x->state == REPLY_BROKEN)
		return -E_CLOSED;
	assert(x->state != REPLY_LENGTH || x->length_left == 0 || bodiless(x));
	struct iovec last = {(void *)(uintptr_t) "0\r\n\r\n", 5};
	int rc = send_pieces(x, &last, x->state == REPLY_CHUNKED && !bodiless(x));
	if (rc < 0)
		return fail(x, rc);
	x->state = REPLY_DONE;
	return 0;
}

int reply_whole(struct exchange *x, int status, struct span type, struct span body)
{
	reply_begin(x, status);
	if (type.len)
		reply_header(x, SPAN("content-type"), type);
	reply_length(x, body.len);
	int rc = reply_write(x, body);
	return rc < 0 ? rc : reply_end(x);
}

void reply_abort(struct exchange *x, const char *why)
{
	x->failure = why;
	x->state = REPLY_BROKEN;
	x->keep_alive = false;
}
