#include "store/write/write_plan.h"

#include "base/time.h"

#define VALUE_MAX            ((size_t)8 << 20)
#define FILTERABLE_VALUE_MAX ((size_t)4 << 10)
#define DOC_MAX              ((size_t)64 << 20)

enum operation { UPSERT, PATCH };

/* One attribute of one row, whichever form it came in. */
struct cell {
	struct span name;
	yyjson_val *value;
};

struct planner {
	struct write_plan *plan;
	struct arena *arena;
	struct refusal *refusal;
	const struct namespace *ns; /* NULL: being created */
	struct schema *schema;
	struct map seen; /* ids of this request */
	struct id_list repeated;
	/* The row that is being read, by attribute index and by column. */
	struct value *values;
	uint32_t *row_of; /* the last row that set the attribute, counted from 1: finds repeated names */
	uint32_t row;
	const void **vectors;
};

static int row_refuse(struct planner *p, struct span id, struct span attr, const char *what)
{
	struct buf text = buf_new(1024);
	id_to_json(&text, p->schema->id_kind, id);
	int rc = refuse(p->refusal, 400, "💔 attribute '%.*s' of document %.*s: %s", SPAN_FMT(attr),
	    SPAN_FMT(buf_span(&text)), what);
	buf_free(&text);
	return rc;
}

/* Ids */

static int settle_id_kind(struct planner *p, const yyjson_val *v)
{
	struct schema *s = p->schema;
	yyjson_val *id = (yyjson_val *)(uintptr_t)v;
	enum id_kind sent = yyjson_is_str(id) ? ID_STRING : ID_UINT;
	if (!s->has_id_kind) {
		s->has_id_kind = true;
		s->id_kind = sent;
	}
	if (sent == s->id_kind || (sent == ID_STRING && s->id_kind == ID_UUID))
		return 0;
	return refuse(p->refusal, 400,
	    "💔 namespace ID type is %.*s, but you sent %.*s; you are not allowed to mix ID types in the same "
	    "namespace",
	    SPAN_FMT(id_kind_name(s->id_kind)), SPAN_FMT(id_kind_name(sent)));
}

/* Reads an id that is known to be a string or an unsigned integer, and notes it as seen. */
static int take_id(struct planner *p, const yyjson_val *v, struct span *ret)
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
	if (map_put(&p->seen, key, p))
		vec_push(&p->repeated, key);
	*ret = key;
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

static int take_cell(struct planner *p, enum operation op, struct span id, const struct cell *cell)
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

static int finish_row(struct planner *p, enum operation op, struct span id)
{
	struct write_plan *plan = p->plan;
	struct put put = {.doc = doc_new(p->schema, id, p->values)};
	size_t columns = p->schema->vectors.len;
	if (op == UPSERT && columns) {
		put.vectors = arena_array(p->arena, const void *, columns);
		memcpy(put.vectors, p->vectors, columns * sizeof *put.vectors);
	}
	vec_push(&plan->change.puts, put);
	vec_push(op == UPSERT ? &plan->upserted : &plan->patched, id);
	plan->bytes_written += put.doc->logical_size;
	return put.doc->logical_size > DOC_MAX
	           ? refuse(p->refusal, 400, "💔 a document can have at most 64 MiB")
	           : 0;
}

static int take_row(
    struct planner *p, enum operation op, yyjson_val *id_value, const struct cell *cells, size_t n)
{
	struct span id;
	int rc = take_id(p, id_value, &id);
	if (rc < 0)
		return rc;
	const struct doc *old = op == PATCH && p->ns ? namespace_find(p->ns, id) : NULL;
	if (old)
		memcpy(p->values, old->values, old->count * sizeof *old->values);
	p->row++;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = take_cell(p, op, id, &cells[i]);
	if (rc == 0 && op == UPSERT)
		rc = missing_vector(p, id);
	if (rc == 0 && (op == UPSERT || old))
		rc = finish_row(p, op, id);
	memset(p->values, 0, p->schema->attrs.len * sizeof *p->values);
	return rc;
}

/* An attribute's type follows from its first value that says anything: not from null or an empty array. */
static int infer_from(struct planner *p, struct span name, yyjson_val *v)
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
	yyjson_arr_foreach(rows, i, n, row)
	{
		if (!yyjson_is_obj(row))
			return refuse_type(p->refusal, row_path(p, field, i, ""), row, "a map");
		yyjson_obj_foreach(row, k, m, key, v)
		{
			int rc = infer_from(p, json_span(key), v);
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
	if (!yyjson_is_arr(rows))
		return refuse_type(p->refusal, field, rows, "a sequence");
	int rc = infer_from_rows(p, rows, field);
	yyjson_arr_foreach(rows, i, n, row)
	{
		if (rc == 0)
			rc = take_one_row(p, op, row, field, i);
	}
	return rc;
}

/* Columns */

struct column {
	struct span name;
	yyjson_arr_iter at;
};

static int infer_from_column(struct planner *p, struct span name, yyjson_val *column)
{
	size_t i, n;
	yyjson_val *v;
	yyjson_arr_foreach(column, i, n, v)
	{
		if (schema_find(p->schema, name))
			break;
		int rc = infer_from(p, name, v);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int open_columns(
    struct planner *p, yyjson_val *columns, yyjson_val *ids, const char *field, struct column *out)
{
	size_t i, n, k = 0;
	yyjson_val *key, *v;
	yyjson_obj_foreach(columns, i, n, key, v)
	{
		struct span name = json_span(key);
		if (span_eq(name, SPAN("id")) && v != ids)
			return refuse_shape(p->refusal, field, "duplicate field `id`");
		if (v == ids)
			continue;
		if (!yyjson_is_arr(v))
			return refuse_type(p->refusal,
			    arena_printf(p->arena, "%s.%s", field, unsafe_yyjson_get_str(key)).ptr, v,
			    "a sequence");
		if (yyjson_arr_size(v) != yyjson_arr_size(ids))
			return refuse(p->refusal, 400,
			    "💔 column '%.*s' has %zu values, but there are %zu ids", SPAN_FMT(name),
			    yyjson_arr_size(v), yyjson_arr_size(ids));
		int rc = infer_from_column(p, name, v);
		if (rc < 0)
			return rc;
		out[k].name = name;
		yyjson_arr_iter_init(v, &out[k++].at);
	}
	return 0;
}

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

static int take_columns(struct planner *p, enum operation op, yyjson_val *columns, const char *field)
{
	if (!yyjson_is_obj(columns))
		return refuse_type(p->refusal, field, columns, "a map");
	yyjson_val *ids = yyjson_obj_get(columns, "id"), *id;
	if (!ids)
		return refuse_shape(p->refusal, field, "missing field `id`");
	int rc = check_id_array(p, ids, arena_printf(p->arena, "%s.id", field).ptr);
	size_t i, n, width = yyjson_obj_size(columns) - 1;
	struct column *open = arena_array(p->arena, struct column, width + 1);
	struct cell *cells = arena_array(p->arena, struct cell, width + 1);
	if (rc == 0)
		rc = open_columns(p, columns, ids, field, open);
	yyjson_arr_foreach(ids, i, n, id)
	{
		for (size_t k = 0; rc == 0 && k < width; k++)
			cells[k] = (struct cell){open[k].name, yyjson_arr_iter_next(&open[k].at)};
		if (rc == 0)
			rc = take_row(p, op, id, cells, width);
	}
	return rc;
}

static int take_deletes(struct planner *p, yyjson_val *ids)
{
	size_t i, n;
	yyjson_val *v;
	int rc = check_id_array(p, ids, "deletes");
	yyjson_arr_foreach(ids, i, n, v)
	{
		struct span id = SPAN_NONE;
		if (rc == 0)
			rc = take_id(p, v, &id);
		if (rc < 0)
			return rc;
		vec_push(&p->plan->deleted, id);
		p->plan->bytes_written += id_logical_size(p->schema->id_kind, id);
		if (p->ns && namespace_find(p->ns, id))
			vec_push(&p->plan->change.deletes, id);
	}
	return rc;
}

/* The request as a whole */

enum field_use { OPERATION, SETTING, LATER };

static const struct {
	const char *name;
	enum field_use use;
} fields[] = {
    {"upsert_rows", OPERATION},
    {"upsert_columns", OPERATION},
    {"patch_rows", OPERATION},
    {"patch_columns", OPERATION},
    {"deletes", OPERATION},
    {"schema", SETTING},
    {"distance_metric", SETTING},
    {"encryption", SETTING},
    {"return_affected_ids", SETTING},
    {"upsert_condition", LATER},
    {"patch_condition", LATER},
    {"delete_condition", LATER},
    {"delete_by_filter", LATER},
    {"patch_by_filter", LATER},
    {"copy_from_namespace", LATER},
    {"branch_from_namespace", LATER},
    {"sharding", LATER},
};

/* The member, or NULL if it is absent or null. */
static yyjson_val *given(yyjson_val *body, const char *name)
{
	yyjson_val *v = yyjson_obj_get(body, name);
	return yyjson_is_null(v) ? NULL : v;
}

static int check_fields(yyjson_val *body, struct refusal *r)
{
	size_t i, n;
	yyjson_val *key, *v;
	if (!yyjson_is_obj(body))
		return refuse_type(r, "", body, "a map");
	yyjson_obj_foreach(body, i, n, key, v)
	{
		for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
			if (!span_eq(json_span(key), span_str(fields[f].name)))
				continue;
			if (yyjson_obj_get(body, fields[f].name) != v)
				return refuse_shape(r, "", "duplicate field `%s`", fields[f].name);
			if (fields[f].use == LATER && !yyjson_is_null(v))
				return refuse_unsupported(r, fields[f].name);
		}
	}
	return 0;
}

static int check_encryption(yyjson_val *body, struct refusal *r)
{
	yyjson_val *v = given(body, "encryption");
	struct span mode = json_span(yyjson_obj_get(v, "mode"));
	yyjson_val *key = yyjson_obj_get(v, "key_name");
	if (!v || (span_eq(mode, SPAN("default")) && !key))
		return 0;
	if (!key)
		key = yyjson_obj_get(yyjson_obj_get(v, "cmek"), "key_name");
	if (yyjson_is_str(key) && !span_starts(json_span(key), SPAN("projects/")))
		return refuse(r, 400, "Malformed Cloud KMS crypto key: %.*s", SPAN_FMT(json_span(key)));
	return refuse_unsupported(r, "encryption");
}

static int plan_metric(struct planner *p, yyjson_val *body)
{
	yyjson_val *v = given(body, "distance_metric");
	enum metric metric;
	int rc = v ? metric_from_json("distance_metric", v, &metric, p->refusal) : 0;
	if (!v || rc < 0)
		return rc;
	if (!p->ns)
		p->schema->metric = metric;
	else if (p->schema->vectors.len && p->schema->metric != metric)
		return refuse(p->refusal, 400, "💔 distance metric mismatch, expected %.*s, got %.*s",
		    SPAN_FMT(metric_name(p->schema->metric)), SPAN_FMT(metric_name(metric)));
	return 0;
}

static int plan_operations(struct planner *p, yyjson_val *body)
{
	yyjson_val *v;
	int rc = 0;
	if ((v = given(body, "upsert_rows")) != NULL)
		rc = take_rows(p, UPSERT, v, "upsert_rows");
	if (rc == 0 && (v = given(body, "upsert_columns")) != NULL)
		rc = take_columns(p, UPSERT, v, "upsert_columns");
	if (rc == 0 && (v = given(body, "patch_rows")) != NULL)
		rc = take_rows(p, PATCH, v, "patch_rows");
	if (rc == 0 && (v = given(body, "patch_columns")) != NULL)
		rc = take_columns(p, PATCH, v, "patch_columns");
	if (rc == 0 && (v = given(body, "deletes")) != NULL)
		rc = take_deletes(p, v);
	return rc < 0 ? rc : refuse_repeated(p);
}

static int check_something_to_do(struct planner *p, yyjson_val *body, struct span name)
{
	if (!p->seen.len && !given(body, "schema"))
		return refuse(p->refusal, 400, "💔 no writes provided");
	if (!p->ns && !p->plan->upserted.len)
		return refuse(p->refusal, 404, "🤷 namespace '%.*s' was not found", SPAN_FMT(name));
	return 0;
}

static void planner_begin(struct planner *p, const struct namespace *ns, struct span name)
{
	p->ns = ns;
	p->schema = ns ? schema_clone(ns->schema) : schema_new();
	p->values = arena_array(p->arena, struct value, ATTRS_MAX);
	p->row_of = arena_array(p->arena, uint32_t, ATTRS_MAX);
	p->vectors = arena_array(p->arena, const void *, VECTOR_COLUMNS_MAX);
	p->plan->schema = p->schema;
	p->plan->change = (struct change){.ns = name, .at_ns = time_wall_ns(), .create = !ns};
}

/* Keeps the plan's new schema only if something in it is new. */
static int planner_end(struct planner *p, int rc, bool schema_given)
{
	struct write_plan *plan = p->plan;
	const struct schema *old = p->ns ? p->ns->schema : NULL;
	map_free(&p->seen);
	vec_free(&p->repeated);
	if (!p->schema->vectors.len)
		p->schema->metric = METRIC_NONE;
	if (schema_given || !old || old->attrs.len != p->schema->attrs.len ||
	    old->has_id_kind != p->schema->has_id_kind)
		plan->change.schema = p->schema;
	else
		plan->spare = p->schema;
	plan->change.rows = plan->upserts || plan->patches || plan->deletes;
	if (rc < 0)
		write_plan_free(plan);
	return rc;
}

int write_plan_make(const struct namespace *ns, struct span name, yyjson_val *body, struct arena *a,
    struct write_plan *ret_plan, struct refusal *r)
{
	struct planner p = {.plan = ret_plan, .arena = a, .refusal = r};
	int rc = check_fields(body, r);
	if (rc == 0)
		rc = check_encryption(body, r);
	if (rc < 0)
		return rc;
	yyjson_val *schema = given(body, "schema"), *ids = given(body, "return_affected_ids");
	*ret_plan =
	    (struct write_plan){.upserts = given(body, "upsert_rows") || given(body, "upsert_columns"),
	        .patches = given(body, "patch_rows") || given(body, "patch_columns"),
	        .deletes = given(body, "deletes") != NULL,
	        .return_ids = yyjson_get_bool(ids)};
	if (ids && !yyjson_is_bool(ids))
		return refuse_type(r, "return_affected_ids", ids, "a boolean");
	planner_begin(&p, ns, name);
	rc = plan_metric(&p, body);
	if (rc == 0 && schema)
		rc = schema_plan(p.schema, schema, !ns, "schema", r);
	if (rc == 0)
		rc = plan_operations(&p, body);
	if (rc == 0)
		rc = check_something_to_do(&p, body, name);
	return planner_end(&p, rc, schema != NULL);
}

int write_plan_schema(const struct namespace *ns, struct span name, yyjson_val *body, struct arena *a,
    struct write_plan *ret_plan, struct refusal *r)
{
	struct planner p = {.plan = ret_plan, .arena = a, .refusal = r};
	*ret_plan = (struct write_plan){0};
	planner_begin(&p, ns, name);
	return planner_end(&p, schema_plan(p.schema, body, false, "", r), true);
}

void write_plan_free(struct write_plan *p)
{
	p->spare = schema_free(p->spare);
	change_free(&p->change);
	vec_free(&p->upserted);
	vec_free(&p->patched);
	vec_free(&p->deleted);
}
