#include "gateway/edge/request.h"

#include <stdarg.h>
#include <stdio.h>

#include "gateway/worker.h"
#include "obs/timing.h"
#include "json/write.h"

#define MESSAGE_MAX 512

static const struct error_info errors[] = {
#define X(id, code_, status_, when) [ERROR_##id] = {.code = (code_), .status = (status_)},
    ERRORS_TABLE(X)
#undef X
};

const struct error_info *error_info(enum error_id id)
{
	return &errors[id];
}

enum error_id error_of_status(int status)
{
	switch (status) {
	case 400:
		return ERROR_BAD_REQUEST;
	case 408:
		return ERROR_REQUEST_TIMEOUT;
	case 413:
		return ERROR_PAYLOAD_TOO_LARGE;
	case 431:
		return ERROR_HEADERS_TOO_LARGE;
	case 503:
		return ERROR_UNAVAILABLE;
	default:
		return ERROR_INTERNAL_ERROR;
	}
}

struct span error_body(struct arena *a, enum error_id id, struct span message)
{
	struct buf b = buf_new(6 * MESSAGE_MAX + 200);
	buf_lit(&b, "{\"error\":");
	json_put_string(&b, span_str(errors[id].code));
	buf_lit(&b, ",\"message\":");
	json_put_string(&b, message);
	buf_byte(&b, '}');
	struct span body = arena_copy(a, buf_span(&b));
	buf_free(&b);
	return body;
}

void request_put_headers(struct request *r)
{
	char text[TRACE_PARENT_LEN];
	uint64_t total_ns = time_mono_ns() - r->x->began_ns;
	uint64_t own_ns = total_ns > r->upstream_ns ? total_ns - r->upstream_ns : 0;
	trace_format(&r->trace, text);
	reply_header(r->x, SPAN("traceparent"), span_of(text, sizeof text));
	buf_lit(r->x->head, "server-timing: ");
	timing_put_header(r->x->head, own_ns, r->upstream_ns);
	buf_lit(r->x->head, "\r\n");
}

void request_reply(struct request *r, int status, struct span type, struct span body)
{
	reply_begin(r->x, status);
	reply_header(r->x, SPAN("content-type"), type);
	if (status == 401)
		reply_header(r->x, SPAN("www-authenticate"), SPAN("Bearer"));
	request_put_headers(r);
	reply_length(r->x, body.len);
	if (reply_write(r->x, body) == 0)
		(void)!reply_end(r->x);
}

void request_error(struct request *r, enum error_id id, const char *fmt, ...)
{
	char message[MESSAGE_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(message, sizeof message, fmt, ap);
	va_end(ap);
	r->error = span_str(errors[id].code);
	request_reply(
	    r, errors[id].status, SPAN("application/json"), error_body(r->x->arena, id, span_str(message)));
}
