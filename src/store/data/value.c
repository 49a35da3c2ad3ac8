#include "store/data/value.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "base/base64.h"
#include "base/half.h"
#include "base/time.h"
#include "store/data/sparse.h"
#include "json/write.h"

static const struct {
	struct span name;
	size_t size;
} bases[] = {
#define X(base, name_, size_) [base] = {SPAN(name_), size_},
    VALUE_BASES(X)
#undef X
};

/* "[N]f32" and its relatives; s starts with a bracket or brace. */
static int parse_vector_type(struct span s, struct value_type *ret)
{
	static const struct span widths[] = {SPAN("f32"), SPAN("f16"), SPAN("i8")};
	if (span_eq(s, bases[VALUE_SPARSE].name)) {
		*ret = (struct value_type){.base = VALUE_SPARSE};
		return 0;
	}
	bool multi = span_starts(s, SPAN("[]["));
	struct span element = span_skip(s, multi ? 3 : 1);
	struct span dims = span_cut(&element, ']');
	uint64_t n;
	if (span_to_u64(dims, &n) < 0 || n == 0 || n > UINT32_MAX)
		return -E_INVALID;
	size_t width = 0;
	while (width < 3 && !span_eq(element, widths[width]))
		width++;
	if (width == 3)
		return -E_INVALID;
	if (multi || width == 2)
		return -E_UNSUPPORTED;
	*ret = (struct value_type){.base = VALUE_VECTOR, .f16 = width == 1, .dims = (uint32_t)n};
	return 0;
}

int value_type_parse(struct span text, struct value_type *ret)
{
	bool array = span_starts(text, SPAN("[]"));
	struct span name = span_skip(text, array ? 2 : 0);
	for (size_t i = 0; i < VALUE_VECTOR; i++) {
		if (!span_eq(name, bases[i].name) || (array && i == VALUE_BYTES))
			continue;
		*ret = (struct value_type){.base = (enum value_base)i, .array = array};
		return 0;
	}
	if (span_starts(text, SPAN("[")) || span_starts(text, SPAN("{")))
		return parse_vector_type(text, ret);
	return -E_INVALID;
}

struct span value_type_text(struct arena *a, struct value_type t)
{
	if (t.base == VALUE_VECTOR)
		return arena_printf(a, "[%u]%s", t.dims, t.f16 ? "f16" : "f32");
	return arena_printf(a, "%s%.*s", t.array ? "[]" : "", SPAN_FMT(bases[t.base].name));
}

static int bytes_from_base64(struct arena *a, struct span text, struct span *ret)
{
	char *out = arena_alloc(a, base64_decoded_max(text.len));
	size_t len;
	int rc = base64_decode(text, out, &len);
	if (rc == 0)
		*ret = span_of(out, len);
	return rc;
}

int scalar_from_json(struct arena *a, enum value_base base, const yyjson_val *value, union scalar *ret_scalar)
{
	yyjson_val *v = (yyjson_val *)(uintptr_t)value;
	struct span text = json_span(v);
	bool is_text = yyjson_is_str(v);
	switch (base) {
	case VALUE_STRING:
		ret_scalar->text = text;
		return is_text ? 0 : -E_INVALID;
	case VALUE_BYTES:
		return is_text ? bytes_from_base64(a, text, &ret_scalar->text) : -E_INVALID;
	case VALUE_UUID:
		return is_text ? uuid_parse(text, &ret_scalar->uuid) : -E_INVALID;
	case VALUE_DATETIME:
		return is_text ? time_parse_iso8601(text, &ret_scalar->i64) : -E_INVALID;
	case VALUE_BOOL:
		ret_scalar->boolean = yyjson_get_bool(v);
		return yyjson_is_bool(v) ? 0 : -E_INVALID;
	case VALUE_INT:
		ret_scalar->i64 = yyjson_get_sint(v);
		return yyjson_is_sint(v) || (yyjson_is_uint(v) && yyjson_get_uint(v) <= INT64_MAX)
		           ? 0
		           : -E_INVALID;
	case VALUE_UINT:
		ret_scalar->u64 = yyjson_get_uint(v);
		return yyjson_is_uint(v) ? 0 : -E_INVALID;
	case VALUE_FLOAT:
		ret_scalar->f64 = yyjson_get_num(v);
		return yyjson_is_num(v) && isfinite(ret_scalar->f64) ? 0 : -E_INVALID;
	case VALUE_VECTOR:
	case VALUE_SPARSE:
		break;
	}
	return -E_INVALID;
}

int value_from_json(struct arena *a, struct value_type t, const yyjson_val *value, struct value *ret_value)
{
	yyjson_val *v = (yyjson_val *)(uintptr_t)value;
	struct value out = {.present = true, .count = 1};
	const char *ignored;
	if (t.base == VALUE_SPARSE)
		return sparse_from_json(a, v, ret_value, &ignored);
	if (!t.array) {
		int rc = scalar_from_json(a, t.base, v, &out.one);
		if (rc == 0)
			*ret_value = out;
		return rc;
	}
	if (!yyjson_is_arr(v))
		return -E_INVALID;
	size_t n = yyjson_arr_size(v), i, max;
	union scalar *items = arena_array(a, union scalar, n);
	yyjson_val *item;
	yyjson_arr_foreach(v, i, max, item)
	{
		int rc = scalar_from_json(a, t.base, item, &items[i]);
		if (rc < 0)
			return rc;
	}
	out.count = (uint32_t)n;
	out.many = items;
	*ret_value = out;
	return 0;
}

static int floats_from_base64(struct arena *a, struct span text, float **ret, size_t *ret_n)
{
	struct span raw = SPAN_NONE;
	if (bytes_from_base64(a, text, &raw) < 0 || raw.len % sizeof(float))
		return -E_INVALID;
	*ret = arena_alloc(a, raw.len);
	memcpy(*ret, raw.ptr, raw.len); /* little-endian, as every machine that we build for */
	*ret_n = raw.len / sizeof(float);
	return 0;
}

static int floats_from_array(struct arena *a, yyjson_val *v, float **ret, size_t *ret_n)
{
	size_t i, n;
	yyjson_val *item;
	float *floats = arena_alloc(a, yyjson_arr_size(v) * sizeof(float));
	yyjson_arr_foreach(v, i, n, item)
	{
		if (!yyjson_is_num(item))
			return -E_INVALID;
		floats[i] = (float)yyjson_get_num(item);
	}
	*ret = floats;
	*ret_n = n;
	return 0;
}

int vector_from_json(struct arena *a, const yyjson_val *value, const float **ret_floats, uint32_t *ret_dims)
{
	yyjson_val *v = (yyjson_val *)(uintptr_t)value;
	float *floats = NULL;
	size_t n = 0;
	int rc = -E_INVALID;
	if (yyjson_is_arr(v))
		rc = floats_from_array(a, v, &floats, &n);
	else if (yyjson_is_str(v))
		rc = floats_from_base64(a, json_span(v), &floats, &n);
	if (rc < 0 || n == 0 || n > UINT32_MAX)
		return -E_INVALID;
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(floats[i]))
			return -E_INVALID;
	}
	*ret_floats = floats;
	*ret_dims = (uint32_t)n;
	return 0;
}

int vector_pack(struct arena *a, struct value_type t, const float *floats, const void **ret_row)
{
	if (!t.f16) {
		*ret_row = floats;
		return 0;
	}
	uint16_t *halves = arena_array(a, uint16_t, t.dims);
	for (size_t i = 0; i < t.dims; i++) {
		halves[i] = half_from_f32(floats[i]);
		if (!half_is_finite(halves[i]))
			return -E_TOO_LARGE;
	}
	*ret_row = halves;
	return 0;
}

const float *vector_unpack(struct arena *a, struct value_type t, const void *row)
{
	if (!t.f16)
		return row;
	const uint16_t *halves = row;
	float *floats = arena_array(a, float, t.dims);
	for (size_t i = 0; i < t.dims; i++)
		floats[i] = half_to_f32(halves[i]);
	return floats;
}

/* base/time formats what comes after 1970 only; an attribute may lie before. */
static void datetime_to_json(struct buf *out, int64_t ns)
{
	int64_t fraction = ns % (int64_t)NS_PER_S, seconds = ns / (int64_t)NS_PER_S;
	if (fraction < 0) {
		fraction += (int64_t)NS_PER_S;
		seconds--;
	}
	time_t s = (time_t)seconds;
	struct tm tm;
	char text[TIME_RFC3339_MAX];
	gmtime_r(&s, &tm);
	size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	buf_byte(out, '"');
	buf_append(out, span_of(text, n));
	buf_printf(out, ".%09uZ\"", (unsigned)fraction);
}

static void quoted_uuid(struct buf *out, const struct uuid *u)
{
	char text[UUID_TEXT_LEN];
	uuid_format(u, text);
	json_put_string(out, span_of(text, sizeof text));
}

void scalar_to_json(struct buf *out, enum value_base base, const union scalar *s)
{
	switch (base) {
	case VALUE_STRING:
		json_put_string(out, s->text);
		break;
	case VALUE_BYTES:
		buf_byte(out, '"');
		base64_encode(s->text, out);
		buf_byte(out, '"');
		break;
	case VALUE_UUID:
		quoted_uuid(out, &s->uuid);
		break;
	case VALUE_DATETIME:
		datetime_to_json(out, s->i64);
		break;
	case VALUE_BOOL:
		json_put_bool(out, s->boolean);
		break;
	case VALUE_INT:
		buf_i64(out, s->i64);
		break;
	case VALUE_UINT:
		buf_u64(out, s->u64);
		break;
	case VALUE_FLOAT:
		json_put_f64(out, s->f64);
		break;
	case VALUE_VECTOR:
	case VALUE_SPARSE:
		break;
	}
}

void value_to_json(struct buf *out, struct value_type t, const struct value *v)
{
	const union scalar *items = value_items(v, t);
	if (t.base == VALUE_SPARSE) {
		sparse_to_json(out, v);
		return;
	}
	if (t.array)
		buf_byte(out, '[');
	for (uint32_t i = 0; i < v->count; i++) {
		if (i)
			buf_byte(out, ',');
		scalar_to_json(out, t.base, &items[i]);
	}
	if (t.array)
		buf_byte(out, ']');
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int64_t milliseconds(int64_t ns)
{
	int64_t per = (int64_t)NS_PER_MS;
	return ns / per - (ns % per < 0);
}

int scalar_cmp(enum value_base base, const union scalar *a, const union scalar *b)
{
	switch (base) {
	case VALUE_STRING:
	case VALUE_BYTES:
		return span_cmp(a->text, b->text);
	case VALUE_UUID:
		return memcmp(a->uuid.bytes, b->uuid.bytes, sizeof a->uuid.bytes);
	case VALUE_DATETIME:
		return ORDER(milliseconds(a->i64), milliseconds(b->i64));
	case VALUE_BOOL:
		return ORDER(a->boolean, b->boolean);
	case VALUE_INT:
		return ORDER(a->i64, b->i64);
	case VALUE_UINT:
		return ORDER(a->u64, b->u64);
	case VALUE_FLOAT:
		return ORDER(a->f64, b->f64);
	case VALUE_VECTOR:
	case VALUE_SPARSE:
		break;
	}
	return 0;
}

float scalar_number(enum value_base base, const union scalar *s)
{
	return base == VALUE_INT ? (float)s->i64 : base == VALUE_UINT ? (float)s->u64 : (float)s->f64;
}

static uint64_t signed_distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

float scalar_distance(enum value_base base, const union scalar *a, const union scalar *b)
{
	switch (base) {
	case VALUE_INT:
		return (float)signed_distance(a->i64, b->i64);
	case VALUE_DATETIME:
		return (float)signed_distance(milliseconds(a->i64), milliseconds(b->i64));
	case VALUE_UINT:
		return (float)(a->u64 > b->u64 ? a->u64 - b->u64 : b->u64 - a->u64);
	default:
		return (float)fabs(a->f64 - b->f64);
	}
}

size_t value_logical_size(struct value_type t, const struct value *v)
{
	if (t.base == VALUE_VECTOR)
		return vector_bytes(t);
	if (bases[t.base].size)
		return v->count * bases[t.base].size;
	size_t sum = 0;
	for (uint32_t i = 0; i < v->count; i++)
		sum += t.base == VALUE_SPARSE ? v->sparse[i].name.len + 2 : value_items(v, t)[i].text.len;
	return sum;
}
