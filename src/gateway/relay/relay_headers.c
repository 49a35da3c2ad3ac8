#include "gateway/relay/relay_headers.h"

/* Set by the gateway (host, authorization, traceparent), or answered by it (expect). A client's key must
 * never go upstream, in whatever header it came. */
static bool dropped_from_request(struct span name, bool forward_prefer, bool inflated)
{
	switch (name.len) {
	case 4:
		return span_eq_nocase(name, SPAN("host"));
	case 6:
		return span_eq_nocase(name, SPAN("expect")) ||
		       (!forward_prefer && span_eq_nocase(name, SPAN("prefer")));
	case 11:
		return span_eq_nocase(name, SPAN("traceparent"));
	case 13:
		return span_eq_nocase(name, SPAN("authorization"));
	case 16:
		return inflated && span_eq_nocase(name, SPAN("content-encoding"));
	default:
		return false;
	}
}

void relay_put_request_headers(
    const struct http_head *req, bool forward_prefer, bool inflated, struct buf *out)
{
	bool agent = false;
	for (unsigned i = 0; i < req->header_count; i++) {
		struct span name = req->headers[i].name, value = req->headers[i].value;
		if (dropped_from_request(name, forward_prefer, inflated) || http_hop_by_hop(req, name))
			continue;
		agent |= name.len == 10 && span_eq_nocase(name, SPAN("user-agent"));
		buf_append(out, name);
		buf_lit(out, ": ");
		buf_append(out, value);
		buf_lit(out, "\r\n");
	}
	if (!agent) /* the store's front refuses requests without one */
		buf_lit(out, "user-agent: layer-gateway/" LAYER_VERSION "\r\n");
}

bool relay_keeps_answer_header(const struct http_head *answer, struct span name)
{
	return !http_hop_by_hop(answer, name) &&
	       !(name.len == 11 && span_eq_nocase(name, SPAN("traceparent")));
}

struct span relay_local_location(struct arena *a, struct span location)
{
	size_t scheme = span_find(location, ':'), n = 0;
	struct span rest = span_skip(location, scheme);
	if (!span_starts(rest, SPAN("://")) || span_contains(span_of(location.ptr, scheme), SPAN("/")))
		return location;
	rest = span_skip(rest, 3);
	while (n < rest.len && rest.ptr[n] != '/' && rest.ptr[n] != '?' && rest.ptr[n] != '#')
		n++;
	rest = span_skip(rest, n);
	return span_starts(rest, SPAN("/")) ? rest : arena_printf(a, "/%.*s", SPAN_FMT(rest));
}
