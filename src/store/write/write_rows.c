#include "store/write/write_planner.h"

#define VALUE_MAX            ((size_t)8 << 20)
#define FILTERABLE_VALUE_MAX ((size_t)4 << 10)

/* Without an id it speaks of patch_by_filter. */
static int row_refuse(struct planner *p, struct span id, struct span attr, const char *what)
{
	struct buf text = buf_new(1024);
	if (!id.ptr)
		return refuse(
		    p->refusal, 400, "💔 attribute '%.*s' of patch_by_filter: %s", SPAN_FMT(attr), what);
	id_to_json(&text, p->schema->id_kind, id);
	int rc = refuse(p->refusal, 400, "💔 attribute '%.*s' of document %.*s: %s", SPAN_FMT(attr),
	    SPAN_FMT(buf_span(&text)), what);
	buf_free(&text);
	return rc;
}

/* Ids */

/* The first id of a namespace fixes the kind of all. */
static enum id_kind note_id_kind(struct planner *p, yyjson_val *id)
{
	struct schema *s = p->schema;
	enum id_kind sent = yyjson_is_str(id) ? ID_STRING : ID_UINT;
	if (!s->has_id_kind)
		s->id_kind = sent;
	s->has_id_kind = true;
	return sent;
}

static int settle_id_kind(struct planner *p, yyjson_val *id)
{
	enum id_kind sent = note_id_kind(p, id), kind = p->schema->id_kind;
	if (sent == kind || (sent == ID_STRING && kind == ID_UUID))
		return 0;
	return refuse(p->refusal, 400,
	    "💔 namespace ID type is %.*s, but you sent %.*s; you are not allowed to mix ID types in the same "
	    "namespace",
	    SPAN_FMT(id_kind_name(kind)), SPAN_FMT(id_kind_name(sent)));
}

/* The entry of an id that is known to be a string or an unsigned integer. */
static int take_id(struct planner *p, yyjson_val *v, struct entry **ret)
{
	struct span key;
	int rc = settle_id_kind(p, v);
	if (rc < 0)
		return rc;
	rc = id_from_json(p->arena, p->schema->id_kind, v, &key);
	if (rc == -E_TOO_LARGE)
		return refuse(p->refusal, 400, "💔 string IDs can have at most %d bytes", ID_MAX_BYTES);
	if (rc < 0)
		return refuse(p->refusal, 400,
		    "💔 namespace ID type is uuid, but a written ID could not be parsed as uuid");
	struct entry *e = stage_entry(p, key);
	if (e->by_id)
		vec_push(&p->repeated, key);
	e->by_id = true;
	*ret = e;
	return 0;
}

static bool is_id(yyjson_val *v)
{
	return yyjson_is_str(v) || yyjson_is_uint(v);
}

static int refuse_repeated(struct planner *p)
{
	if (!p->repeated.len)
		return 0;
	struct buf list = buf_new(4096);
	vec_each (&p->repeated, id) {
		if (list.len)
			buf_lit(&list, ", ");
		id_to_json(&list, p->schema->id_kind, *id);
	}
	int rc = refuse(p->refusal, 400,
	    "💔 This upsert contains duplicate document IDs and was not written. You should ensure that "
	    "individual upserts do not include duplicate documents. The duplicated IDs in this batch "
	    "were the following: %.*s",
	    SPAN_FMT(buf_span(&list)));
	buf_free(&list);
	return rc;
}

/* Values */

static bool too_large(const struct attr *attr, const struct value *v)
{
	if (!value_base_has_texts(attr->type.base))
		return v->count > VALUE_MAX / 8;
	for (uint32_t i = 0; attr->filterable && i < v->count; i++) {
		if (value_items(v, attr->type)[i].text.len > FILTERABLE_VALUE_MAX)
			return true;
	}
	return value_logical_size(attr->type, v) > VALUE_MAX;
}

static int take_scalars(
    struct planner *p, struct span id, const struct attr *attr, yyjson_val *v, struct value *out)
{
	const char *why;
	if (value_from_json(p->arena, attr->type, v, out) < 0) {
		if (attr->type.base == VALUE_SPARSE && sparse_from_json(p->arena, v, out, &why) < 0)
			return row_refuse(p, id, attr->name, why);
		struct span type = value_type_text(p->arena, attr->type);
		return row_refuse(p, id, attr->name,
		    arena_printf(p->arena, "its value does not fit the type %.*s", SPAN_FMT(type)).ptr);
	}
	if (too_large(attr, out))
		return row_refuse(p, id, attr->name,
		    attr->filterable ? "a filterable value can have at most 4 KiB, any value 8 MiB"
		                     : "a value can have at most 8 MiB");
	return 0;
}

static int take_vector(
    struct planner *p, enum operation op, struct span id, const struct attr *attr, yyjson_val *v)
{
	const float *floats;
	uint32_t dims;
	if (op == PATCH)
		return row_refuse(p, id, attr->name, "dense vectors cannot be patched");
	if (vector_from_json(p->arena, v, &floats, &dims) < 0)
		return row_refuse(p, id, attr->name,
		    "a vector must be a non-empty array of finite numbers, or base64 of little-endian f32");
	if (dims != attr->type.dims)
		return row_refuse(p, id, attr->name,
		    arena_printf(p->arena, "the vector has %u dimensions, expected %u", dims, attr->type.dims)
		        .ptr);
	if (vector_pack(p->arena, attr->type, floats, &p->vectors[attr->column]) < 0)
		return row_refuse(p, id, attr->name, "a component is out of the range of f16");
	p->values[attr->index] = (struct value){.present = true, .count = 1};
	return 0;
}

int rows_take_cell(struct planner *p, enum operation op, struct span id, const struct cell *cell)
{
	const struct attr *attr = schema_find(p->schema, cell->name);
	bool null = yyjson_is_null(cell->value);
	if (!attr && null)
		return 0;
	if (!attr && schema_infer(p->schema, cell->name, cell->value, !p->ns, &attr, p->refusal) < 0)
		return -E_INVALID;
	if (p->row_of[attr->index] == p->row)
		return row_refuse(p, id, attr->name, "it is given twice");
	p->row_of[attr->index] = p->row;
	if (attr->type.base == VALUE_VECTOR)
		return take_vector(p, op, id, attr, cell->value);
	struct value *out = &p->values[attr->index];
	*out = (struct value){0};
	return null ? 0 : take_scalars(p, id, attr, cell->value, out);
}

/* Rows */

static int missing_vector(struct planner *p, struct span id)
{
	vec_each (&p->schema->vectors, attr) {
		if (!p->values[(*attr)->index].present)
			return row_refuse(p, id, (*attr)->name, "the vector is missing");
	}
	return 0;
}

void rows_begin(struct planner *p)
{
	p->row++;
}

void rows_end(struct planner *p)
{
	memset(p->values, 0, p->schema->attrs.len * sizeof *p->values);
}

static bool passes(struct planner *p, enum operation op, const struct entry *e, const struct doc *current)
{
	struct new_row row = {e->id, op == DELETE ? NULL : p->values};
	return condition_match(p->conditions[op], current, &row, p->arena);
}

static int take_row(struct planner *p, enum operation op, yyjson_val *id, const struct cell *cells, size_t n)
{
	struct entry *e;
	int rc = take_id(p, id, &e);
	if (rc < 0)
		return rc;
	rows_begin(p);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = rows_take_cell(p, op, e->id, &cells[i]);
	if (rc == 0 && op == UPSERT)
		rc = missing_vector(p, e->id);
	const struct doc *current = stage_current(p, e);
	if (rc == 0 && (current ? passes(p, op, e, current) : op == UPSERT))
		rc = stage_put(p, op, e);
	rows_end(p);
	return rc;
}

/* An attribute's type follows from its first value that says anything: not from null or an empty array. */
int rows_infer_from(struct planner *p, struct span name, yyjson_val *v)
{
	const struct attr *ignored;
	if (yyjson_is_null(v) || (yyjson_is_arr(v) && yyjson_arr_size(v) == 0) || span_eq(name, SPAN("id")) ||
	    schema_find(p->schema, name))
		return 0;
	return schema_infer(p->schema, name, v, !p->ns, &ignored, p->refusal);
}

static const char *row_path(struct planner *p, const char *field, size_t i, const char *more)
{
	return arena_printf(p->arena, "%s[%zu]%s", field, i, more).ptr;
}

static int infer_from_rows(struct planner *p, yyjson_val *rows, const char *field)
{
	size_t i, n, k, m;
	yyjson_val *row, *key, *v;
	if (!yyjson_is_arr(rows))
		return refuse_type(p->refusal, field, rows, "a sequence");
	yyjson_arr_foreach(rows, i, n, row)
	{
		if (!yyjson_is_obj(row))
			return refuse_type(p->refusal, row_path(p, field, i, ""), row, "a map");
		yyjson_obj_foreach(row, k, m, key, v)
		{
			if (span_eq(json_span(key), SPAN("id")) && is_id(v))
				note_id_kind(p, v);
			int rc = rows_infer_from(p, json_span(key), v);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

static int take_one_row(struct planner *p, enum operation op, yyjson_val *row, const char *field, size_t i)
{
	struct cell *cells = arena_array(p->arena, struct cell, yyjson_obj_size(row));
	yyjson_val *id = NULL, *key, *v;
	size_t k, m, n = 0;
	yyjson_obj_foreach(row, k, m, key, v)
	{
		if (!span_eq(json_span(key), SPAN("id")))
			cells[n++] = (struct cell){json_span(key), v};
		else if (id)
			return refuse_shape(p->refusal, row_path(p, field, i, ""), "duplicate field `id`");
		else
			id = v;
	}
	if (!id)
		return refuse_shape(p->refusal, row_path(p, field, i, ""), "missing field `id`");
	if (!is_id(id))
		return refuse_shape(p->refusal, row_path(p, field, i, ".id"),
		    "data did not match any variant of untagged enum Id");
	return take_row(p, op, id, cells, n);
}

static int take_rows(struct planner *p, enum operation op, yyjson_val *rows, const char *field)
{
	size_t i, n;
	yyjson_val *row;
	yyjson_arr_foreach(rows, i, n, row)
	{
		int rc = take_one_row(p, op, row, field, i);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Columns */

/* An array in which every element is an id, all of one JSON kind. */
static int check_id_array(struct planner *p, yyjson_val *ids, const char *path)
{
	size_t i, n;
	yyjson_val *id;
	bool fits = yyjson_is_arr(ids);
	yyjson_arr_foreach(ids, i, n, id)
	{
		fits = fits && is_id(id) && yyjson_is_str(id) == yyjson_is_str(yyjson_arr_get_first(ids));
	}
	return fits ? 0
	            : refuse_shape(p->refusal, path, "data did not match any variant of untagged enum IdVec");
}

static int infer_from_column(struct planner *p, struct span name, yyjson_val *column)
{
	size_t i, n;
	yyjson_val *v;
	yyjson_arr_foreach(column, i, n, v)
	{
		if (schema_find(p->schema, name))
			break;
		int rc = rows_infer_from(p, name, v);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_column(
    struct planner *p, struct span name, yyjson_val *v, const yyjson_val *ids, const char *field)
{
	size_t n = yyjson_arr_size((yyjson_val *)(uintptr_t)ids);
	if (span_eq(name, SPAN("id")))
		return refuse_shape(p->refusal, field, "duplicate field `id`");
	if (!yyjson_is_arr(v))
		return refuse_type(p->refusal, arena_printf(p->arena, "%s.%.*s", field, SPAN_FMT(name)).ptr,
		    v, "a sequence");
	if (yyjson_arr_size(v) != n)
		return refuse(p->refusal, 400, "💔 column '%.*s' has %zu values, but there are %zu ids",
		    SPAN_FMT(name), yyjson_arr_size(v), n);
	return infer_from_column(p, name, v);
}

static int infer_from_columns(struct planner *p, yyjson_val *columns, const char *field)
{
	size_t i, n;
	yyjson_val *ids = yyjson_obj_get(columns, "id"), *key, *v;
	if (!yyjson_is_obj(columns))
		return refuse_type(p->refusal, field, columns, "a map");
	if (!ids)
		return refuse_shape(p->refusal, field, "missing field `id`");
	int rc = check_id_array(p, ids, arena_printf(p->arena, "%s.id", field).ptr);
	if (rc == 0 && yyjson_arr_size(ids))
		note_id_kind(p, yyjson_arr_get_first(ids));
	yyjson_obj_foreach(columns, i, n, key, v)
	{
		if (rc == 0 && v != ids)
			rc = check_column(p, json_span(key), v, ids, field);
	}
	return rc;
}

struct column {
	struct span name;
	yyjson_arr_iter at;
};

static size_t open_columns(yyjson_val *columns, const yyjson_val *ids, struct column *out)
{
	size_t i, n, width = 0;
	yyjson_val *key, *v;
	yyjson_obj_foreach(columns, i, n, key, v)
	{
		if (v == ids)
			continue;
		out[width].name = json_span(key);
		yyjson_arr_iter_init(v, &out[width++].at);
	}
	return width;
}

static int take_columns(struct planner *p, enum operation op, yyjson_val *columns)
{
	size_t i, n;
	yyjson_val *ids = yyjson_obj_get(columns, "id"), *id;
	struct column *open = arena_array(p->arena, struct column, yyjson_obj_size(columns));
	struct cell *cells = arena_array(p->arena, struct cell, yyjson_obj_size(columns));
	size_t width = open_columns(columns, ids, open);
	yyjson_arr_foreach(ids, i, n, id)
	{
		for (size_t k = 0; k < width; k++)
			cells[k] = (struct cell){open[k].name, yyjson_arr_iter_next(&open[k].at)};
		int rc = take_row(p, op, id, cells, width);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The operations by id */

/* Without a condition a delete counts even where there is nothing. */
static int take_deletes(struct planner *p, yyjson_val *ids)
{
	size_t i, n;
	yyjson_val *v;
	int rc = check_id_array(p, ids, "deletes");
	yyjson_arr_foreach(ids, i, n, v)
	{
		struct entry *e;
		if (rc == 0)
			rc = take_id(p, v, &e);
		if (rc < 0)
			return rc;
		const struct doc *current = stage_current(p, e);
		if (!p->conditions[DELETE] || (current && passes(p, DELETE, e, current)))
			stage_delete(p, e);
	}
	return rc;
}

static const struct {
	const char *name;
	enum operation op;
	bool columns;
} forms[] = {
    {"upsert_rows", UPSERT, false},
    {"upsert_columns", UPSERT, true},
    {"patch_rows", PATCH, false},
    {"patch_columns", PATCH, true},
};
#define FORMS (sizeof forms / sizeof *forms)

int rows_infer(struct planner *p, yyjson_val *body)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < FORMS; i++) {
		yyjson_val *v = write_field(body, forms[i].name);
		if (v)
			rc = forms[i].columns ? infer_from_columns(p, v, forms[i].name)
			                      : infer_from_rows(p, v, forms[i].name);
	}
	return rc;
}

int rows_plan(struct planner *p, yyjson_val *body)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < FORMS; i++) {
		yyjson_val *v = write_field(body, forms[i].name);
		if (v)
			rc = forms[i].columns ? take_columns(p, forms[i].op, v)
			                      : take_rows(p, forms[i].op, v, forms[i].name);
	}
	yyjson_val *deletes = write_field(body, "deletes");
	if (rc == 0 && deletes)
		rc = take_deletes(p, deletes);
	return rc < 0 ? rc : refuse_repeated(p);
}
