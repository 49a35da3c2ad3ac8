#include "gateway/schema/schema.h"

#include "gateway/edge/request.h"
#include "gateway/relay/relay.h"
#include "json/scan.h"
#include "json/splice.h"

/* The reserved names of a schema, raw. */
static size_t reserved_names(struct span schema, struct arena *a, struct span *names, size_t max)
{
	struct json_scan s;
	struct span key;
	size_t n = 0;
	json_scan_init(&s, schema);
	if (json_scan_type(&s) != JSON_OBJECT)
		return 0;
	json_scan_enter(&s, JSON_OBJECT);
	while (json_scan_member(&s, &key)) {
		if (json_string_starts(key, SPAN("_hevlayer_")) && n < max)
			names[n++] = json_unescape(a, key);
	}
	return json_scan_end(&s) == 0 ? n : 0;
}

static struct span leave_out_reserved(void *ctx, struct arena *a, struct span body)
{
	struct span names[64];
	size_t n = reserved_names(body, a, names, sizeof names / sizeof *names);
	if (!n)
		return body;
	struct json_splice sp;
	struct buf out = buf_new(body.len);
	json_splice_init(&sp, body);
	json_splice_remove(&sp, body, names, n);
	json_splice_append(&sp, &out);
	struct span left = arena_copy(a, buf_span(&out));
	buf_free(&out);
	json_splice_free(&sp);
	return left;
}

void schema_handle(struct request *r)
{
	(void)relay_changed(r, &(struct relay_change){.body = relay_body(r), .rewrite = leave_out_reserved});
}
