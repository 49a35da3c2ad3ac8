/* What a namespace is set to besides its schema: sharding and encryption at its creation, the parent of a
 * branch, pinning and read_only at any time. */
#pragma once

#include "base/buf.h"
#include "store/refusal.h"

#define SHARDS_MAX   256
#define REPLICAS_MAX 256
#define KEY_NAME_MAX 2048

struct settings {
	bool read_only;
	uint32_t shards;      /* 0: not sharded */
	uint32_t replicas;    /* 0: not pinned */
	uint64_t pinned_ns;   /* since when */
	struct span key_name; /* of the customer-managed key; empty: default encryption */
	struct span parent;   /* of a branch; else empty */
};

/* Makes *to a copy of *from (which may share its texts); settings_free() frees the texts of a copy. */
void settings_set(struct settings *to, const struct settings *from);
void settings_free(struct settings *s);

/* The `encryption` that stands at `path`: {"mode"…}, or the older {"cmek":{"key_name"}} and {"sse":true}.
 * Empty for the default. A key name must be one of Google's or Amazon's key services, else 400. */
MUST_USE int encryption_from_json(
    const char *path, yyjson_val *v, struct span *ret_key_name, struct refusal *r);
/* {"num_shards": 1 to 256}. */
MUST_USE int sharding_from_json(const char *path, yyjson_val *v, uint32_t *ret_shards, struct refusal *r);
/* `pinning` and `read_only` of a metadata update, merged into *s. False in *ret_any: the body has neither. */
MUST_USE int settings_update(
    struct settings *s, yyjson_val *body, uint64_t now_ns, bool *ret_any, struct refusal *r);

/* The shape of `encryption` in metadata, version 1 or 2; then `,"pinning":…` and so on for what is set. */
void encryption_to_json(const struct settings *s, int version, struct buf *out);
void settings_to_json(const struct settings *s, struct buf *out);
