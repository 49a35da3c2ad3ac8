/* The cursor against yyjson: both accept the same texts, and see the same values in them. Deliberate
 * differences: nesting past JSON_DEPTH_MAX is refused, and a number may be of any size (hence yyjson's raw
 * numbers here). */
#include "fuzz.h"

#include "base/buf.h"
#include "json/doc.h"
#include "json/runs.h"
#include "json/scan.h"

static struct arena *arena;

static void same_string(struct span raw, yyjson_val *val)
{
	struct span plain = json_span(val);
	assert(span_eq(json_unescape(arena, raw), plain));
	assert(json_string_eq(raw, plain) && json_string_starts(raw, plain));
	if (plain.len) {
		struct span shorter = span_of(plain.ptr, plain.len - 1);
		assert(!json_string_eq(raw, shorter) && !json_string_eq(raw, span_skip(plain, 1)));
	}
}

static void same_value(struct json_scan *s, yyjson_val *val);

static void same_items(struct json_scan *s, yyjson_val *val)
{
	struct span key;
	size_t i, n;
	yyjson_val *k, *v;
	if (yyjson_is_arr(val)) {
		assert(json_scan_enter(s, JSON_ARRAY) == 0);
		yyjson_arr_foreach(val, i, n, v)
		{
			assert(json_scan_element(s));
			same_value(s, v);
		}
		assert(!json_scan_element(s));
		return;
	}
	assert(json_scan_enter(s, JSON_OBJECT) == 0);
	yyjson_obj_foreach(val, i, n, k, v)
	{
		assert(json_scan_member(s, &key));
		same_string(key, k);
		same_value(s, v);
	}
	assert(!json_scan_member(s, &key));
}

/* Steps over the value at once and, if it is an array or object, again item by item. */
static void same_value(struct json_scan *s, yyjson_val *val)
{
	struct json_scan at_once = *s;
	enum json_type type = json_scan_type(s);
	struct span raw;
	assert(json_scan_value(&at_once, &raw) == 0);
	assert(json_type_of(raw) == type);
	switch (type) {
	case JSON_NULL:
		assert(yyjson_is_null(val));
		break;
	case JSON_FALSE:
	case JSON_TRUE:
		assert(yyjson_is_bool(val) && yyjson_get_bool(val) == (type == JSON_TRUE));
		break;
	case JSON_NUMBER:
		assert(yyjson_is_raw(val));
		assert(span_eq(raw, span_of(yyjson_get_raw(val), yyjson_get_len(val))));
		break;
	case JSON_STRING:
		assert(yyjson_is_str(val));
		same_string(raw, val);
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		assert(type == JSON_ARRAY ? yyjson_is_arr(val) : yyjson_is_obj(val));
		same_items(s, val);
		assert(s->at == at_once.at && s->depth == at_once.depth && s->state == at_once.state);
		return;
	default:
		assert(false);
	}
	*s = at_once;
}

/* What an instruction set takes for a list of numbers is one. */
static void only_numbers(struct span text)
{
	for (const struct json_runs *r = json_runs; text.len && r->name; r++) {
		const char *p = text.ptr + 1; /* the byte before a list is read too */
		if (!r->usable())
			continue;
		struct span list = span_between(p, r->numbers(p, text.ptr + text.len));
		struct buf b = buf_new(SIZE_MAX);
		buf_byte(&b, '[');
		buf_append(&b, list);
		buf_lit(&b, "0]");
		yyjson_doc *doc = yyjson_read(b.ptr, b.len, YYJSON_READ_NUMBER_AS_RAW);
		assert(doc);
		for (size_t i = 0; i < list.len; i++)
			assert(list.ptr[i] && strchr("0123456789+-.eE, \t\r\n", list.ptr[i]));
		yyjson_doc_free(doc);
		buf_free(&b);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = span_of((const char *)data, size);
	struct json_scan s;
	json_scan_init(&s, text);
	int rc = json_scan_end(&s);
	assert(rc == 0 || s.error.offset <= size);
	only_numbers(text);
	if (rc == -E_DEPTH)
		return 0;

	yyjson_doc *doc = yyjson_read(text.ptr, size, YYJSON_READ_NUMBER_AS_RAW);
	assert((rc == 0) == (doc != NULL));
	if (doc) {
		arena = arena_new();
		json_scan_init(&s, text);
		same_value(&s, yyjson_doc_get_root(doc));
		assert(json_scan_end(&s) == 0);
		arena_free(arena);
	}
	yyjson_doc_free(doc);
	return 0;
}
