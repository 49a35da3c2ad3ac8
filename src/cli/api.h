/* Calls to a gateway from a program of one thread: each blocks until the answer is there. */
#pragma once

#include "base/buf.h"

struct api;

/* `base_url` and `key` are copied. -E_INVALID for a URL that is none, -E_TLS. */
MUST_USE int api_new(struct span base_url, struct span key, struct api **ret);
void api_free(struct api *api);

/* One exchange; the answer's body replaces what `answer` holds. 0 and the status, or the code of the
 * connection's failure. An empty `body` sends none. */
MUST_USE int api_call(struct api *api, const char *method, struct span path, struct span body,
    uint64_t timeout_ns, int *ret_status, struct buf *answer);
