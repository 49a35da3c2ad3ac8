#include "store/write/write_fields.h"

static const struct {
	const char *name;
	enum field_use use;
	bool flag; /* a boolean */
} fields[] = {
    {"upsert_rows", FIELD_OPERATION, false},
    {"upsert_columns", FIELD_OPERATION, false},
    {"patch_rows", FIELD_OPERATION, false},
    {"patch_columns", FIELD_OPERATION, false},
    {"deletes", FIELD_OPERATION, false},
    {"delete_by_filter", FIELD_OPERATION, false},
    {"patch_by_filter", FIELD_OPERATION, false},
    {"upsert_condition", FIELD_SETTING, false},
    {"patch_condition", FIELD_SETTING, false},
    {"delete_condition", FIELD_SETTING, false},
    {"delete_by_filter_allow_partial", FIELD_SETTING, true},
    {"patch_by_filter_allow_partial", FIELD_SETTING, true},
    {"schema", FIELD_SETTING, false},
    {"distance_metric", FIELD_SETTING, false},
    {"create_namespace", FIELD_SETTING, true},
    {"return_affected_ids", FIELD_SETTING, true},
    {"disable_backpressure", FIELD_SETTING, true},
    {"encryption", FIELD_CREATION, false},
    {"sharding", FIELD_CREATION, false},
    {"copy_from_namespace", FIELD_COPY, false},
    {"branch_from_namespace", FIELD_COPY, false},
};
#define FIELDS (sizeof fields / sizeof *fields)

yyjson_val *write_field(yyjson_val *body, const char *name)
{
	yyjson_val *v = yyjson_obj_get(body, name);
	return yyjson_is_null(v) ? NULL : v;
}

bool write_flag(yyjson_val *body, const char *name)
{
	return yyjson_is_true(yyjson_obj_get(body, name));
}

int write_fields_check(yyjson_val *body, struct refusal *r)
{
	size_t i, n;
	yyjson_val *key, *v;
	if (!yyjson_is_obj(body))
		return refuse_type(r, "", body, "a map");
	yyjson_obj_foreach(body, i, n, key, v)
	{
		for (size_t f = 0; f < FIELDS; f++) {
			if (!span_eq(json_span(key), span_str(fields[f].name)))
				continue;
			if (yyjson_obj_get(body, fields[f].name) != v)
				return refuse_shape(r, "", "duplicate field `%s`", fields[f].name);
			if (fields[f].flag && !yyjson_is_bool(v) && !yyjson_is_null(v))
				return refuse_type(r, fields[f].name, v, "a boolean");
		}
	}
	return 0;
}

const char *write_fields_beside_copy(yyjson_val *body)
{
	for (size_t f = 0; f < FIELDS; f++) {
		if (fields[f].use <= FIELD_SETTING && write_field(body, fields[f].name))
			return fields[f].name;
	}
	return NULL;
}
