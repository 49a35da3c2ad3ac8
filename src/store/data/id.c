#include "store/data/value.h"

#include <endian.h>

struct span id_kind_name(enum id_kind kind)
{
	static const char *const names[] = {[ID_UINT] = "uint", [ID_UUID] = "uuid", [ID_STRING] = "string"};
	return span_str(names[kind]);
}

int id_from_json(struct arena *a, enum id_kind kind, const yyjson_val *value, struct span *ret_key)
{
	yyjson_val *v = (yyjson_val *)(uintptr_t)value;
	if (kind == ID_UINT) {
		if (!yyjson_is_uint(v))
			return -E_INVALID;
		*ret_key = id_from_scalar(a, kind, &(union scalar){.u64 = yyjson_get_uint(v)});
		return 0;
	}
	if (!yyjson_is_str(v))
		return -E_INVALID;
	if (kind == ID_STRING) {
		if (yyjson_get_len(v) > ID_MAX_BYTES)
			return -E_TOO_LARGE;
		*ret_key = json_span(v);
		return 0;
	}
	union scalar s;
	int rc = uuid_parse(json_span(v), &s.uuid);
	if (rc == 0)
		*ret_key = id_from_scalar(a, kind, &s);
	return rc;
}

enum value_base id_base(enum id_kind kind)
{
	static const enum value_base bases[] = {
	    [ID_UINT] = VALUE_UINT, [ID_UUID] = VALUE_UUID, [ID_STRING] = VALUE_STRING};
	return bases[kind];
}

union scalar id_to_scalar(enum id_kind kind, struct span key)
{
	union scalar s = {.text = key};
	if (kind == ID_UINT)
		s.u64 = id_uint(key);
	else if (kind == ID_UUID)
		memcpy(s.uuid.bytes, key.ptr, sizeof s.uuid.bytes);
	return s;
}

struct span id_from_scalar(struct arena *a, enum id_kind kind, const union scalar *s)
{
	uint64_t big = htobe64(s->u64);
	if (kind == ID_UINT)
		return arena_copy(a, span_of((const char *)&big, sizeof big));
	if (kind == ID_UUID)
		return arena_copy(a, span_of((const char *)s->uuid.bytes, sizeof s->uuid.bytes));
	return s->text;
}

uint64_t id_uint(struct span key)
{
	uint64_t big;
	memcpy(&big, key.ptr, sizeof big);
	return be64toh(big);
}

void id_to_json(struct buf *out, enum id_kind kind, struct span key)
{
	union scalar s = id_to_scalar(kind, key);
	scalar_to_json(out, id_base(kind), &s);
}

size_t id_logical_size(enum id_kind kind, struct span key)
{
	return key.len; /* 8, 16, or the text */
}
