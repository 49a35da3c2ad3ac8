#include "gateway/edge/request.h"
#include "gateway/namespaces/namespaces.h"
#include "gateway/namespaces/namespaces_plan.h"
#include "gateway/relay/relay.h"
#include "gateway/worker.h"

static struct span add_layer(void *ctx, struct arena *a, struct span body)
{
	struct request *r = ctx;
	struct watermark mark =
	    consistency_peek(r->worker->gateway->consistency, r->store->name, r->namespace);
	return metadata_with_layer(a, body, mark);
}

void metadata_handle(struct request *r)
{
	(void)relay_changed(r, &(struct relay_change){.body = relay_body(r), .ctx = r, .rewrite = add_layer});
}
