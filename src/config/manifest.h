/* The documents of a manifest file that concern us, checked and decoded: VectorStore, Index and Secret, also
 * as items of a v1 List. Documents of other kinds are left alone. */
#pragma once

#include "base/vec.h"
#include "config/config.h"
#include "config/schema.h"

struct secret_ref {
	struct span name, key;
};

struct inbound_key {
	struct span name;
	unsigned scopes; /* bits of enum scope */
	struct secret_ref secret;
};

struct vectorstore_spec {
	int kind; /* 0 is turbopuffer */
	bool is_default;
	struct span url, region;
	struct secret_ref credential;
	int auth;          /* enum auth_mode */
	struct items keys; /* struct inbound_key */
};

struct index_spec {
	struct span store_ref; /* empty: the default store */
	struct span namespace; /* empty: the Index's own name */
	struct pairs labels, annotations;
	struct texts tags;
	struct index_policy policy;
};

struct secret_spec {
	struct pairs data;        /* decoded from base64 */
	struct pairs string_data; /* stands before data */
};

enum manifest_kind { MANIFEST_VECTORSTORE, MANIFEST_INDEX, MANIFEST_SECRET };

struct manifest {
	enum manifest_kind kind;
	bool bad; /* has problems: good for its name only */
	struct span file;
	const struct yaml_node *root;
	struct span path;            /* of the root within its document: empty, or "items[3]" */
	struct span name, namespace; /* of the object; the namespace is "default" where none is given */
	union {
		struct vectorstore_spec store;
		struct index_spec index;
		struct secret_spec secret;
	};
};

struct manifests {
	VEC(struct manifest) list;
};

/* Adds what a file's text holds. All that is added lives in the arena, `file` must live as long. Problems are
 * added to `problems`. -E_INVALID if the text is no YAML, so that its documents are unknown. */
MUST_USE int manifest_read(
    struct arena *a, struct span file, struct span text, struct manifests *ret, struct problems *problems);

/* Adds a problem at a field ("spec.endpoint.url") of a manifest, with its line. */
void manifest_complain(const struct manifest *m, struct problems *problems, const char *field,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* "VectorStore", "Index", "Secret". */
const char *manifest_kind_name(enum manifest_kind kind);

/* Writes the Markdown tables of all fields that we read, for docs/manifests.md. */
void manifest_write_manual(struct buf *b);
