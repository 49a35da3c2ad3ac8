#include "store/data/sparse_index.h"

#include "base/map.h"

struct sparse_index {
	struct map dims;
};

static void dim_free(struct sparse_dim *dim)
{
	vec_free(&dim->postings);
	free(dim);
}

struct sparse_index *sparse_index_new(void)
{
	struct sparse_index *si = calloc(1, sizeof *si);
	if (!si)
		abort();
	return si;
}

struct sparse_index *sparse_index_free(struct sparse_index *si)
{
	if (!si)
		return NULL;
	map_each (&si->dims, entry) {
		dim_free(entry->value);
	}
	map_free(&si->dims);
	free(si);
	return NULL;
}

static struct sparse_dim *dim_get(struct sparse_index *si, struct span name)
{
	struct sparse_dim *dim = map_get(&si->dims, name);
	if (dim)
		return dim;
	dim = calloc(1, sizeof *dim + name.len);
	if (!dim)
		abort();
	dim->len = (uint32_t)name.len;
	if (name.len)
		memcpy(dim->name, name.ptr, name.len);
	map_put(&si->dims, span_of(dim->name, dim->len), dim);
	return dim;
}

void sparse_index_add(struct sparse_index *si, uint32_t slot, const struct value *v)
{
	for (uint32_t i = 0; i < v->count; i++) {
		struct sparse_dim *dim = dim_get(si, v->sparse[i].name);
		vec_push(&dim->postings, ((struct sparse_posting){slot, v->sparse[i].weight}));
	}
}

static void renumber(struct sparse_dim *dim, const uint32_t *moved)
{
	size_t kept = 0;
	vec_each (&dim->postings, posting) {
		if (moved[posting->slot] != SLOT_NONE)
			dim->postings.at[kept++] =
			    (struct sparse_posting){moved[posting->slot], posting->weight};
	}
	dim->postings.len = kept;
}

void sparse_index_renumber(struct sparse_index *si, const uint32_t *moved)
{
	VEC(struct sparse_dim *) empty = {0};
	map_each (&si->dims, entry) {
		struct sparse_dim *dim = entry->value;
		renumber(dim, moved);
		if (!dim->postings.len)
			vec_push(&empty, dim);
	}
	vec_each (&empty, dim) {
		map_del(&si->dims, span_of((*dim)->name, (*dim)->len));
		dim_free(*dim);
	}
	vec_free(&empty);
}

const struct sparse_dim *sparse_index_find(const struct sparse_index *si, struct span name)
{
	return map_get(&si->dims, name);
}
