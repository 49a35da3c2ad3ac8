/* An HTTP/1.1 server on one loop. A connection that is idle, or waits for the rest of a head, holds neither a
 * coroutine nor a buffer; a request is one coroutine that runs the handler. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "net/http.h"

struct server;

/* One request and its answer. The public members are the handler's to read. */
struct exchange {
	const struct http_head *req;
	struct arena *arena; /* until the answer has been sent and logged */
	struct loop *loop;
	uint64_t began_ns; /* when the first byte of the request was seen */
	void *ctx;         /* of the server's options */
	void *own;         /* the handler's, for options->finished; NULL if the handler was not reached */

	/* What was answered, for logs. */
	int status; /* 0: nothing was sent */
	uint64_t body_in, body_out;
	const char *failure; /* why it ended early; NULL if it did not */

	struct http_conn *conn; /* for a handler that streams */
	struct buf *head;       /* the answer's head as far as it is built */
	enum {
		REPLY_NONE,
		REPLY_HEAD,
		REPLY_LENGTH,
		REPLY_CHUNKED,
		REPLY_UNTIL_CLOSE,
		REPLY_DONE,
		REPLY_BROKEN
	} state;
	bool keep_alive, head_sent, continued;
	const bool *closing; /* the server ends: answers from now on are the last of their connections */
	uint64_t length_left;
	const struct server_options *options;
};

struct server_options {
	struct http_limits limits;
	uint64_t head_timeout_ns;  /* from the first byte of a request to the end of its head */
	uint64_t idle_timeout_ns;  /* between requests */
	uint64_t write_timeout_ns; /* without any progress */
	/* At the limit somebody makes room for a newcomer: who has owed a request for more than a second,
	 * else who has been idle for longest. If all are busy, the newcomer's request is answered with 503.
	 */
	unsigned connections_max;
	void (*handler)(struct exchange *x);
	/* After the answer has been sent, or has failed; may be NULL. */
	void (*finished)(struct exchange *x);
	/* Answers a request that is refused before it reaches the handler (malformed, too large, too slow,
	 * one connection too many): returns a JSON body in x->arena. */
	struct span (*refusal)(struct exchange *x, int status, const char *why);
	void *ctx;
};

/* A listening socket for host (numeric) and port; port 0 takes a free one. With `shared` several loops can
 * listen on the same address (SO_REUSEPORT). Returns the descriptor, or a negative code. */
MUST_USE int server_bind(const char *host, uint16_t port, bool shared, uint16_t *ret_port);
/* Serves connections of the descriptor, which it takes over, on this thread's loop. `options` outlives it. */
MUST_USE int server_new(struct loop *l, int fd, const struct server_options *options, struct server **ret);
/* Serves everybody for delay_ns more, but every answer ends its connection; then stops listening, gives idle
 * connections a second for one more request, lets the others finish theirs, until the deadline, then cancels
 * them. Called in a coroutine; 0, or -E_TIMEOUT if some had to be cancelled. */
MUST_USE int server_drain(struct server *s, uint64_t delay_ns, uint64_t deadline_ns);
/* After a drain, or if the loop has never run; before loop_free(). NULL is fine. */
void server_free(struct server *s);

struct server_counts {
	unsigned connections;            /* now */
	uint64_t made_room, turned_away; /* at the limit, so far */
};
/* From any thread. */
struct server_counts server_counts(const struct server *s);

/* The next piece of the request's body, empty at the end; as http_read_body. */
MUST_USE int exchange_read(struct exchange *x, struct span *ret);
/* The whole body, up to max bytes, into the arena (or in place if it came whole). -E_TOO_LARGE past it. */
MUST_USE int exchange_read_all(struct exchange *x, size_t max, struct span *ret);

/* The answer: reply_begin, reply_header…, reply_length or reply_chunked, reply_write…, reply_end. Nothing is
 * sent before the first piece of body or the end, so that a small answer is one write. The body of an answer
 * to HEAD is counted but not sent. Failures are remembered: later calls do nothing and return the code. */
void reply_begin(struct exchange *x, int status);
void reply_header(struct exchange *x, struct span name, struct span value);
/* Ends the head; a body of exactly n bytes follows. */
void reply_length(struct exchange *x, uint64_t n);
/* Ends the head; the body is chunked (for HTTP/1.0: until the connection closes). */
void reply_chunked(struct exchange *x);
MUST_USE int reply_write(struct exchange *x, struct span piece);
MUST_USE int reply_end(struct exchange *x);
/* All in one: status, content type, body. */
int reply_whole(struct exchange *x, int status, struct span type, struct span body);
/* Ends the connection without finishing the answer, so that the client cannot take it for whole. */
void reply_abort(struct exchange *x, const char *why);
