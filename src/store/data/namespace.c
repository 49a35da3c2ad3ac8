#include "store/data/namespace.h"

#include "store/data/vector.h"
#include "store/log/change.h"

#define BILLED_READ_MIN 256000000 /* what the service bills for the smallest read */
#define HOLES_SLACK     1024      /* holes that are not worth a renumbering */

static void *checked(void *p)
{
	if (!p)
		abort();
	return p;
}

/* Bytes of what a value points to, without texts. */
static size_t packed_items(struct value_type t, const struct value *v)
{
	return t.base == VALUE_SPARSE ? v->count * sizeof *v->sparse
	       : t.array              ? v->count * sizeof *v->many
	                              : 0;
}

static size_t packed_size(struct value_type t, const struct value *v)
{
	return packed_items(t, v) + (value_base_has_texts(t.base) ? value_logical_size(t, v) : 0);
}

/* Copies what a value points to behind *room. */
static void pack_items(struct value_type t, struct value *v, char **room)
{
	size_t n = packed_items(t, v);
	if (t.base == VALUE_SPARSE)
		v->sparse = n ? memcpy(*room, v->sparse, n) : NULL;
	else if (t.array)
		v->many = n ? memcpy(*room, v->many, n) : NULL;
	*room += n;
}

static void pack_texts(struct value_type t, struct value *v, char **room)
{
	for (uint32_t i = 0; value_base_has_texts(t.base) && i < v->count; i++) {
		const struct span *in =
		    t.base == VALUE_SPARSE ? &v->sparse[i].name : &value_items(v, t)[i].text;
		struct span *text = (struct span *)(uintptr_t)in; /* the document's own, not yet constant */
		if (text->len)
			memcpy(*room, text->ptr, text->len);
		text->ptr = *room;
		*room += text->len;
	}
}

struct doc *doc_new(const struct schema *s, struct span id, const struct value *values)
{
	size_t n = s->attrs.len, room = id.len, logical = id_logical_size(s->id_kind, id);
	for (size_t i = 0; i < n; i++) {
		struct value_type t = s->attrs.at[i]->type;
		if (values[i].present) {
			logical += value_logical_size(t, &values[i]);
			room += packed_size(t, &values[i]);
		}
	}
	struct doc *d = checked(malloc(sizeof *d + n * sizeof *values + room));
	*d = (struct doc){.slot = SLOT_NONE, .count = (uint32_t)n, .logical_size = logical};
	memcpy(d->values, values, n * sizeof *values);
	char *p = (char *)(d->values + n); /* arrays first: they want alignment, texts do not */
	for (size_t i = 0; i < n; i++) {
		if (d->values[i].present)
			pack_items(s->attrs.at[i]->type, &d->values[i], &p);
	}
	for (size_t i = 0; i < n; i++) {
		if (d->values[i].present)
			pack_texts(s->attrs.at[i]->type, &d->values[i], &p);
	}
	if (id.len)
		memcpy(p, id.ptr, id.len);
	d->id = span_of(p, id.len);
	return d;
}

void change_free(struct change *c)
{
	vec_each (&c->puts, put) {
		free(put->doc);
	}
	vec_free(&c->puts);
	vec_free(&c->deletes);
	c->schema = schema_free(c->schema);
}

struct namespace *namespace_new(uint64_t created_ns)
{
	struct namespace *ns = checked(calloc(1, sizeof *ns));
	ns->schema = schema_new();
	ns->created_ns = ns->updated_ns = ns->last_write_ns = created_ns;
	return ns;
}

struct namespace *namespace_free(struct namespace *ns)
{
	if (!ns)
		return NULL;
	vec_each (&ns->docs, d) {
		free(*d);
	}
	vec_each (&ns->text, ti) {
		text_index_free(*ti);
	}
	vec_each (&ns->sparse, si) {
		sparse_index_free(*si);
	}
	for (size_t i = 0; i < VECTOR_COLUMNS_MAX; i++) {
		free(ns->vectors[i].at);
		free(ns->vectors[i].norms2);
	}
	vec_free(&ns->docs);
	vec_free(&ns->text);
	vec_free(&ns->sparse);
	map_free(&ns->by_id);
	schema_free(ns->schema);
	settings_free(&ns->settings);
	free(ns);
	return NULL;
}

static bool same_text_options(const struct text_options *a, const struct text_options *b)
{
	return a->tokenizer == b->tokenizer && a->words.case_sensitive == b->words.case_sensitive &&
	       a->words.ascii_folding == b->words.ascii_folding &&
	       a->words.remove_stopwords == b->words.remove_stopwords &&
	       a->words.stemming == b->words.stemming &&
	       (!a->words.stemming || a->words.language == b->words.language) &&
	       a->words.max_token_length == b->words.max_token_length;
}

static struct text_index *build_text_index(const struct namespace *ns, const struct attr *attr)
{
	struct text_index *ti = text_index_new(attr);
	vec_each (&ns->docs, d) {
		const struct value *v = *d ? doc_value(*d, attr->index) : NULL;
		if (v)
			text_index_add(ti, (*d)->slot, v);
	}
	return ti;
}

/* The values of an attribute and its sparse index go; what the values point to goes with the document. */
static void forget_values(struct namespace *ns, const struct attr *attr)
{
	if (attr->index < ns->sparse.len)
		ns->sparse.at[attr->index] = sparse_index_free(ns->sparse.at[attr->index]);
	vec_each (&ns->docs, d) {
		const struct value *v = *d ? doc_value(*d, attr->index) : NULL;
		if (!v)
			continue;
		size_t size = value_logical_size(attr->type, v);
		(*d)->logical_size -= size;
		ns->logical_bytes -= size;
		(*d)->values[attr->index].present = false;
	}
}

/* Puts a new schema in force: indexes appear, vanish, or are rebuilt at once. */
static void change_schema(struct namespace *ns, struct schema *schema)
{
	while (ns->text.len < schema->attrs.len)
		vec_push(&ns->text, NULL);
	for (size_t i = 0; i < schema->attrs.len; i++) {
		const struct attr *attr = schema->attrs.at[i];
		const struct attr *old =
		    attr->index < ns->schema->attrs.len ? ns->schema->attrs.at[attr->index] : NULL;
		bool had = old && old->full_text;
		if (attr->dropped && old && !old->dropped)
			forget_values(ns, attr);
		if (had && attr->full_text && same_text_options(&old->text, &attr->text))
			continue;
		ns->text.at[attr->index] = text_index_free(ns->text.at[attr->index]);
		if (attr->full_text)
			ns->text.at[attr->index] = build_text_index(ns, attr);
	}
	vec_each (&schema->vectors, attr) {
		struct vector_column *c = &ns->vectors[(*attr)->column];
		c->row_bytes = vector_bytes((*attr)->type);
		c->dims = (*attr)->type.dims;
		c->f16 = (*attr)->type.f16;
	}
	schema_free(ns->schema);
	ns->schema = schema;
}

static void index_texts(struct namespace *ns, const struct doc *d,
    void (*fn)(struct text_index *, uint32_t, const struct value *))
{
	for (size_t i = 0; i < ns->text.len; i++) {
		const struct value *v = ns->text.at[i] ? doc_value(d, i) : NULL;
		if (v)
			fn(ns->text.at[i], d->slot, v);
	}
}

static void index_sparse(struct namespace *ns, const struct doc *d)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct value *v = doc_value(d, i);
		if (!v || ns->schema->attrs.at[i]->type.base != VALUE_SPARSE)
			continue;
		while (ns->sparse.len <= i)
			vec_push(&ns->sparse, NULL);
		if (!ns->sparse.at[i])
			ns->sparse.at[i] = sparse_index_new();
		sparse_index_add(ns->sparse.at[i], d->slot, v);
	}
}

/* A new slot, with room for it in every column. */
static uint32_t take_slot(struct namespace *ns)
{
	size_t cap = ns->docs.cap;
	vec_push(&ns->docs, NULL);
	for (size_t i = 0; cap != ns->docs.cap && i < ns->schema->vectors.len; i++) {
		struct vector_column *column = &ns->vectors[i];
		column->at = checked(realloc(column->at, ns->docs.cap * column->row_bytes));
		if (ns->schema->metric == METRIC_COSINE)
			column->norms2 =
			    checked(realloc(column->norms2, ns->docs.cap * sizeof *column->norms2));
	}
	return (uint32_t)ns->docs.len - 1;
}

/* The document leaves its slot; it is the caller's to free. */
static void leave_slot(struct namespace *ns, const struct doc *d)
{
	index_texts(ns, d, text_index_remove);
	ns->logical_bytes -= d->logical_size;
	ns->docs.at[d->slot] = NULL;
}

static void put_vectors(struct namespace *ns, const struct put *put, const struct doc *old)
{
	const struct vector_form *form = vector_form(0);
	for (size_t i = 0; i < ns->schema->vectors.len; i++) {
		struct vector_column *c = &ns->vectors[i];
		const void *from = old ? vector_row(c, old->slot) : NULL;
		if (put->vectors)
			from = put->vectors[i];
		if (!from)
			continue;
		memcpy(vector_row(c, put->doc->slot), from, c->row_bytes);
		if (c->norms2)
			c->norms2[put->doc->slot] =
			    form->norm2[c->f16](vector_row(c, put->doc->slot), c->dims);
	}
}

static void apply_put(struct namespace *ns, const struct put *put)
{
	struct doc *d = put->doc, *old = map_put(&ns->by_id, d->id, d);
	d->slot = take_slot(ns);
	put_vectors(ns, put, old);
	if (old)
		leave_slot(ns, old);
	free(old);
	ns->docs.at[d->slot] = d;
	ns->logical_bytes += d->logical_size;
	index_texts(ns, d, text_index_add);
	index_sparse(ns, d);
}

static void apply_delete(struct namespace *ns, struct span id)
{
	struct doc *d = map_del(&ns->by_id, id);
	if (d)
		leave_slot(ns, d);
	free(d);
}

/* Closes the holes: documents keep their order and move to the front. */
static void renumber(struct namespace *ns)
{
	size_t n = 0, slots = ns->docs.len;
	uint32_t *moved = checked(malloc(slots * sizeof *moved));
	for (size_t from = 0; from < slots; from++) {
		struct doc *d = ns->docs.at[from];
		moved[from] = d ? (uint32_t)n : SLOT_NONE;
		if (!d)
			continue;
		for (size_t i = 0; i < ns->schema->vectors.len; i++) {
			struct vector_column *c = &ns->vectors[i];
			memmove(vector_row(c, n), vector_row(c, from), c->row_bytes);
			if (c->norms2)
				c->norms2[n] = c->norms2[from];
		}
		d->slot = (uint32_t)n;
		ns->docs.at[n++] = d;
	}
	ns->docs.len = n;
	for (size_t i = 0; i < ns->text.len; i++) {
		if (ns->text.at[i])
			text_index_renumber(ns->text.at[i], moved);
	}
	vec_each (&ns->sparse, si) {
		if (*si)
			sparse_index_renumber(*si, moved);
	}
	free(moved);
}

void namespace_apply(struct namespace *ns, struct change *c)
{
	if (c->schema)
		change_schema(ns, c->schema);
	c->schema = NULL;
	if (c->settings)
		settings_set(&ns->settings, c->settings);
	vec_each (&c->deletes, id) {
		apply_delete(ns, *id);
	}
	vec_each (&c->puts, put) {
		apply_put(ns, put);
	}
	c->puts.len = 0; /* the documents are the namespace's now */
	if (ns->docs.len > 2 * ns->by_id.len + HOLES_SLACK)
		renumber(ns);
	ns->updated_ns = c->at_ns;
	if (c->rows)
		ns->last_write_ns = c->at_ns;
}

const void **namespace_vectors(const struct namespace *ns, struct arena *a, uint32_t slot)
{
	size_t columns = ns->schema->vectors.len;
	const void **vectors = columns ? arena_array(a, const void *, columns) : NULL;
	for (size_t i = 0; i < columns; i++)
		vectors[i] = vector_row(&ns->vectors[i], slot);
	return vectors;
}

struct namespace *namespace_copy(const struct namespace *from, uint64_t created_ns)
{
	struct namespace *to = namespace_new(created_ns);
	struct change all = {.at_ns = created_ns, .rows = true, .schema = schema_clone(from->schema)};
	struct arena *a = arena_new();
	struct value *values = arena_array(a, struct value, from->schema->attrs.len);
	vec_reserve(&all.puts, namespace_row_count(from));
	vec_each (&from->docs, d) {
		if (!*d)
			continue;
		memset(values, 0, from->schema->attrs.len * sizeof *values);
		memcpy(values, (*d)->values, (*d)->count * sizeof *values);
		struct put put = {.vectors = namespace_vectors(from, a, (*d)->slot)};
		put.doc = doc_new(from->schema, (*d)->id, values);
		vec_push(&all.puts, put);
	}
	namespace_apply(to, &all);
	change_free(&all);
	arena_free(a);
	return to;
}

uint64_t namespace_billed_read(const struct namespace *ns)
{
	return ns->logical_bytes > BILLED_READ_MIN ? ns->logical_bytes : BILLED_READ_MIN;
}
