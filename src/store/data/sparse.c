#include "store/data/sparse.h"

#include <stdlib.h>

#include "base/half.h"
#include "json/write.h"

static int by_name(const void *a, const void *b)
{
	return span_cmp(((const struct sparse_entry *)a)->name, ((const struct sparse_entry *)b)->name);
}

static int refused(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -E_INVALID;
}

int sparse_from_json(struct arena *a, const yyjson_val *value, struct value *ret_value, const char **ret_why)
{
	yyjson_val *v = (yyjson_val *)(uintptr_t)value, *name, *weight;
	size_t i, n = yyjson_obj_size(v);
	if (!yyjson_is_obj(v))
		return refused(ret_why, "a sparse vector must be an object of numbers by dimension");
	if (n > SPARSE_DIMS_MAX)
		return refused(ret_why, "a sparse vector can have at most 1024 dimensions");
	struct sparse_entry *entries = arena_array(a, struct sparse_entry, n);
	yyjson_obj_foreach(v, i, n, name, weight)
	{
		uint16_t half = half_from_f32((float)yyjson_get_num(weight));
		if (!yyjson_is_num(weight))
			return refused(ret_why, "the weights of a sparse vector must be numbers");
		if (!half_is_finite(half))
			return refused(ret_why, "a weight of the sparse vector is out of the range of f16");
		entries[i] = (struct sparse_entry){json_span(name), half_to_f32(half)};
	}
	qsort(entries, n, sizeof *entries, by_name);
	for (i = 1; i < n; i++) {
		if (by_name(&entries[i - 1], &entries[i]) == 0)
			return refused(ret_why, "the sparse vector names a dimension twice");
	}
	*ret_value = (struct value){.present = true, .count = (uint32_t)n, .sparse = entries};
	return 0;
}

void sparse_to_json(struct buf *out, const struct value *v)
{
	bool first = true;
	buf_byte(out, '{');
	for (uint32_t i = 0; i < v->count; i++) {
		json_put_key(out, &first, v->sparse[i].name);
		json_put_f32(out, v->sparse[i].weight);
	}
	buf_byte(out, '}');
}

const struct sparse_entry *sparse_find(const struct value *v, struct span name)
{
	struct sparse_entry key = {.name = name};
	return v->count ? bsearch(&key, v->sparse, v->count, sizeof key, by_name) : NULL;
}
