/* Requests that go to the store, and answers that come back as they are. */
#pragma once

#include "remote/turbopuffer/upstream.h"

struct request;

/* A body that a feature sends in place of the client's. */
struct relay_body {
	struct upstream_body body;
	bool inflated; /* it has no content-encoding any more */
	/* Reading it failed with `rc`: answers and returns true if that is the feature's own refusal. */
	bool (*refused)(void *ctx, int rc);
};

/* As it is. */
void relay_handle(struct request *r);
/* With this body. */
void relay_changed(struct request *r, const struct relay_body *body);
/* Answers that the client's body could not be read, for the codes of exchange_read(). */
void relay_bad_body(struct request *r, int rc);
