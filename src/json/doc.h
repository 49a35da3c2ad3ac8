/* Small JSON documents as a tree: yyjson with its memory in an arena. Read the values with yyjson's own
 * accessors; this header is the only place that includes it. Large bodies go through json/scan instead. */
#pragma once

#include <yyjson.h>

#include "base/arena.h"
#include "json/error.h"

/* Parses a whole text; the root lives as long as the arena. Strict RFC 8259: trailing bytes, invalid UTF-8,
 * NaN and comments are errors. Integers keep 64 bits; larger ones become doubles.
 * -E_JSON with *err filled; err may be NULL. */
MUST_USE int json_parse(struct arena *a, struct span text, yyjson_val **ret_root, struct json_error *err);

/* The string value as a span; the empty span if v is not a string. */
static inline struct span json_span(const yyjson_val *v)
{
	yyjson_val *val = (yyjson_val *)(uintptr_t)v;
	return yyjson_is_str(val) ? span_of(yyjson_get_str(val), yyjson_get_len(val)) : SPAN_NONE;
}

/* The member of an object, or NULL. */
static inline yyjson_val *json_get(yyjson_val *obj, struct span key)
{
	return yyjson_obj_getn(obj, key.ptr, key.len);
}
