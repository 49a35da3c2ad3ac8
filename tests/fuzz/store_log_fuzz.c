/* The store's log. The first byte says what the rest is: the whole file as it stands, or the payload of its
 * one frame, which then has sound checks. Records that decode are applied; encoding is their inverse. */
#include "fuzz.h"

#include "store/log/change.h"
#include "store/log/frame.h"

struct world {
	struct namespace *ns; /* whatever its name */
};

static const struct schema *schema_of(void *arg, struct span name)
{
	struct world *w = arg;
	return w->ns ? w->ns->schema : NULL;
}

static void encode(struct world *w, const struct change *c, struct buf *out)
{
	change_encode(c, c->schema ? c->schema : schema_of(w, c->ns), out);
	assert(buf_status(out) == 0);
}

/* What was decoded encodes to a form that decodes to the same. */
static void round_trip(struct world *w, struct arena *a, const struct change *c)
{
	struct buf once = buf_new(SIZE_MAX / 2), twice = once;
	struct change again;
	encode(w, c, &once);
	assert(change_decode(a, buf_span(&once), schema_of, w, &again) == 0);
	encode(w, &again, &twice);
	assert(span_eq(buf_span(&once), buf_span(&twice)));
	change_free(&again);
	buf_free(&once);
	buf_free(&twice);
}

static int on_record(void *arg, struct span record)
{
	struct world *w = arg;
	struct arena *a = arena_new();
	struct change c;
	int rc = change_decode(a, record, schema_of, w, &c);
	if (rc == 0) {
		round_trip(w, a, &c);
		if (c.drop || c.create)
			w->ns = namespace_free(w->ns);
		if (c.create)
			w->ns = namespace_new(c.at_ns);
		if (w->ns)
			namespace_apply(w->ns, &c);
		change_free(&c);
	}
	arena_free(a);
	return rc;
}

static int on_payload(void *arg, struct span payload)
{
	return frame_records(payload, on_record, arg);
}

static void walk(struct span file)
{
	struct world w = {0};
	struct frame_scan scan;
	int rc = frame_walk(file, on_payload, &w, &scan);
	assert(scan.end <= file.len && scan.bad_at <= file.len);
	assert(rc == 0 || rc == -E_CORRUPT);
	namespace_free(w.ns);
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
