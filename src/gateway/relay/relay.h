/* Requests that go to the store, and answers that come back as they are. */
#pragma once

#include "remote/turbopuffer/upstream.h"

struct arena;
struct exchange;
struct request;

/* How a feature changes what passes. */
struct relay_change {
	struct upstream_body body; /* in place of the client's */
	bool inflated;             /* it has no content-encoding any more */
	void *ctx;
	/* The rest may be NULL. */
	bool (*refused)(
	    void *ctx, int rc); /* reading the body failed: answers if that is the feature's refusal */
	bool (*again)(
	    void *ctx, const struct http_head *answer);     /* drops the answer: the caller asks once more */
	void (*put_headers)(void *ctx, struct exchange *x); /* further headers of the answer */
	/* What is sent in place of the whole plain body of a 200 answer; in the arena, or the body itself. */
	struct span (*rewrite)(void *ctx, struct arena *a, struct span body);
};

struct relay_result {
	enum upstream_outcome outcome;
	int status; /* if answered */
	bool again; /* nothing was sent to the client */
};

/* As it is. */
void relay_handle(struct request *r);
struct relay_result relay_changed(struct request *r, const struct relay_change *change);
/* The client's own body, unread. */
struct upstream_body relay_body(struct request *r);
/* Answers that the client's body could not be read, for the codes of exchange_read(). */
void relay_bad_body(struct request *r, int rc);
