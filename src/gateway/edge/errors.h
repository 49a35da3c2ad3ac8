/* The errors that the gateway itself answers: {"error": code, "message": text}. One table for code, status
 * and docs/errors.md; what the store answers is relayed as it is. */
#pragma once

#include "base/arena.h"

/*  id,               code,                status, when */
#define ERRORS_TABLE(X)                                                                                      \
	X(BAD_REQUEST, "bad_request", 400,                                                                   \
	    "The request is not sound HTTP or JSON, or names an impossible namespace.")                      \
	X(UNAUTHORIZED, "unauthorized", 401, "No bearer token, or one that nobody knows.")                   \
	X(NOT_FOUND, "not_found", 404, "There is no such route.")                                            \
	X(REQUEST_TIMEOUT, "request_timeout", 408, "The request did not arrive in time.")                    \
	X(PAYLOAD_TOO_LARGE, "payload_too_large", 413, "The body is longer than `LAYER_BODY_MAX_BYTES`.")    \
	X(VALIDATION_ERROR, "validation_error", 422,                                                         \
	    "The gateway does not take the body; the message says why. Nothing was applied.")                \
	X(HEADERS_TOO_LARGE, "headers_too_large", 431, "The head is longer than `LAYER_HEAD_MAX_BYTES`.")    \
	X(INTERNAL_ERROR, "internal_error", 500, "The gateway's own fault.")                                 \
	X(UPSTREAM_ERROR, "upstream_error", 502,                                                             \
	    "No complete request reached the store (it did not apply), or its answer is not HTTP.")          \
	X(UNAVAILABLE, "unavailable", 503, "Not configured yet, draining, or every connection is busy.")     \
	X(UPSTREAM_TIMEOUT, "upstream_timeout", 504,                                                         \
	    "A complete request was sent and no answer came: the outcome is unknown.")

enum error_id {
#define X(id, code, status, when) ERROR_##id,
	ERRORS_TABLE(X)
#undef X
};

struct error_info {
	const char *code;
	int status;
};

const struct error_info *error_info(enum error_id id);
/* The JSON body, in the arena. */
struct span error_body(struct arena *a, enum error_id id, struct span message);
/* The error of a status that has exactly one meaning at the edge (400, 408, 413, 431, 503); else
 * INTERNAL_ERROR.
 */
enum error_id error_of_status(int status);
