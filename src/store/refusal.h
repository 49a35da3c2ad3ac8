/* Why a request is refused: the status and text that the client gets. Planning functions fill one and return
 * -E_INVALID; the route's handler turns it into the reply. */
#pragma once

#include "base/arena.h"
#include "json/doc.h"

struct refusal {
	struct arena *arena; /* where the texts go; set by who makes the refusal */
	int status;          /* 0 until refused */
	struct span text;
	struct span attribute; /* an extra member of the error body, or empty */
};

/* Fills the refusal (the first one stays) and returns -E_INVALID. */
int refuse(struct refusal *r, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* 422 in the words of a deserialiser: "Failed to deserialize … target type: PATH: TEXT". */
int refuse_shape(struct refusal *r, const char *path, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* 422 for a JSON value of the wrong kind: "PATH: invalid type: map, expected a sequence". */
int refuse_type(struct refusal *r, const char *path, const yyjson_val *v, const char *expected);
/* 404 for a namespace that does not exist. */
int refuse_missing(struct refusal *r, struct span ns);
/* 400 for what this store does not have yet; the text names the field. */
int refuse_unsupported(struct refusal *r, const char *field);
