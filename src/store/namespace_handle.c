/* The namespace routes that only read: list, metadata, schema, and the small ones around them. */
#include "base/base64.h"
#include "base/time.h"
#include "store/cloud/cloud.h"
#include "store/handlers.h"
#include "store/params.h"
#include "store/query/query.h"
#include "json/write.h"

/* From this size on a namespace counts as indexed and reports its rows and bytes; below, the service reports
 * 0, because indexing has not run yet, and so do we. */
#define INDEXED_FROM_BYTES ((uint64_t)64 << 10)

#define PAGE_MAX 1000

int schema_handle(struct call *c)
{
	struct holder *h;
	int rc = call_begin_read(c, &h);
	if (rc < 0)
		return rc;
	schema_to_json(h->data->schema, &c->reply->body);
	call_end_read(c, h);
	return 0;
}

static void put_time(struct buf *out, const char *key, uint64_t ns)
{
	char text[TIME_RFC3339_MAX];
	size_t n = time_format_rfc3339(ns, 9, text);
	buf_printf(out, ",\"%s\":\"%.*s\"", key, (int)n, text);
}

static void put_metadata(
    struct buf *out, const struct namespace *ns, const struct tail_state *index, int version)
{
	bool indexed = index->logical_bytes >= INDEXED_FROM_BYTES;
	buf_lit(out, "{\"schema\":");
	schema_to_metadata_json(ns->schema, out);
	buf_printf(out, ",\"approx_row_count\":%llu,\"approx_logical_bytes\":%llu",
	    indexed ? (unsigned long long)index->rows : 0,
	    indexed ? (unsigned long long)index->logical_bytes : 0);
	put_time(out, "created_at", ns->created_ns);
	put_time(out, "updated_at", ns->updated_ns);
	put_time(out, "last_write_at", ns->last_write_ns);
	buf_lit(out, ",\"encryption\":");
	encryption_to_json(&ns->settings, version, out);
	if (index->unindexed_bytes)
		buf_printf(out, ",\"index\":{\"status\":\"updating\",\"unindexed_bytes\":%llu}",
		    (unsigned long long)index->unindexed_bytes);
	else
		buf_lit(out, ",\"index\":{\"status\":\"up-to-date\"}");
	settings_to_json(&ns->settings, out);
	buf_byte(out, '}');
}

static int metadata(struct call *c, int version)
{
	struct holder *h;
	int rc = call_begin_read(c, &h);
	if (rc < 0)
		return rc;
	struct tail_state index = call_index_state(c, h);
	put_metadata(&c->reply->body, h->data, &index, version);
	call_end_read(c, h);
	return 0;
}

int metadata_v1_handle(struct call *c)
{
	return metadata(c, 1);
}

int metadata_v2_handle(struct call *c)
{
	return metadata(c, 2);
}

int warm_handle(struct call *c)
{
	struct holder *h;
	int rc = call_begin_read(c, &h);
	if (rc < 0)
		return rc;
	call_end_read(c, h);
	c->reply->status = 202;
	buf_lit(&c->reply->body, "{\"status\":\"ACCEPTED\",\"message\":\"cache warm hint accepted\"}");
	return 0;
}

static struct query_times call_times(const struct call *c)
{
	return c->visit ? (struct query_times){c->visit->wait_ns, c->visit->work_ns}
	                : (struct query_times){0};
}

int query_handle(struct call *c)
{
	struct view view;
	int rc = call_begin_view(c, &view);
	if (rc < 0)
		return rc;
	rc = store_query_timed(view.ns, c->body, call_times(c), c->req->arena, &c->reply->body, &c->refusal);
	call_end_view(c, &view);
	return rc;
}

int explain_handle(struct call *c)
{
	struct holder *h;
	int rc = call_begin_read(c, &h);
	if (rc < 0)
		return rc;
	bool indexed = call_index_state(c, h).logical_bytes >= INDEXED_FROM_BYTES;
	rc = store_explain(h->data, indexed, c->body, c->req->arena, &c->reply->body, &c->refusal);
	call_end_read(c, h);
	return rc;
}

int recall_handle(struct call *c)
{
	struct holder *h;
	int rc = call_begin_read(c, &h);
	if (rc < 0)
		return rc;
	rc = store_recall(h->data, c->body, c->req->arena, &c->reply->body, &c->refusal);
	call_end_read(c, h);
	return rc;
}

/* List. A cursor is base64 of {"start_after":"NAME"}. */

static void put_cursor(struct buf *out, struct span name)
{
	struct buf json = buf_new(8 * NAMESPACE_NAME_MAX);
	buf_lit(&json, "{\"start_after\":");
	json_put_string(&json, name);
	buf_lit(&json, "}");
	buf_byte(out, '"');
	base64_encode(buf_span(&json), out);
	buf_byte(out, '"');
	buf_free(&json);
}

static int take_cursor(struct call *c, struct span text, struct span *ret_after)
{
	char *json = arena_alloc(c->req->arena, base64_decoded_max(text.len));
	size_t len;
	yyjson_val *root = NULL;
	if (base64_decode(text, json, &len) < 0 ||
	    json_parse(c->req->arena, span_of(json, len), &root, NULL) < 0 ||
	    !yyjson_is_str(yyjson_obj_get(root, "start_after")))
		return refuse(&c->refusal, 400, "💔 invalid cursor");
	*ret_after = json_span(yyjson_obj_get(root, "start_after"));
	return 0;
}

static void put_page(struct call *c, const struct span *names, size_t n, bool full)
{
	struct buf *out = &c->reply->body;
	buf_lit(out, "{\"namespaces\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_byte(out, ',');
		buf_lit(out, "{\"id\":");
		json_put_string(out, names[i]);
		buf_byte(out, '}');
	}
	buf_lit(out, "],\"next_cursor\":");
	if (full) /* there may be more: the next page tells, and may be empty */
		put_cursor(out, names[n - 1]);
	else
		buf_lit(out, "null");
	buf_byte(out, '}');
}

int list_handle(struct call *c)
{
	struct arena *a = c->req->arena;
	struct span prefix, after = SPAN_NONE, size = SPAN_NONE, cursor;
	uint64_t page = PAGE_MAX;
	(void)param_get(a, c->req->query, SPAN("prefix"), &prefix);
	if (param_get(a, c->req->query, SPAN("page_size"), &size) &&
	    (span_to_u64(size, &page) < 0 || page == 0 || page > PAGE_MAX))
		return refuse(&c->refusal, 400, "💔 page_size must be between 1 and %d", PAGE_MAX);
	if (param_get(a, c->req->query, SPAN("cursor"), &cursor) && cursor.len &&
	    take_cursor(c, cursor, &after) < 0)
		return -E_INVALID;
	struct span *names = arena_array(a, struct span, page);
	size_t n = catalog_list(&c->store->catalog, a, prefix, after, page, names);
	put_page(c, names, n, n == page);
	return 0;
}
