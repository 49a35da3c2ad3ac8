/* The store's log. The first byte says what the rest is: the whole file as it stands, or the payload of its
 * one frame, which then has sound checks. Records that decode are replayed into a store; encoding is the
 * inverse of decoding, and what a replay has made can be read. */
#include "fuzz.h"

#include "store/handlers.h"
#include "store/log/frame.h"

enum { READ_MAX = 4 }; /* namespaces that are read afterwards */

static const struct schema *schema_of(void *arg, struct span name)
{
	struct store *st = arg;
	struct holder *h = catalog_take(&st->catalog, name, false);
	const struct schema *s = h && h->data ? h->data->schema : NULL;
	if (h)
		catalog_release(&st->catalog, h);
	return s;
}

static void encode(struct store *st, const struct change *c, struct buf *out)
{
	change_encode(c, c->schema ? c->schema : schema_of(st, c->ns), out);
	assert(buf_status(out) == 0);
}

/* What decodes encodes to a form that decodes to the same. */
static void round_trip(struct store *st, struct span record)
{
	struct arena *a = arena_new();
	struct buf once = buf_new(SIZE_MAX / 2), twice = once;
	struct change first, again;
	if (change_decode(a, record, schema_of, st, &first) == 0) {
		encode(st, &first, &once);
		int rc = change_decode(a, buf_span(&once), schema_of, st, &again);
		assert(rc == 0);
		encode(st, &again, &twice);
		assert(span_eq(buf_span(&once), buf_span(&twice)));
		change_free(&first);
		change_free(&again);
	}
	buf_free(&once);
	buf_free(&twice);
	arena_free(a);
}

static int on_record(void *arg, struct span record)
{
	round_trip(arg, record);
	return store_replay(arg, record);
}

static int on_payload(void *arg, struct span payload)
{
	return frame_records(payload, on_record, arg);
}

static void read_back(struct store *st, struct arena *a, const char *method, const char *version,
    const char *route, const char *body)
{
	struct span names[READ_MAX];
	size_t n = catalog_list(&st->catalog, a, SPAN_NONE, SPAN_NONE, READ_MAX, names);
	for (size_t i = 0; i < n; i++) {
		struct buf path = buf_new(4096);
		buf_printf(&path, "/%s/namespaces/", version);
		for (size_t k = 0; k < names[i].len; k++)
			buf_printf(&path, "%%%02X", (unsigned char)names[i].ptr[k]);
		buf_printf(&path, "%s", route);
		struct store_request req = {
		    .method = span_str(method), .path = buf_span(&path), .body = span_str(body), .arena = a};
		struct store_reply reply;
		store_handle(st, &req, &reply);
		assert(reply.status < 500);
		buf_free(&reply.body);
		buf_free(&path);
	}
}

static void walk(struct span file)
{
	struct arena *a = arena_new();
	struct store *st;
	struct store_report report;
	struct frame_scan scan;
	int rc = store_open(NULL, NULL, a, &st, &report);
	assert(rc == 0);
	rc = frame_walk(file, on_payload, st, &scan);
	assert(scan.end <= file.len && scan.bad_at <= file.len);
	assert(rc == 0 || rc == -E_CORRUPT);
	read_back(st, a, "POST", "v2", "/query",
	    "{\"rank_by\":[\"id\",\"asc\"],\"limit\":100,\"include_attributes\":true}");
	read_back(st, a, "GET", "v2", "/metadata", "");
	read_back(st, a, "GET", "v1", "/schema", "");
	store_close(st);
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct span rest = span_of((const char *)data + 1, size - 1);
	if (data[0] == 0) {
		walk(rest);
		return 0;
	}
	unsigned char head[FILE_HEAD + FRAME_HEAD];
	frame_file_head(1, head);
	frame_head(1, 1, &rest, 1, head + FILE_HEAD);
	struct buf file = buf_new(size + sizeof head);
	buf_append(&file, span_of((const char *)head, sizeof head));
	buf_append(&file, rest);
	walk(buf_span(&file));
	buf_free(&file);
	return 0;
}
