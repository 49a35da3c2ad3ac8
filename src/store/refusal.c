#include "store/refusal.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 2, 0))) static struct span vformat(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	char *text = arena_alloc(a, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	return span_of(text, (size_t)n);
}

int refuse(struct refusal *r, int status, const char *fmt, ...)
{
	if (r->status)
		return -E_INVALID;
	va_list ap;
	va_start(ap, fmt);
	r->text = vformat(r->arena, fmt, ap);
	va_end(ap);
	r->status = status;
	return -E_INVALID;
}

int refuse_shape(struct refusal *r, const char *path, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	struct span detail = vformat(r->arena, fmt, ap);
	va_end(ap);
	return refuse(r, 422, "Failed to deserialize the JSON body into the target type: %s%s%.*s", path,
	    path[0] ? ": " : "", SPAN_FMT(detail));
}

/* A JSON value as a deserialiser's complaint names it. */
static struct span described(struct arena *a, const yyjson_val *value)
{
	yyjson_val *v = (yyjson_val *)(uintptr_t)value;
	if (yyjson_is_str(v))
		return arena_printf(a, "string \"%.*s\"", SPAN_FMT(json_span(v)));
	if (yyjson_is_uint(v))
		return arena_printf(a, "integer `%llu`", (unsigned long long)yyjson_get_uint(v));
	if (yyjson_is_sint(v))
		return arena_printf(a, "integer `%lld`", (long long)yyjson_get_sint(v));
	if (yyjson_is_real(v))
		return arena_printf(a, "floating point `%g`", yyjson_get_real(v));
	if (yyjson_is_bool(v))
		return arena_printf(a, "boolean `%s`", yyjson_get_bool(v) ? "true" : "false");
	if (yyjson_is_arr(v))
		return SPAN("sequence");
	return yyjson_is_obj(v) ? SPAN("map") : SPAN("null");
}

int refuse_type(struct refusal *r, const char *path, const yyjson_val *v, const char *expected)
{
	return refuse_shape(
	    r, path, "invalid type: %.*s, expected %s", SPAN_FMT(described(r->arena, v)), expected);
}

int refuse_missing(struct refusal *r, struct span ns)
{
	return refuse(r, 404, "🤷 namespace '%.*s' was not found", SPAN_FMT(ns));
}

int refuse_unsupported(struct refusal *r, const char *field)
{
	return refuse(r, 400, "💔 `%s` is not supported by this local store yet", field);
}
