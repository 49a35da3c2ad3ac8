/* The one result convention: a function returns 0 (or a count) on success and a negative code on failure;
 * outputs are written only on success. Codes are ours, not errno; result_from_errno() maps the latter. */
#pragma once

#define MUST_USE __attribute__((warn_unused_result))

/*  code              number  meaning */
#define RESULT_TABLE(X)                                                                                      \
	X(E_INVALID, 1, "invalid value")                                                                     \
	X(E_NOMEM, 2, "out of memory")                                                                       \
	X(E_IO, 3, "input/output error")                                                                     \
	X(E_TOO_LARGE, 4, "larger than its limit")                                                           \
	X(E_NOT_FOUND, 5, "not found")                                                                       \
	X(E_EXISTS, 6, "exists already")                                                                     \
	X(E_TIMEOUT, 7, "deadline passed")                                                                   \
	X(E_CANCELLED, 8, "cancelled")                                                                       \
	X(E_EOF, 9, "end of input")                                                                          \
	X(E_CLOSED, 10, "closed by peer")                                                                    \
	X(E_REFUSED, 11, "connection refused")                                                               \
	X(E_RESOLVE, 12, "name does not resolve")                                                            \
	X(E_TLS, 13, "TLS failure")                                                                          \
	X(E_HTTP, 14, "malformed HTTP")                                                                      \
	X(E_JSON, 15, "malformed JSON")                                                                      \
	X(E_DEPTH, 16, "nested too deeply")                                                                  \
	X(E_DUPLICATE, 17, "duplicate name")                                                                 \
	X(E_CORRUPT, 18, "stored data is damaged")                                                           \
	X(E_BUSY, 19, "in use by another process")                                                           \
	X(E_FULL, 20, "no room left")                                                                        \
	X(E_AGAIN, 21, "would block")                                                                        \
	X(E_UNSUPPORTED, 22, "not supported")                                                                \
	X(E_CONFIG, 23, "bad configuration")                                                                 \
	X(E_DRAINING, 24, "shutting down")                                                                   \
	X(E_PERMISSION, 25, "permission denied")

enum result {
	E_OK = 0,
#define X(name, number, text) name = number,
	RESULT_TABLE(X)
#undef X
};

/* A short text for a (negative) code; never NULL. */
const char *result_text(int rc);
/* The negative code nearest to an errno value (positive). */
int result_from_errno(int err);
