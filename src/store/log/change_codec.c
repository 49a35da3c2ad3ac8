/* The form of a change in the log. Little-endian, no padding:
 *   change  flags:u8 at:u64 name:short [schema] [settings] [source:short] puts:u32 doc… deletes:u32 id:short…
 *   settings fields:u8 (field:u8 length:u16 bytes)…, each field that is set
 *   schema  id_kind:u8 (255: none) metric:u8 attributes:u16 attribute…
 *   attr    name:short base:u8 shape:u8 dims:u32 flags:u8 [k1:f64 b:f64 k3:f64 tokenizer:u8 language:u8
 *           flags:u8 max_token_length:u32]
 *   doc     id:short vectors:u8 values:u16 (attribute:u16 count:u32 scalar…)… [the vector of each
 *           column, as stored]
 *   scalar  by the attribute's type: u64, f64, u8, 16 bytes, or length:u32 bytes; of a sparse vector
 *           length:u32 bytes weight:u16 (f16), names ascending
 *   short   length:u8 bytes
 * The numbers of enum value_base, id_kind, metric and tokenizer are therefore fixed: append only. */
#include "store/log/change.h"

#include "base/half.h"

enum {
	CHANGE_CREATE = 1,
	CHANGE_DROP = 2,
	CHANGE_ROWS = 4,
	CHANGE_SCHEMA = 8,
	CHANGE_SETTINGS = 16,
	CHANGE_COPY = 32
};
enum {
	ATTR_FILTERABLE = 1,
	ATTR_GLOB = 2,
	ATTR_REGEX = 4,
	ATTR_FUZZY = 8,
	ATTR_FULL_TEXT = 16,
	ATTR_DROPPED = 128
};
enum { SHAPE_ARRAY = 1, SHAPE_F16 = 2 };
enum { TEXT_STEMMING = 1, TEXT_STOPWORDS = 2, TEXT_CASE = 4, TEXT_FOLDING = 8 };
enum { SET_READ_ONLY = 1, SET_SHARDS, SET_REPLICAS, SET_PINNED, SET_KEY_NAME, SET_PARENT };
#define NO_ID_KIND 255

static void put_raw(struct buf *out, const void *p, size_t n)
{
	buf_append(out, span_of(p, n));
}

#define PUT(out, type, v)                                                                                    \
	do {                                                                                                 \
		type put_ = (type)(v);                                                                       \
		put_raw((out), &put_, sizeof put_);                                                          \
	} while (0)

static void put_short(struct buf *out, struct span s)
{
	PUT(out, uint8_t, s.len);
	buf_append(out, s);
}

static void put_text(struct buf *out, const struct text_options *t)
{
	PUT(out, double, t->k1);
	PUT(out, double, t->b);
	PUT(out, double, t->k3);
	PUT(out, uint8_t, t->tokenizer);
	PUT(out, uint8_t, t->words.language);
	PUT(out, uint8_t,
	    (t->words.stemming ? TEXT_STEMMING : 0) | (t->words.remove_stopwords ? TEXT_STOPWORDS : 0) |
	        (t->words.case_sensitive ? TEXT_CASE : 0) | (t->words.ascii_folding ? TEXT_FOLDING : 0));
	PUT(out, uint32_t, t->words.max_token_length);
}

static void put_attr(struct buf *out, const struct attr *attr)
{
	put_short(out, attr->name);
	PUT(out, uint8_t, attr->type.base);
	PUT(out, uint8_t, (attr->type.array ? SHAPE_ARRAY : 0) | (attr->type.f16 ? SHAPE_F16 : 0));
	PUT(out, uint32_t, attr->type.dims);
	PUT(out, uint8_t,
	    (attr->filterable ? ATTR_FILTERABLE : 0) | (attr->glob ? ATTR_GLOB : 0) |
	        (attr->regex ? ATTR_REGEX : 0) | (attr->fuzzy ? ATTR_FUZZY : 0) |
	        (attr->full_text ? ATTR_FULL_TEXT : 0) | (attr->dropped ? ATTR_DROPPED : 0));
	if (attr->full_text)
		put_text(out, &attr->text);
}

static void put_schema(struct buf *out, const struct schema *s)
{
	PUT(out, uint8_t, s->has_id_kind ? (unsigned)s->id_kind : NO_ID_KIND);
	PUT(out, uint8_t, s->metric);
	PUT(out, uint16_t, s->attrs.len);
	vec_each (&s->attrs, attr) {
		put_attr(out, *attr);
	}
}

static void put_field(struct buf *out, uint8_t *fields, uint8_t field, const void *p, size_t n)
{
	PUT(out, uint8_t, field);
	PUT(out, uint16_t, n);
	put_raw(out, p, n);
	(*fields)++;
}

static void put_settings(struct buf *out, const struct settings *s)
{
	struct buf set = buf_new(SIZE_MAX / 2);
	uint8_t fields = 0;
	if (s->read_only)
		put_field(&set, &fields, SET_READ_ONLY, NULL, 0);
	if (s->shards)
		put_field(&set, &fields, SET_SHARDS, &s->shards, sizeof s->shards);
	if (s->replicas) {
		put_field(&set, &fields, SET_REPLICAS, &s->replicas, sizeof s->replicas);
		put_field(&set, &fields, SET_PINNED, &s->pinned_ns, sizeof s->pinned_ns);
	}
	if (s->key_name.len)
		put_field(&set, &fields, SET_KEY_NAME, s->key_name.ptr, s->key_name.len);
	if (s->parent.len)
		put_field(&set, &fields, SET_PARENT, s->parent.ptr, s->parent.len);
	PUT(out, uint8_t, fields);
	buf_append(out, buf_span(&set));
	buf_free(&set);
}

static void put_scalar(struct buf *out, enum value_base base, const union scalar *v)
{
	switch (base) {
	case VALUE_STRING:
	case VALUE_BYTES:
		PUT(out, uint32_t, v->text.len);
		buf_append(out, v->text);
		break;
	case VALUE_UUID:
		put_raw(out, v->uuid.bytes, sizeof v->uuid.bytes);
		break;
	case VALUE_BOOL:
		PUT(out, uint8_t, v->boolean);
		break;
	default: /* i64, u64 and f64 are the same eight bytes */
		put_raw(out, &v->u64, sizeof v->u64);
	}
}

static void put_value(struct buf *out, struct value_type t, const struct value *v)
{
	PUT(out, uint32_t, v->count);
	for (uint32_t i = 0; i < v->count; i++) {
		if (t.base == VALUE_SPARSE) {
			PUT(out, uint32_t, v->sparse[i].name.len);
			buf_append(out, v->sparse[i].name);
			PUT(out, uint16_t, half_from_f32(v->sparse[i].weight));
		} else {
			put_scalar(out, t.base, &value_items(v, t)[i]);
		}
	}
}

static void put_doc(struct buf *out, const struct schema *s, const struct put *put)
{
	const struct doc *d = put->doc;
	uint16_t present = 0;
	for (size_t i = 0; i < d->count; i++)
		present += d->values[i].present && s->attrs.at[i]->type.base != VALUE_VECTOR;
	put_short(out, d->id);
	PUT(out, uint8_t, put->vectors != NULL);
	PUT(out, uint16_t, present);
	for (size_t i = 0; i < d->count; i++) {
		const struct value *v = &d->values[i];
		struct value_type t = s->attrs.at[i]->type;
		if (!v->present || t.base == VALUE_VECTOR)
			continue;
		PUT(out, uint16_t, i);
		put_value(out, t, v);
	}
	vec_each (&s->vectors, attr) {
		if (put->vectors)
			put_raw(out, put->vectors[(*attr)->column], vector_bytes((*attr)->type));
	}
}

size_t change_doc_size(const struct schema *s, const struct doc *d)
{
	size_t sum = 1 + d->id.len + 1 + 2;
	for (size_t i = 0; i < d->count; i++) {
		struct value_type t = s->attrs.at[i]->type;
		if (!d->values[i].present)
			continue;
		sum += value_logical_size(t, &d->values[i]);
		sum += value_base_has_texts(t.base) ? 4 * d->values[i].count : 0;
		sum += t.base == VALUE_VECTOR ? 0 : 6;
	}
	return sum;
}

void change_encode(const struct change *c, const struct schema *schema, struct buf *out)
{
	PUT(out, uint8_t,
	    (c->create ? CHANGE_CREATE : 0) | (c->drop ? CHANGE_DROP : 0) | (c->rows ? CHANGE_ROWS : 0) |
	        (c->schema ? CHANGE_SCHEMA : 0) | (c->settings ? CHANGE_SETTINGS : 0) |
	        (c->source.len ? CHANGE_COPY : 0));
	PUT(out, uint64_t, c->at_ns);
	put_short(out, c->ns);
	if (c->schema)
		put_schema(out, c->schema);
	if (c->settings)
		put_settings(out, c->settings);
	if (c->source.len)
		put_short(out, c->source);
	PUT(out, uint32_t, c->puts.len);
	vec_each (&c->puts, put) {
		put_doc(out, schema, put);
	}
	PUT(out, uint32_t, c->deletes.len);
	vec_each (&c->deletes, id) {
		put_short(out, *id);
	}
}

/* Reading: once something does not fit, everything that follows reads as zero and `bad` stays set. */
struct reader {
	struct span rest;
	bool bad;
};

static struct span take_raw(struct reader *r, size_t n)
{
	if (r->bad || n > r->rest.len) {
		r->bad = true;
		return SPAN_NONE;
	}
	struct span s = span_of(r->rest.ptr, n);
	r->rest = span_skip(r->rest, n);
	return s;
}

static void take_into(struct reader *r, void *p, size_t n)
{
	struct span s = take_raw(r, n);
	if (s.ptr)
		memcpy(p, s.ptr, n);
	else
		memset(p, 0, n);
}

/* Readers of one plain type each: take_u8(r) and so on. */
#define TAKER(name, type)                                                                                    \
	static type name(struct reader *r)                                                                   \
	{                                                                                                    \
		type v;                                                                                      \
		take_into(r, &v, sizeof v);                                                                  \
		return v;                                                                                    \
	}
TAKER(take_u8, uint8_t)
TAKER(take_u16, uint16_t)
TAKER(take_u32, uint32_t)
TAKER(take_u64, uint64_t)
TAKER(take_f64, double)
#undef TAKER

static struct span take_short(struct reader *r)
{
	return take_raw(r, take_u8(r));
}

static void take_text(struct reader *r, struct text_options *t)
{
	t->k1 = take_f64(r);
	t->b = take_f64(r);
	t->k3 = take_f64(r);
	t->tokenizer = take_u8(r);
	t->words.language = take_u8(r);
	uint8_t flags = take_u8(r);
	t->words.stemming = flags & TEXT_STEMMING;
	t->words.remove_stopwords = flags & TEXT_STOPWORDS;
	t->words.case_sensitive = flags & TEXT_CASE;
	t->words.ascii_folding = flags & TEXT_FOLDING;
	t->words.max_token_length = take_u32(r);
	if (t->words.language >= LANGUAGES_LEN)
		r->bad = true;
}

static void take_attr(struct reader *r, struct schema *s)
{
	struct attr attr = {.name = take_short(r)};
	uint8_t base = take_u8(r), shape = take_u8(r);
	attr.type.array = shape & SHAPE_ARRAY;
	attr.type.f16 = shape & SHAPE_F16;
	attr.type.dims = take_u32(r);
	uint8_t flags = take_u8(r);
	attr.filterable = flags & ATTR_FILTERABLE;
	attr.glob = flags & ATTR_GLOB;
	attr.regex = flags & ATTR_REGEX;
	attr.fuzzy = flags & ATTR_FUZZY;
	attr.full_text = flags & ATTR_FULL_TEXT;
	attr.dropped = flags & ATTR_DROPPED;
	if (attr.full_text)
		take_text(r, &attr.text);
	bool vector = base == VALUE_VECTOR;
	if (base > VALUE_SPARSE || (attr.type.array && base >= VALUE_BYTES) ||
	    (!attr.dropped && schema_find(s, attr.name)) || vector != (attr.type.dims > 0) ||
	    (attr.type.f16 && !vector) || attr.type.dims > VECTOR_DIMS_MAX ||
	    (vector && s->vectors.len == VECTOR_COLUMNS_MAX) || (attr.full_text && base != VALUE_STRING) ||
	    (attr.dropped && (vector || attr.full_text || attr.filterable)))
		r->bad = true;
	attr.type.base = (enum value_base)base;
	if (!r->bad)
		schema_add(s, &attr);
}

static struct schema *take_schema(struct reader *r)
{
	struct schema *s = schema_new();
	uint8_t kind = take_u8(r), metric = take_u8(r);
	if ((kind > ID_STRING && kind != NO_ID_KIND) || metric >= METRICS_LEN)
		r->bad = true;
	s->has_id_kind = kind != NO_ID_KIND;
	s->id_kind = s->has_id_kind ? (enum id_kind)kind : ID_UINT;
	s->metric = (enum metric)metric;
	uint16_t n = take_u16(r);
	if (n > ATTRS_MAX)
		r->bad = true;
	for (uint16_t i = 0; i < n && !r->bad; i++)
		take_attr(r, s);
	return s;
}

static void take_field(struct reader *r, struct settings *s)
{
	uint8_t field = take_u8(r);
	struct reader in = {.rest = take_raw(r, take_u16(r))};
	switch (field) {
	case SET_READ_ONLY:
		s->read_only = true;
		break;
	case SET_SHARDS:
		s->shards = take_u32(&in);
		break;
	case SET_REPLICAS:
		s->replicas = take_u32(&in);
		break;
	case SET_PINNED:
		s->pinned_ns = take_u64(&in);
		break;
	case SET_KEY_NAME:
		s->key_name = take_raw(&in, in.rest.len);
		break;
	case SET_PARENT:
		s->parent = take_raw(&in, in.rest.len);
		break;
	default:
		r->bad = true;
	}
	if (in.bad || in.rest.len)
		r->bad = true;
}

static const struct settings *take_settings(struct reader *r, struct arena *a)
{
	struct settings *s = arena_one(a, struct settings);
	uint8_t fields = take_u8(r);
	for (uint8_t i = 0; i < fields && !r->bad; i++)
		take_field(r, s);
	return s;
}

static void take_scalar(struct reader *r, enum value_base base, union scalar *v)
{
	switch (base) {
	case VALUE_STRING:
	case VALUE_BYTES:
		v->text = take_raw(r, take_u32(r));
		break;
	case VALUE_UUID:
		take_into(r, v->uuid.bytes, sizeof v->uuid.bytes);
		break;
	case VALUE_BOOL:
		v->boolean = take_u8(r) != 0;
		break;
	default:
		v->u64 = take_u64(r);
	}
}

static void take_sparse(struct reader *r, struct arena *a, uint32_t count, struct value *v)
{
	if (count > SPARSE_DIMS_MAX) {
		r->bad = true;
		return;
	}
	struct sparse_entry *entries = arena_array(a, struct sparse_entry, count);
	for (uint32_t i = 0; i < count && !r->bad; i++) {
		entries[i].name = take_raw(r, take_u32(r));
		uint16_t half = take_u16(r);
		entries[i].weight = half_to_f32(half);
		if (!half_is_finite(half) || (i && span_cmp(entries[i - 1].name, entries[i].name) >= 0))
			r->bad = true;
	}
	*v = (struct value){.present = true, .count = count, .sparse = entries};
}

static void take_value(struct reader *r, struct arena *a, const struct schema *s, struct value *values)
{
	uint16_t index = take_u16(r);
	uint32_t count = take_u32(r);
	if (index >= s->attrs.len || count > r->rest.len) /* a scalar has at least one byte */
		r->bad = true;
	if (r->bad)
		return;
	struct value_type t = s->attrs.at[index]->type;
	struct value *v = &values[index];
	if (t.base == VALUE_SPARSE) {
		take_sparse(r, a, count, v);
		return;
	}
	if (t.base == VALUE_VECTOR || (!t.array && count != 1)) {
		r->bad = true;
		return;
	}
	union scalar *items = t.array ? arena_array(a, union scalar, count) : &v->one;
	for (uint32_t i = 0; i < count && !r->bad; i++)
		take_scalar(r, t.base, &items[i]);
	if (t.array)
		v->many = items;
	v->present = true;
	v->count = count;
}

static const void **take_vectors(struct reader *r, struct arena *a, const struct schema *s)
{
	const void **vectors = arena_array(a, const void *, s->vectors.len);
	vec_each (&s->vectors, attr) {
		struct span raw = take_raw(r, vector_bytes((*attr)->type));
		if (raw.ptr)
			vectors[(*attr)->column] = arena_copy(a, raw).ptr;
	}
	return vectors;
}

static bool id_fits(enum id_kind kind, struct span id)
{
	return kind == ID_STRING ? id.len <= ID_MAX_BYTES : id.len == (kind == ID_UINT ? 8 : 16);
}

static void take_doc(struct reader *r, struct arena *a, const struct schema *s, struct change *c)
{
	struct value *values = arena_array(a, struct value, s->attrs.len);
	struct span id = take_short(r);
	bool vectors = take_u8(r) != 0;
	uint16_t n = take_u16(r);
	for (uint16_t i = 0; i < n && !r->bad; i++)
		take_value(r, a, s, values);
	vec_each (&s->vectors, attr) {
		values[(*attr)->index] = (struct value){.present = true, .count = 1};
	}
	vec_each (&s->attrs, attr) { /* dropped since: a tail (store/cloud/tail.h) knows the newer schema */
		if ((*attr)->dropped)
			values[(*attr)->index] = (struct value){0};
	}
	if (!s->has_id_kind || !id_fits(s->id_kind, id))
		r->bad = true;
	struct put put = {.vectors = vectors ? take_vectors(r, a, s) : NULL};
	if (r->bad)
		return;
	put.doc = doc_new(s, id, values);
	vec_push(&c->puts, put);
}

/* Whether documents that were written under `old` are sound under s. */
static bool extends(const struct schema *s, const struct schema *old)
{
	if (!old || s->attrs.len < old->attrs.len || s->vectors.len != old->vectors.len ||
	    (old->vectors.len && s->metric != old->metric))
		return false;
	for (size_t i = 0; i < old->attrs.len; i++) {
		const struct attr *was = old->attrs.at[i], *is = s->attrs.at[i];
		if (!span_eq(was->name, is->name) || !value_type_eq(was->type, is->type) ||
		    (was->dropped && !is->dropped))
			return false;
	}
	return !old->has_id_kind || (s->has_id_kind && s->id_kind == old->id_kind);
}

int change_decode(struct arena *a, struct span record,
    const struct schema *(*schema_of)(void *arg, struct span ns), void *arg, struct change *ret_change)
{
	struct reader r = {.rest = record};
	struct change c = {0};
	uint8_t flags = take_u8(&r);
	c.create = flags & CHANGE_CREATE;
	c.drop = flags & CHANGE_DROP;
	c.rows = flags & CHANGE_ROWS;
	c.at_ns = take_u64(&r);
	c.ns = take_short(&r);
	if (flags & CHANGE_SCHEMA)
		c.schema = take_schema(&r);
	if (flags & CHANGE_SETTINGS)
		c.settings = take_settings(&r, a);
	if (flags & CHANGE_COPY)
		c.source = take_short(&r);
	const struct schema *old = schema_of(arg, c.ns), *s = c.schema ? c.schema : old;
	bool copy = flags & CHANGE_COPY;
	if (copy       ? !c.create || c.schema || !c.source.len
	    : c.create ? !c.schema
	               : c.schema && !r.bad && !extends(c.schema, old))
		r.bad = true;
	uint32_t puts = take_u32(&r);
	if (puts && (!s || copy))
		r.bad = true;
	for (uint32_t i = 0; i < puts && !r.bad; i++)
		take_doc(&r, a, s, &c);
	uint32_t deletes = take_u32(&r);
	for (uint32_t i = 0; i < deletes && !r.bad; i++)
		vec_push(&c.deletes, take_short(&r));
	if (r.bad || r.rest.len) {
		change_free(&c);
		return -E_CORRUPT;
	}
	*ret_change = c;
	return 0;
}
