/* A Turbopuffer-compatible store, from one loop: sends one HTTP request and reads the head of its answer over
 * a kept-alive connection. Bodies are streamed by the caller. Wire contract: the reference's sections 1, 2.
 */
#pragma once

#include "base/buf.h"
#include "net/client.h"

struct upstream;

struct upstream_options {
	struct client_options client;
	uint64_t answer_timeout_ns; /* from the last byte of the request to the head of the answer */
	uint64_t write_timeout_ns;  /* for one piece of the request to be taken */
};

/* url and credential are copied (the credential into the only place that holds it here, the text of the
 * Authorization header). One reference is the caller's. */
struct upstream *upstream_new(
    struct loop *l, const struct url *url, struct span credential, const struct upstream_options *options);
/* Counted, for its own thread only: a new configuration goes on with the connections of a store that it did
 * not change. The last one out frees; no call may be under way then. NULL is fine. */
struct upstream *upstream_ref(struct upstream *u);
void upstream_unref(struct upstream *u);
/* Whether this is the store at that URL with that credential. */
bool upstream_serves(const struct upstream *u, const struct url *url, struct span credential);
unsigned upstream_inflight(const struct upstream *u);

/* A request's body, piece by piece: the next piece, empty at the end, or a negative code. */
struct upstream_body {
	int (*read)(void *ctx, struct span *ret);
	void *ctx;
	bool chunked;    /* the length is not known */
	uint64_t length; /* otherwise; 0: no body */
	bool present;    /* a length of 0 is said as such */
};

struct upstream_request {
	struct span method;
	struct span
	    target; /* path and query as they go on the wire; the store's own path prefix comes first */
	/* Appends the headers as complete lines, without Host, Authorization and framing. */
	void (*put_headers)(void *ctx, struct buf *out);
	void *ctx; /* for put_headers */
	struct upstream_body body;
	bool replayable; /* may be sent again if a reused connection turns out dead: a read */
	enum http_method kind;
};

enum upstream_outcome {
	UPSTREAM_ANSWERED,
	UPSTREAM_NOT_SENT,  /* no complete request reached the store: it did not apply */
	UPSTREAM_UNKNOWN,   /* a complete request was sent and no answer came */
	UPSTREAM_MALFORMED, /* the answer is not HTTP */
	UPSTREAM_BODY,      /* reading the body failed with `rc`: the caller's side */
};

struct upstream_answer {
	struct upstream *upstream;
	enum upstream_outcome outcome;
	int rc;                       /* why, unless answered */
	const struct http_head *head; /* answered; until upstream_finish */
	struct client_conn *conn;
	bool body_read;     /* the request's body has been sent to its end */
	uint64_t waited_ns; /* connecting, sending and waiting for the head */
};

/* Sends the request and waits for the head of the answer. On UPSTREAM_ANSWERED the caller reads the body with
 * upstream_read and must call upstream_finish; otherwise the connection is gone already. */
void upstream_call(struct upstream *u, const struct upstream_request *req, struct upstream_answer *ret);
/* The next piece of the answer's body; as http_read_body. */
MUST_USE int upstream_read(struct upstream_answer *a, struct span *ret);
/* Gives the connection back, or closes it if the answer was not read to its end. */
void upstream_finish(struct upstream_answer *a);
