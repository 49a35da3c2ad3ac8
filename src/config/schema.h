/* Decodes a YAML tree into a struct by a table of fields, as strictly as an API server with a structural
 * schema: wrong types, unknown fields and missing ones are problems, each with its line and path. */
#pragma once

#include "config/problems.h"
#include "config/texts.h"
#include "config/yaml.h"

/* What FIELD_LIST fills; `at` is an array of the table's item type. */
struct items {
	void *at;
	size_t len;
};

enum field_type {       /* what stands at the offset */
	FIELD_TEXT,     /* struct span; never empty */
	FIELD_BOOL,     /* bool */
	FIELD_NUMBER,   /* uint64_t, from min to max */
	FIELD_DURATION, /* uint64_t milliseconds: "5m", "1h30m", and with min 0 also "never", which is 0 */
	FIELD_CHOICE,   /* int: which of `words` */
	FIELD_CHOICES,  /* unsigned: a bit for each of `words` that the list names; at least one */
	FIELD_TEXTS,    /* struct texts */
	FIELD_PAIRS,    /* struct pairs: a map from any keys to texts, which may be empty */
	FIELD_MAP,      /* a struct of `fields` */
	FIELD_LIST,     /* struct items of `fields`, `size` bytes each, at most max */
	FIELD_ANY,      /* nothing: not read */
};

struct field {
	const char *name; /* "*": any other name. NULL ends a table */
	enum field_type type;
	bool required;
	size_t offset;
	const char *meaning;      /* for the manual; with the default, if it has one */
	const char *const *words; /* NULL-terminated */
	uint64_t min, max;
	const struct field *fields;
	size_t size;
	const char *(*check)(struct span); /* of a FIELD_TEXT: what is wrong with it, or NULL */
};

struct schema_reader {
	struct arena *arena; /* for what is decoded */
	struct problems *problems;
	struct span file;
	char path[512]; /* of the field at hand */
	size_t path_len;
};

/* Decodes a map into *out, which holds the defaults before. A null value counts as absent. Problems are added
 * to the reader's; what they concern is left as it was. */
void schema_read(struct schema_reader *r, const struct yaml_node *map, const struct field *fields, void *out);

/* The line of a field by its path ("spec.keys[1].name"), or of the deepest part of it that there is. */
uint32_t schema_line(const struct yaml_node *root, struct span path);
