/* From the `schema` object of a write, or of the schema route, to attributes. Each attribute's definition is
 * read into a struct definition first (what was said, nothing more), then merged into the schema by the rules
 * of creation or update. */
#include <float.h>

#include "store/data/schema.h"
#include "store/data/schema_tables.h"

#define MAX_TOKEN_LENGTH_MAX 255

enum told { UNTOLD, FALSE, TRUE };

struct definition {
	struct span name;
	const char *path;
	bool plain; /* a bare type string */
	struct value_type type;
	enum told filterable, glob, regex, fuzzy, ann, sparse_knn;
	yyjson_val *full_text; /* boolean or object, or NULL */
	enum metric ann_metric;
};

static int read_type(struct definition *d, yyjson_val *v, struct refusal *r)
{
	struct span text = json_span(v);
	if (!yyjson_is_str(v))
		return refuse_type(r, d->path, v, "a string");
	int rc = value_type_parse(text, &d->type);
	if (rc == -E_UNSUPPORTED)
		return refuse(r, 400,
		    "💔 type %.*s of attribute '%.*s' is not supported by this local store yet",
		    SPAN_FMT(text), SPAN_FMT(d->name));
	if (rc < 0)
		return refuse_shape(r, d->path, "unknown attribute type `%.*s`", SPAN_FMT(text));
	if (d->type.dims > VECTOR_DIMS_MAX)
		return refuse(r, 400, "💔 vector attribute '%.*s' has %u dimensions, the limit is %d",
		    SPAN_FMT(d->name), d->type.dims, VECTOR_DIMS_MAX);
	return 0;
}

static const char *under(struct refusal *r, const char *path, const char *key)
{
	return path[0] ? arena_printf(r->arena, "%s.%s", path, key).ptr : key;
}

static int read_flag(
    struct definition *d, yyjson_val *obj, const char *key, enum told *ret, struct refusal *r)
{
	yyjson_val *v = yyjson_obj_get(obj, key);
	if (!v || yyjson_is_null(v))
		return 0;
	if (!yyjson_is_bool(v))
		return refuse_type(r, under(r, d->path, key), v, "a boolean");
	*ret = yyjson_get_bool(v) ? TRUE : FALSE;
	return 0;
}

int metric_from_json(const char *path, yyjson_val *v, enum metric *ret, struct refusal *r)
{
	struct span name = json_span(v);
	if (!yyjson_is_str(v))
		return refuse_type(r, path, v, "a string");
	*ret = metric_parse(name);
	if (*ret == METRIC_NONE)
		return refuse_shape(r, path,
		    "unknown variant `%.*s`, expected one of `Unknown`, `euclidean_squared`, "
		    "`cosine_distance`, `euclidean`, `Query`",
		    SPAN_FMT(name));
	return 0;
}

static int read_ann(struct definition *d, yyjson_val *obj, struct refusal *r)
{
	yyjson_val *v = yyjson_obj_get(obj, "ann");
	if (!yyjson_is_obj(v))
		return read_flag(d, obj, "ann", &d->ann, r);
	const char *path = under(r, d->path, "ann");
	yyjson_val *metric = yyjson_obj_get(v, "distance_metric");
	yyjson_val *late = yyjson_obj_get(v, "late_interaction");
	d->ann = TRUE;
	if (yyjson_get_bool(late))
		return refuse_unsupported(r, under(r, path, "late_interaction"));
	if (!metric || yyjson_is_null(metric))
		return 0;
	return metric_from_json(under(r, path, "distance_metric"), metric, &d->ann_metric, r);
}

/* {"distance_metric": "dot_product"}, the only metric there is. */
static int read_sparse_knn(struct definition *d, yyjson_val *obj, struct refusal *r)
{
	yyjson_val *v = yyjson_obj_get(obj, "sparse_knn"), *metric = yyjson_obj_get(v, "distance_metric");
	const char *path = under(r, d->path, "sparse_knn");
	if (!v || yyjson_is_null(v))
		return 0;
	if (!yyjson_is_obj(v))
		return refuse_type(r, path, v, "struct SparseKnn");
	if (!metric)
		return refuse_shape(r, path, "missing field `distance_metric`");
	if (!yyjson_is_str(metric))
		return refuse_type(r, under(r, path, "distance_metric"), metric, "a string");
	if (!yyjson_equals_str(metric, "dot_product"))
		return refuse_shape(r, under(r, path, "distance_metric"),
		    "unknown variant `%.*s`, expected `dot_product`", SPAN_FMT(json_span(metric)));
	d->sparse_knn = TRUE;
	return 0;
}

static int read_full_text(struct definition *d, yyjson_val *obj, struct refusal *r)
{
	yyjson_val *v = yyjson_obj_get(obj, "full_text_search");
	if (!v || yyjson_is_null(v))
		return 0;
	if (!yyjson_is_bool(v) && !yyjson_is_obj(v))
		return refuse_type(r, under(r, d->path, "full_text_search"), v, "a boolean or an object");
	d->full_text = v;
	return 0;
}

static int read_definition(struct definition *d, yyjson_val *v, struct refusal *r)
{
	if (yyjson_is_str(v)) {
		d->plain = true;
		return read_type(d, v, r);
	}
	if (!yyjson_is_obj(v))
		return refuse_type(r, d->path, v, "a type or an object");
	yyjson_val *type = yyjson_obj_get(v, "type"), *embed = yyjson_obj_get(v, "embed");
	if (embed && !yyjson_is_null(embed))
		return refuse_unsupported(r, under(r, d->path, "embed"));
	if (!type)
		return refuse_shape(r, d->path, "missing field `type`");
	int rc = read_type(d, type, r);
	if (rc == 0)
		rc = read_flag(d, v, "filterable", &d->filterable, r);
	if (rc == 0)
		rc = read_flag(d, v, "glob", &d->glob, r);
	if (rc == 0)
		rc = read_flag(d, v, "regex", &d->regex, r);
	if (rc == 0)
		rc = read_flag(d, v, "fuzzy", &d->fuzzy, r);
	if (rc == 0)
		rc = read_ann(d, v, r);
	if (rc == 0)
		rc = read_sparse_knn(d, v, r);
	if (rc == 0)
		rc = read_full_text(d, v, r);
	return rc;
}

static int text_refuse(const struct definition *d, struct refusal *r, const char *why)
{
	return refuse(
	    r, 400, "💔 invalid full_text_search options for attribute '%.*s': %s", SPAN_FMT(d->name), why);
}

static int text_number(const struct definition *d, const char *path, const char *key, double *ret, double min,
    double max, struct refusal *r)
{
	yyjson_val *v = yyjson_obj_get(d->full_text, key);
	if (!v || yyjson_is_null(v))
		return 0;
	if (!yyjson_is_num(v))
		return refuse_type(r, under(r, path, key), v, "a number");
	double n = yyjson_get_num(v);
	if (!(n >= min && n <= max))
		return text_refuse(d, r, arena_printf(r->arena, "%s is out of range", key).ptr);
	*ret = n;
	return 0;
}

static int text_flag(
    const struct definition *d, const char *path, const char *key, bool *ret, struct refusal *r)
{
	yyjson_val *v = yyjson_obj_get(d->full_text, key);
	if (!v || yyjson_is_null(v))
		return 0;
	if (!yyjson_is_bool(v))
		return refuse_type(r, under(r, path, key), v, "a boolean");
	*ret = yyjson_get_bool(v);
	return 0;
}

static int text_name(const struct definition *d, const char *path, const char *key, uint8_t *ret,
    int (*parse)(struct span, uint8_t *), const char *known, struct refusal *r)
{
	yyjson_val *v = yyjson_obj_get(d->full_text, key);
	if (!v || yyjson_is_null(v))
		return 0;
	if (!yyjson_is_str(v))
		return refuse_type(r, under(r, path, key), v, "a string");
	if (parse(json_span(v), ret) < 0)
		return refuse_shape(r, under(r, path, key), "unknown variant `%.*s`, expected one of %s",
		    SPAN_FMT(json_span(v)), known);
	return 0;
}

static int check_pre_tokenized(const struct definition *d, const struct text_options *t, struct refusal *r)
{
	yyjson_val *sensitive = yyjson_obj_get(d->full_text, "case_sensitive");
	if (d->type.base != VALUE_STRING || !d->type.array)
		return text_refuse(d, r, "tokenizer pre_tokenized_array needs the type []string");
	if (yyjson_is_str(yyjson_obj_get(d->full_text, "language")))
		return text_refuse(d, r, "language cannot be used with tokenizer pre_tokenized_array");
	if (t->words.stemming || t->words.remove_stopwords || yyjson_is_false(sensitive))
		return text_refuse(d, r,
		    "stemming, remove_stopwords and case-insensitivity cannot be used with tokenizer "
		    "pre_tokenized_array");
	return 0;
}

static int check_text(const struct definition *d, const struct text_options *t, struct refusal *r)
{
	struct span language = language_name(t->words.language);
	if (t->words.stemming && t->words.case_sensitive)
		return text_refuse(d, r, "stemming needs case_sensitive to be false");
	if (t->words.remove_stopwords && t->words.case_sensitive)
		return text_refuse(d, r, "remove_stopwords needs case_sensitive to be false");
	if (t->words.remove_stopwords && !language_has_stopwords(t->words.language))
		return text_refuse(d, r,
		    arena_printf(r->arena, "remove_stopwords is not available for the language %.*s",
		        SPAN_FMT(language))
		        .ptr);
	if (t->words.remove_stopwords && t->words.language != LANGUAGE_ENGLISH)
		return refuse_unsupported(r,
		    arena_printf(r->arena, "remove_stopwords for the language %.*s", SPAN_FMT(language)).ptr);
	return 0;
}

static const struct text_options text_defaults = {.k1 = 1.2,
    .b = 0.75,
    .k3 = 8.0,
    .tokenizer = WORD_V4,
    .words = {.language = LANGUAGE_ENGLISH, .max_token_length = WORDS_MAX_TOKEN_LENGTH}};

static int merge_text_object(const struct definition *d, struct text_options *t, struct refusal *r)
{
	const char *path = under(r, d->path, "full_text_search");
	double length = t->words.max_token_length;
	int rc = text_number(d, path, "k1", &t->k1, DBL_MIN, DBL_MAX, r);
	if (rc == 0)
		rc = text_number(d, path, "k3", &t->k3, DBL_MIN, DBL_MAX, r);
	if (rc == 0)
		rc = text_number(d, path, "b", &t->b, 0, 1, r);
	if (rc == 0)
		rc = text_number(d, path, "max_token_length", &length, 1, MAX_TOKEN_LENGTH_MAX, r);
	if (rc == 0)
		rc = text_flag(d, path, "stemming", &t->words.stemming, r);
	if (rc == 0)
		rc = text_flag(d, path, "remove_stopwords", &t->words.remove_stopwords, r);
	if (rc == 0)
		rc = text_flag(d, path, "ascii_folding", &t->words.ascii_folding, r);
	if (rc == 0)
		rc = text_flag(d, path, "case_sensitive", &t->words.case_sensitive, r);
	if (rc == 0)
		rc = text_name(d, path, "tokenizer", &t->tokenizer, tokenizer_parse, tokenizer_list, r);
	if (rc == 0)
		rc = text_name(d, path, "language", &t->words.language, language_parse, language_list, r);
	if (rc == 0 && length != (uint32_t)length)
		rc = text_refuse(d, r, "max_token_length is not an integer");
	t->words.max_token_length = (uint32_t)length;
	if (rc == 0 && t->tokenizer == PRE_TOKENIZED_ARRAY)
		rc = check_pre_tokenized(d, t, r);
	return rc < 0 ? rc : check_text(d, t, r);
}

static int merge_text(const struct definition *d, struct attr *attr, struct refusal *r)
{
	bool on = yyjson_is_obj(d->full_text) || yyjson_is_true(d->full_text);
	if (!d->full_text)
		return 0;
	if (!on) {
		attr->full_text = false;
		return 0;
	}
	if (d->type.base != VALUE_STRING)
		return text_refuse(d, r, "only string and []string attributes can have full-text search");
	if (!attr->full_text)
		attr->text = text_defaults;
	attr->full_text = true;
	return yyjson_is_obj(d->full_text) ? merge_text_object(d, &attr->text, r) : 0;
}

static void merge_flag(bool *flag, enum told told)
{
	if (told != UNTOLD)
		*flag = told == TRUE;
}

static int check_options(const struct definition *d, struct refusal *r)
{
	bool pattern = d->glob == TRUE || d->regex == TRUE || d->fuzzy == TRUE;
	bool vector = d->type.base == VALUE_VECTOR;
	if (pattern && d->type.base != VALUE_STRING)
		return refuse(r, 400,
		    "💔 attribute '%.*s': glob, regex and fuzzy need the type string or []string",
		    SPAN_FMT(d->name));
	if (d->filterable == TRUE && !value_base_compares(d->type.base))
		return refuse(r, 400, "💔 attribute '%.*s' cannot be filterable", SPAN_FMT(d->name));
	if (d->ann == TRUE && !vector)
		return refuse(
		    r, 400, "💔 attribute '%.*s' is not a vector and cannot have ann", SPAN_FMT(d->name));
	return 0;
}

static int check_sparse(const struct definition *d, bool existing, struct refusal *r)
{
	bool sparse = d->type.base == VALUE_SPARSE;
	if (!sparse && d->sparse_knn == TRUE)
		return refuse(r, 400, "💔 attribute '%.*s' is not a sparse vector and cannot have sparse_knn",
		    SPAN_FMT(d->name));
	if (sparse && d->sparse_knn != TRUE && !existing)
		return refuse(
		    r, 400, "💔 sparse vector attribute '%.*s' must have sparse_knn", SPAN_FMT(d->name));
	return 0;
}

static int merge_options(const struct definition *d, struct attr *attr, bool existing, struct refusal *r)
{
	if (existing && d->plain)
		attr->full_text = attr->glob = attr->regex = attr->fuzzy = false;
	merge_flag(&attr->glob, d->glob);
	merge_flag(&attr->regex, d->regex);
	merge_flag(&attr->fuzzy, d->fuzzy);
	int rc = merge_text(d, attr, r);
	bool searched = attr->full_text || attr->glob || attr->regex || attr->fuzzy;
	if (!existing)
		attr->filterable = !searched && value_base_compares(d->type.base);
	merge_flag(&attr->filterable, d->filterable);
	return rc;
}

static int check_vector(struct schema *s, const struct definition *d, bool created, struct refusal *r)
{
	if (!created && !s->vectors.len)
		return refuse(r, 400, "💔 Vector provided for namespace without vector attribute");
	if (!created)
		return refuse(r, 400,
		    "💔 vector attribute '%.*s' cannot be added: the vector attributes of a namespace are "
		    "fixed "
		    "when it is created",
		    SPAN_FMT(d->name));
	if (d->ann != TRUE && span_eq(d->name, SPAN("vector")))
		return refuse(r, 400, "💔 the `vector` attribute must have `ann` set to `true`");
	if (d->ann != TRUE)
		return refuse(r, 400, "💔 vector attribute '%.*s' must have ann:true", SPAN_FMT(d->name));
	if (s->metric == METRIC_NONE && d->ann_metric != METRIC_NONE)
		return refuse(r, 400,
		    "💔 `distance_metric` must be specified as a field at the top level of the write request, "
		    "not "
		    "in the `ann` configuration for an attribute");
	if (s->metric == METRIC_NONE)
		return refuse(
		    r, 400, "💔 distance_metric must be specified for write to namespace with a vector");
	if (s->vectors.len == VECTOR_COLUMNS_MAX)
		return refuse(
		    r, 400, "💔 a namespace can have at most %d vector attributes", VECTOR_COLUMNS_MAX);
	return 0;
}

static int check_ann_metric(const struct schema *s, const struct definition *d, struct refusal *r)
{
	if (d->ann_metric == METRIC_NONE || d->ann_metric == s->metric)
		return 0;
	return refuse(r, 400, "💔 distance metric mismatch, expected %.*s, got %.*s",
	    SPAN_FMT(metric_name(s->metric)), SPAN_FMT(metric_name(d->ann_metric)));
}

static int type_change(struct refusal *r, struct span name, struct span from, struct span to)
{
	refuse(r, 400,
	    "🙅 invalid schema update for attribute '%.*s': cannot change attribute type from %.*s to %.*s",
	    SPAN_FMT(name), SPAN_FMT(from), SPAN_FMT(to));
	r->attribute = name;
	return -E_INVALID;
}

static int add_attr(struct schema *s, const struct definition *d, bool created, struct refusal *r)
{
	struct attr attr = {.name = d->name, .type = d->type};
	int rc = attr_name_check(d->name, r);
	if (rc == 0 && s->attrs.len == ATTRS_MAX)
		rc = refuse(r, 400, "💔 a namespace can have at most %d attributes", ATTRS_MAX);
	if (rc == 0 && d->type.base == VALUE_VECTOR)
		rc = check_vector(s, d, created, r);
	else if (rc == 0)
		rc = merge_options(d, &attr, false, r);
	if (rc == 0)
		schema_add(s, &attr);
	return rc;
}

static int merge_definition(struct schema *s, const struct definition *d, bool created, struct refusal *r)
{
	struct attr *attr = map_get(&s->by_name, d->name);
	int rc = check_options(d, r);
	if (rc == 0)
		rc = check_sparse(d, attr != NULL, r);
	if (rc == 0 && !attr)
		rc = add_attr(s, d, created, r);
	else if (rc == 0 && !value_type_eq(attr->type, d->type))
		rc = type_change(
		    r, d->name, value_type_text(r->arena, attr->type), value_type_text(r->arena, d->type));
	else if (rc == 0 && attr->type.base != VALUE_VECTOR)
		rc = merge_options(d, attr, true, r);
	if (rc == 0 && d->type.base == VALUE_VECTOR)
		rc = check_ann_metric(s, d, r);
	return rc;
}

static int plan_id(struct schema *s, yyjson_val *v, const char *path, struct refusal *r)
{
	struct span text = json_span(yyjson_is_obj(v) ? yyjson_obj_get(v, "type") : v);
	if (!text.ptr)
		return refuse_shape(r, path, "missing field `type`");
	for (enum id_kind kind = ID_UINT; kind <= ID_STRING; kind++) {
		if (!span_eq(text, id_kind_name(kind)))
			continue;
		if (s->has_id_kind && s->id_kind != kind)
			return type_change(r, SPAN("id"), id_kind_name(s->id_kind), text);
		s->has_id_kind = true;
		s->id_kind = kind;
		return 0;
	}
	return refuse(r, 400, "💔 %.*s is not a valid ID type", SPAN_FMT(text));
}

/* {"drop": true}, and nothing beside it. */
static int plan_drop(struct schema *s, const struct definition *d, yyjson_val *v, struct refusal *r)
{
	struct attr *attr = map_get(&s->by_name, d->name);
	if (!yyjson_is_true(yyjson_obj_get(v, "drop")))
		return refuse(r, 400, "💔 `drop` of attribute '%.*s' must be true", SPAN_FMT(d->name));
	if (yyjson_obj_size(v) != 1)
		return refuse(r, 400, "💔 `drop` of attribute '%.*s' cannot be combined with other options",
		    SPAN_FMT(d->name));
	if (!attr)
		return refuse(r, 400, "💔 attribute '%.*s' cannot be dropped: it %s", SPAN_FMT(d->name),
		    span_eq(d->name, SPAN("id")) ? "is the id" : "is not in the schema");
	if (attr->type.base == VALUE_VECTOR)
		return refuse(r, 400,
		    "💔 attribute '%.*s' cannot be dropped: the vector attributes of a namespace are fixed "
		    "when "
		    "it is created",
		    SPAN_FMT(d->name));
	schema_drop(s, attr);
	return 0;
}

static int plan_attribute(
    struct schema *s, struct definition *d, yyjson_val *v, bool created, struct refusal *r)
{
	if (yyjson_obj_get(v, "drop"))
		return plan_drop(s, d, v, r);
	if (span_eq(d->name, SPAN("id")))
		return plan_id(s, v, d->path, r);
	int rc = read_definition(d, v, r);
	return rc < 0 ? rc : merge_definition(s, d, created, r);
}

int schema_plan(struct schema *s, yyjson_val *definitions, bool created, const char *path, struct refusal *r)
{
	size_t i, n;
	yyjson_val *key, *v;
	if (!yyjson_is_obj(definitions))
		return refuse_type(r, path, definitions, "a map");
	yyjson_obj_foreach(definitions, i, n, key, v)
	{
		struct definition d = {.name = json_span(key)};
		d.path = under(r, path, arena_str(r->arena, d.name));
		int rc = plan_attribute(s, &d, v, created, r);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int attr_name_check(struct span name, struct refusal *r)
{
	if (name.len == 0 || name.len > ATTR_NAME_MAX)
		return refuse(
		    r, 400, "💔 attribute name '%.*s' must have 1 to %d bytes", SPAN_FMT(name), ATTR_NAME_MAX);
	if (name.ptr[0] == '$')
		return refuse(r, 400, "💔 attribute name '%.*s' must not begin with `$`", SPAN_FMT(name));
	return 0;
}

/* The type that a value implies by itself; false if it implies none. */
static bool implied_type(yyjson_val *v, struct value_type *ret)
{
	if (yyjson_is_str(v))
		ret->base = VALUE_STRING;
	else if (yyjson_is_int(v))
		ret->base = VALUE_INT;
	else if (yyjson_is_bool(v))
		ret->base = VALUE_BOOL;
	else if (yyjson_is_arr(v) && !ret->array) {
		yyjson_val *first = yyjson_arr_get_first(v);
		ret->array = true;
		return !first || (!yyjson_is_arr(first) && implied_type(first, ret));
	} else
		return false;
	return true;
}

int schema_infer(struct schema *s, struct span name, yyjson_val *value, bool created,
    const struct attr **ret_attr, struct refusal *r)
{
	struct definition d = {.name = name, .path = ""};
	if (span_eq(name, SPAN("vector"))) {
		const float *ignored;
		if (vector_from_json(r->arena, value, &ignored, &d.type.dims) < 0)
			return refuse(r, 400,
			    "💔 attribute 'vector' must be a non-empty array of numbers or base64 of f32");
		d.type.base = VALUE_VECTOR;
		d.ann = TRUE;
		if (d.type.dims > VECTOR_DIMS_MAX)
			return refuse(r, 400,
			    "💔 vector attribute 'vector' has %u dimensions, the limit is %d", d.type.dims,
			    VECTOR_DIMS_MAX);
	} else if (!implied_type(value, &d.type)) {
		return refuse(r, 400,
		    "💔 the type of attribute '%.*s' cannot be inferred from its value: declare it in the "
		    "schema",
		    SPAN_FMT(name));
	}
	int rc = add_attr(s, &d, created, r);
	if (rc == 0)
		*ret_attr = schema_find(s, name);
	return rc;
}
