/* The schema of a namespace: its id kind and attributes. Attributes are only ever added, so an attribute's
 * index stays valid as long as the namespace lives and is what documents and the log refer to. One that is
 * dropped keeps its index and type but is not found by its name any more; no document has a value for it. */
#pragma once

#include "base/map.h"
#include "base/vec.h"
#include "search/words.h"
#include "store/data/value.h"
#include "store/refusal.h"

/*  metric          name on the wire */
#define METRICS(X)                                                                                           \
	X(METRIC_COSINE, "cosine_distance")                                                                  \
	X(METRIC_EUCLIDEAN_SQUARED, "euclidean_squared")                                                     \
	X(METRIC_EUCLIDEAN, "euclidean")

enum metric {
	METRIC_NONE,
#define X(metric, name) metric,
	METRICS(X)
#undef X
	    METRICS_LEN
};

/* The name; METRIC_NONE gives "none". */
struct span metric_name(enum metric m);
/* METRIC_NONE if there is no such metric. */
enum metric metric_parse(struct span name);
/* 422 in the service's words if the value is none. */
MUST_USE int metric_from_json(const char *path, yyjson_val *v, enum metric *ret, struct refusal *r);

enum tokenizer { WORD_V0, WORD_V1, WORD_V2, WORD_V3, WORD_V4, PRE_TOKENIZED_ARRAY };

struct text_options {
	double k1, b, k3;
	uint8_t tokenizer; /* enum tokenizer; word_v0 to word_v4 are all analysed as word_v4 */
	struct words_options words;
};

#define VECTOR_COLUMNS_MAX 8
#define VECTOR_DIMS_MAX    10752
#define ATTRS_MAX          1024
#define ATTR_NAME_MAX      128

struct attr {
	struct span name; /* in the schema's own memory */
	uint32_t index;   /* in schema->attrs and in a document's values */
	struct value_type type;
	bool filterable, glob, regex, fuzzy;
	bool full_text; /* `text` holds */
	bool dropped;   /* none of the above is set */
	struct text_options text;
	uint32_t column; /* of a vector: its number among the vector columns */
};

struct schema {
	struct arena *arena;
	bool has_id_kind; /* false until the first write fixes it */
	enum id_kind id_kind;
	enum metric metric;         /* of all vectors; METRIC_NONE without any */
	VEC(struct attr *) attrs;   /* by index; without `id` */
	VEC(struct attr *) vectors; /* by column */
	struct map by_name;
};

struct schema *schema_new(void);
struct schema *schema_clone(const struct schema *s);
/* Returns NULL; NULL is fine. */
struct schema *schema_free(struct schema *s);
/* Adds a copy of the attribute (its name too) and gives it index and column. */
struct attr *schema_add(struct schema *s, const struct attr *attr);
/* Drops an attribute that is no vector; it stays in schema->attrs. */
void schema_drop(struct schema *s, struct attr *attr);
/* The attribute, or NULL; `id` is not one. */
const struct attr *schema_find(const struct schema *s, struct span name);

/* The two read shapes: the schema routes' (every attribute with explicit nulls) and that inside metadata. */
void schema_to_json(const struct schema *s, struct buf *out);
void schema_to_metadata_json(const struct schema *s, struct buf *out);

/* The types and options that a `schema` object asks for, merged into *s by the rules of updates; the
 * top-level metric of the write is already in s->metric. `created`: the namespace is being created, so
 * vectors may be added. `path` is where the object stands ("schema" in a write, "" on the schema route). On
 * refusal *s is half-changed: pass a clone. */
MUST_USE int schema_plan(
    struct schema *s, yyjson_val *definitions, bool created, const char *path, struct refusal *r);
/* Adds an undeclared attribute with the type that its first value (not null) implies. */
MUST_USE int schema_infer(struct schema *s, struct span name, yyjson_val *value, bool created,
    const struct attr **ret_attr, struct refusal *r);
/* 400 unless the name can be an attribute's: 1 to 128 bytes, no leading `$`. */
MUST_USE int attr_name_check(struct span name, struct refusal *r);
