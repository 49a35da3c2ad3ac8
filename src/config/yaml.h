/* YAML text as a tree of maps, lists and scalars, each with its line. JSON is read as well, being YAML.
 * What manifests have no use for is refused: aliases (and with them documents that blow up), tags, keys that
 * are not scalars. The only user of libyaml. */
#pragma once

#include "base/arena.h"

#define YAML_DEPTH_MAX 32
#define YAML_NODES_MAX 100000 /* of one text */

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
	enum yaml_kind kind;
	bool quoted;             /* a scalar in quotes or as a block is text, whatever it looks like */
	uint32_t line;           /* from 1; where it begins */
	struct span key;         /* in a map: the key it stands under */
	uint32_t key_line;       /* in a map */
	struct span text;        /* of a scalar */
	struct yaml_node *first; /* of a list or map: in the order of the text */
	struct yaml_node *next;  /* sibling; of a root: the next document */
};

struct yaml_error {
	uint32_t line;
	const char *message; /* static text */
	struct span key;     /* the key that is there twice, else empty; in the arena */
};

/* Parses all documents of a text into the arena; *ret is the first root, NULL if there is none. Empty
 * documents are left out. -E_INVALID with *err filled. */
MUST_USE int yaml_parse(struct arena *a, struct span text, struct yaml_node **ret, struct yaml_error *err);

/* The value under a key of a map, or NULL (also if `map` is NULL or no map). */
const struct yaml_node *yaml_get(const struct yaml_node *map, struct span key);

/* Whether a plain scalar stands for something else than text: what YAML 1.1 or 1.2 readers would take for
 * null, a boolean or a number. */
bool yaml_is_null(const struct yaml_node *node);
bool yaml_is_text(const struct yaml_node *node);
