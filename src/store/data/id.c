#include "store/data/value.h"
#include "json/write.h"

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
		uint64_t big = htobe64(yyjson_get_uint(v));
		*ret_key = arena_copy(a, span_of((const char *)&big, sizeof big));
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
	struct uuid u;
	int rc = uuid_parse(json_span(v), &u);
	if (rc == 0)
		*ret_key = arena_copy(a, span_of((const char *)u.bytes, sizeof u.bytes));
	return rc;
}

uint64_t id_uint(struct span key)
{
	uint64_t big;
	memcpy(&big, key.ptr, sizeof big);
	return be64toh(big);
}

void id_to_json(struct buf *out, enum id_kind kind, struct span key)
{
	union scalar s;
	switch (kind) {
	case ID_UINT:
		buf_u64(out, id_uint(key));
		break;
	case ID_UUID:
		memcpy(s.uuid.bytes, key.ptr, sizeof s.uuid.bytes);
		scalar_to_json(out, VALUE_UUID, &s);
		break;
	case ID_STRING:
		json_put_string(out, key);
		break;
	}
}

size_t id_logical_size(enum id_kind kind, struct span key)
{
	return key.len; /* 8, 16, or the text */
}
