/* Which headers cross the gateway. Pure. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "net/http.h"

/* Appends, as complete lines, the headers of a request that go upstream: all but those of the connection, the
 * ones that the gateway sets itself, `prefer` where the route does not forward it, and `content-encoding` of
 * a body that is sent inflated. */
void relay_put_request_headers(
    const struct http_head *req, bool forward_prefer, bool inflated, struct buf *out);

/* Whether a header of the store's answer goes to the client. */
bool relay_keeps_answer_header(const struct http_head *answer, struct span name);
/* The path and query of an absolute URL (in place, or in the arena), or `location` itself if it is none:
 * every client resolves it against the request that it made. */
struct span relay_local_location(struct arena *a, struct span location);
