/* Who may do what: authorisation as a pure function of the configuration. */
#pragma once

#include "config/config.h"

enum policy_verdict {
	POLICY_ALLOW,
	POLICY_UNAUTHORIZED, /* 401: no token, or one that nobody knows */
	POLICY_FORBIDDEN,    /* 403: the token's key lacks the scope */
};

struct policy_result {
	enum policy_verdict verdict;
	struct span
	    key_name;        /* for the access log: the key's name, "store" for the store's credential, or
	                        empty where nobody was recognised or nobody is asked; lives with the config */
	enum scope required; /* what was asked for */
	const char *reason;  /* static text for a message; NULL when allowed */
};

/* Judges a bearer token (empty: none was sent) by the policy of `store`, the store that serves the request's
 * namespace (config_store_for). SCOPE_NONE needs no token. A key with admin may read and write; one with
 * write may read only if it lists read. Its time depends on the token's length and the number of keys, never
 * on what they hold. */
struct policy_result policy_authorize(
    const struct config *cfg, const struct config_store *store, struct span token, enum scope required);

/* The token of an Authorization header's value ("Bearer x", scheme in any case); empty if it is not of that
 * form. */
struct span policy_bearer(struct span authorization);

/* "read", "write", "admin", or "none": the required_scope of a 403 body. */
const char *policy_scope_name(enum scope scope);
