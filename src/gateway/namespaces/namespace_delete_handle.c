#include "gateway/edge/request.h"
#include "gateway/namespaces/namespaces.h"
#include "gateway/relay/relay.h"
#include "gateway/worker.h"

static void forget_watermark(struct request *r)
{
	consistency_forget(r->worker->gateway->consistency, r->store->name, r->namespace);
}

/* Those of all workers: what they hold is from before. */
static void forget_listings(struct request *r)
{
	r->worker->gateway->deletions++;
}

static bool deleted(void *ctx, const struct http_head *answer)
{
	struct request *r = ctx;
	bool missing = answer->status == 404;
	if (!missing && (answer->status < 200 || answer->status > 299))
		return false;
#define X(forget) forget(r);
	NAMESPACE_FORGET_TABLE(X)
#undef X
	return missing;
}

void namespace_delete_handle(struct request *r)
{
	struct relay_change change = {.body = relay_body(r), .ctx = r, .again = deleted};
	if (relay_changed(r, &change).again)
		request_reply(r, 200, SPAN("application/json"), SPAN("{\"status\":\"OK\"}"));
}
