#include "gateway/namespaces/namespaces_plan.h"

#include "base/base64.h"
#include "base/time.h"
#include "gateway/routes.h"
#include "json/scan.h"
#include "json/splice.h"
#include "json/write.h"

#define FIELDS_MAX ((size_t)48 << 10)
#define INDEX_MAX  ((size_t)8 << 10)

/* The query */

static int read_page_size(struct span value, uint64_t *ret)
{
	uint64_t n;
	if (span_to_u64(value, &n) < 0 || n < 1 || n > LISTING_PAGE_SIZE_MAX)
		return -E_INVALID;
	*ret = n;
	return 0;
}

static int read_cursor(struct arena *a, struct span value, struct listing_query *q)
{
	char *text = arena_alloc(a, base64_decoded_max(value.len));
	size_t len;
	struct json_member m[] = {{.name = SPAN("v")}, {.name = SPAN("store")}, {.name = SPAN("at")}};
	if (base64url_decode(value, text, &len) < 0 || json_find_members(span_of(text, len), m, 3, NULL) < 0)
		return -E_INVALID;
	if (!span_eq(m[0].value, SPAN("1")) || json_type_of(m[1].value) != JSON_STRING ||
	    json_type_of(m[2].value) != JSON_STRING)
		return -E_INVALID;
	q->store = json_unescape(a, m[1].value);
	q->at = json_unescape(a, m[2].value);
	return q->store.len ? 0 : -E_INVALID;
}

int listing_read_query(struct arena *a, struct span text, struct listing_query *ret, const char **why)
{
	struct listing_query q = {.page_size = LISTING_PAGE_SIZE_DEFAULT};
	while (text.len) {
		struct span value = span_cut(&text, '&');
		struct span name = span_cut(&value, '=');
		char *plain = arena_alloc(a, value.len);
		size_t len;
		if (value.len > LISTING_TEXT_MAX || route_decode_segment(value, plain, value.len, &len) < 0) {
			*why = "a parameter is too long or badly escaped";
			return -E_INVALID;
		}
		value = span_of(plain, len);
		if (span_eq(name, SPAN("prefix"))) {
			q.prefix = value;
		} else if (span_eq(name, SPAN("page_size"))) {
			if (read_page_size(value, &q.page_size) < 0) {
				*why = "page_size: an integer from 1 to 1000";
				return -E_INVALID;
			}
		} else if (span_eq(name, SPAN("cursor")) && value.len && read_cursor(a, value, &q) < 0) {
			*why = "cursor: not one that a listing gave";
			return -E_INVALID;
		}
	}
	*ret = q;
	return 0;
}

struct span listing_cursor(struct arena *a, struct span store, struct span at)
{
	struct buf plain = buf_new(2 * LISTING_TEXT_MAX), coded = buf_new(3 * LISTING_TEXT_MAX);
	buf_lit(&plain, "{\"v\":1,\"store\":");
	json_put_string(&plain, store);
	buf_lit(&plain, ",\"at\":");
	json_put_string(&plain, at);
	buf_byte(&plain, '}');
	base64url_encode(buf_span(&plain), &coded);
	struct span cursor = arena_copy(a, buf_span(&coded));
	buf_free(&plain);
	buf_free(&coded);
	return cursor;
}

/* Targets */

static void put_escaped(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		             c == '-' || c == '_' || c == '.' || c == '~';
		if (plain)
			buf_byte(out, c);
		else
			buf_printf(out, "%%%02X", (unsigned char)c);
	}
}

void listing_put_target(struct buf *out, const struct listing_query *q, uint64_t page_size)
{
	buf_lit(out, "/v1/namespaces?page_size=");
	buf_u64(out, page_size);
	if (q->prefix.len) {
		buf_lit(out, "&prefix=");
		put_escaped(out, q->prefix);
	}
	if (q->at.len) {
		buf_lit(out, "&cursor=");
		put_escaped(out, q->at);
	}
}

void listing_put_metadata_target(struct buf *out, struct span name)
{
	buf_lit(out, "/v2/namespaces/");
	put_escaped(out, name);
	buf_lit(out, "/metadata");
}

/* The store's list */

int listing_read_names(struct arena *a, struct span body, size_t max, struct listing_names *ret)
{
	struct json_member top[] = {{.name = SPAN("namespaces")}, {.name = SPAN("next_cursor")}};
	struct listing_names got = {0};
	struct json_scan s;
	int rc = json_find_members(body, top, 2, NULL);
	if (rc < 0 || !top[0].value.ptr)
		return -E_INVALID;
	if (top[1].value.ptr && json_type_of(top[1].value) == JSON_STRING)
		got.next = json_unescape(a, top[1].value);
	json_scan_init(&s, top[0].value);
	json_scan_enter(&s, JSON_ARRAY);
	while (rc == 0 && json_scan_element(&s)) {
		struct json_member id = {.name = SPAN("id")};
		rc = json_scan_members(&s, &id, 1);
		if (rc == 0 &&
		    (!id.value.ptr || json_type_of(id.value) != JSON_STRING || got.names.len == max))
			rc = -E_INVALID;
		if (rc == 0)
			vec_push(&got.names, json_unescape(a, id.value));
	}
	if (rc < 0 || json_scan_end(&s) < 0 || got.next.len > LISTING_TEXT_MAX / 2) {
		vec_free(&got.names);
		return -E_INVALID;
	}
	*ret = got;
	return 0;
}

bool listing_good_name(struct span name)
{
	if (!name.len || name.len > 128 || span_eq(name, SPAN(".")) || span_eq(name, SPAN("..")))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];
		if (c <= ' ' || c >= 0x7f)
			return false;
	}
	return true;
}

/* A row */

enum { ROWS, BYTES, WRITTEN, INDEX, SCHEMA, MEMBERS };

static bool known_number(struct span raw)
{
	return raw.ptr && json_type_of(raw) == JSON_NUMBER;
}

static bool known_string(struct span raw)
{
	return raw.ptr && json_type_of(raw) == JSON_STRING;
}

/* The dimension in "[N]f32", 0 if the type is none of a vector. */
static uint64_t vector_dim(struct arena *a, struct span attribute)
{
	struct json_member type = {.name = SPAN("type")};
	struct span text = attribute;
	uint64_t n = 0;
	if (json_type_of(attribute) == JSON_OBJECT) {
		if (json_find_members(attribute, &type, 1, NULL) < 0 || !type.value.ptr)
			return 0;
		text = type.value;
	}
	if (json_type_of(text) != JSON_STRING)
		return 0;
	text = json_unescape(a, text);
	if (!span_starts(text, SPAN("[")))
		return 0;
	text = span_skip(text, 1);
	return span_to_u64(span_cut(&text, ']'), &n) == 0 ? n : 0;
}

/* {"vector_dim":N,"fields":[…]}: the dimension is that of `vector`, else of the first vector there is. */
static void put_summary(struct arena *a, struct span schema, struct buf *out)
{
	struct buf fields = buf_new(FIELDS_MAX);
	struct json_scan s;
	struct span key, value;
	uint64_t dim = 0;
	bool first = true;
	json_scan_init(&s, schema);
	json_scan_enter(&s, JSON_OBJECT);
	while (json_scan_member(&s, &key)) {
		if (json_scan_value(&s, &value) < 0 || json_string_starts(key, SPAN("_hevlayer_")))
			continue;
		uint64_t n = vector_dim(a, value);
		if (n && (!dim || json_string_eq(key, SPAN("vector"))))
			dim = n;
		if (!first)
			buf_byte(&fields, ',');
		first = false;
		buf_append(&fields, key);
	}
	buf_lit(out, ",\"schema_summary\":{");
	if (dim) {
		buf_lit(out, "\"vector_dim\":");
		buf_u64(out, dim);
	}
	if (buf_status(&fields) == 0) {
		buf_append(out, dim ? SPAN(",\"fields\":[") : SPAN("\"fields\":["));
		buf_append(out, buf_span(&fields));
		buf_byte(out, ']');
	}
	buf_byte(out, '}');
	buf_free(&fields);
}

static void put_u64(struct buf *out, const char *name, uint64_t value)
{
	buf_printf(out, ",\"%s\":", name);
	buf_u64(out, value);
}

static uint64_t written_ms(struct arena *a, struct span raw)
{
	int64_t ns;
	if (!known_string(raw) || time_parse_iso8601(json_unescape(a, raw), &ns) < 0 || ns < 0)
		return 0;
	return (uint64_t)ns / NS_PER_MS;
}

/* What the index state says: `is_stable` only if it is one of the two; when the metadata came, if it is
 * stable. Returns that time or 0. */
static uint64_t put_signals(struct span index, uint64_t observed_ms, struct buf *out)
{
	struct json_member status = {.name = SPAN("status")};
	if (!index.ptr || json_type_of(index) != JSON_OBJECT)
		return 0;
	bool known = json_find_members(index, &status, 1, NULL) == 0 && known_string(status.value);
	bool stable = known && json_string_eq(status.value, SPAN("up-to-date"));
	if (stable)
		put_u64(out, "stable_as_of_ms", observed_ms);
	if (stable || (known && json_string_eq(status.value, SPAN("updating"))))
		buf_append(out, stable ? SPAN(",\"is_stable\":true") : SPAN(",\"is_stable\":false"));
	if (index.len <= INDEX_MAX) {
		buf_lit(out, ",\"index\":");
		buf_append(out, index);
	}
	return stable ? observed_ms : 0;
}

static const char *put_metadata(struct arena *a, const struct listing_row *row, struct buf *out)
{
	struct json_member m[] = {
	    [ROWS] = {.name = SPAN("approx_row_count")},
	    [BYTES] = {.name = SPAN("approx_logical_bytes")},
	    [WRITTEN] = {.name = SPAN("last_write_at")},
	    [INDEX] = {.name = SPAN("index")},
	    [SCHEMA] = {.name = SPAN("schema")},
	};
	if (json_find_members(row->metadata, m, MEMBERS, NULL) < 0)
		return "the store's metadata cannot be read";
	if (known_number(m[ROWS].value)) {
		buf_lit(out, ",\"row_count\":");
		buf_append(out, m[ROWS].value);
	}
	if (known_number(m[BYTES].value)) {
		buf_lit(out, ",\"size_bytes\":");
		buf_append(out, m[BYTES].value);
	}
	uint64_t stable_ms = put_signals(m[INDEX].value, row->observed_ms, out);
	uint64_t write_ms = written_ms(a, m[WRITTEN].value);
	if (write_ms || stable_ms)
		put_u64(out, "last_write_ms", write_ms ? write_ms : stable_ms);
	if (m[SCHEMA].value.ptr && json_type_of(m[SCHEMA].value) == JSON_OBJECT)
		put_summary(a, m[SCHEMA].value, out);
	return NULL;
}

static void put_labels(const struct pairs *labels, struct buf *out)
{
	bool first = true;
	buf_lit(out, ",\"labels\":{");
	for (size_t i = 0; labels && i < labels->len; i++) {
		json_put_key(out, &first, labels->at[i].key);
		json_put_string(out, labels->at[i].value);
	}
	buf_byte(out, '}');
}

void listing_put_row(struct arena *a, const struct listing_row *row, struct buf *out)
{
	buf_lit(out, "{\"name\":");
	json_put_string(out, row->name);
	const char *error = row->error ? row->error : put_metadata(a, row, out);
	/* Nothing caches documents. */
	buf_lit(out, ",\"cache_state\":{\"state\":\"cold\",\"warm_inflight\":false},\"shadow\":");
	json_put_bool(out, span_ends(row->name, SPAN("-shadow")));
	put_labels(row->labels, out);
	if (error) {
		buf_lit(out, ",\"metadata_error\":");
		json_put_string(out, span_str(error));
	}
	buf_byte(out, '}');
}

/* The layer block */

struct span metadata_with_layer(struct arena *a, struct span body, struct watermark mark)
{
	struct json_member layer = {.name = SPAN("layer")};
	struct json_splice sp;
	struct buf out = buf_new(body.len + 256);
	if (json_find_members(body, &layer, 1, NULL) < 0)
		return body;
	struct span as_of =
	    mark.at_ms ? arena_printf(a, "%llu", (unsigned long long)mark.at_ms) : SPAN("null");
	struct span block = arena_printf(a,
	    "{\"stable_as_of\":%.*s,\"is_stable\":%s,\"indexed\":null,\"index_lag_rows\":null}",
	    SPAN_FMT(as_of), mark.state == WATERMARK_STABLE ? "true" : "false");
	const char *end = body.ptr + body.len;
	while (end[-1] != '}')
		end--;
	const char *last = end - 1;
	while (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r' || last[-1] == '\n')
		last--;
	json_splice_init(&sp, body);
	if (layer.value.ptr)
		json_splice_replace(&sp, layer.value, block);
	else
		json_splice_insert(&sp, last,
		    arena_printf(a, "%s\"layer\":%.*s", last[-1] == '{' ? "" : ",", SPAN_FMT(block)));
	json_splice_append(&sp, &out);
	struct span whole = arena_copy(a, buf_span(&out));
	buf_free(&out);
	json_splice_free(&sp);
	return whole;
}
