#include "config/policy.h"

#include "base/secret.h"

static bool satisfies(unsigned scopes, enum scope required)
{
	return (scopes & ((unsigned)required | SCOPE_ADMIN)) != 0;
}

/* Looks at every candidate, so that the time says nothing about which one fits. */
static unsigned find_key(
    const struct config *cfg, const struct config_store *store, struct span token, struct span *ret_name)
{
	unsigned scopes = 0;
	if (store->auth == AUTH_DERIVE_FROM_STORE && secret_eq(cfg->default_store->credential, token)) {
		*ret_name = SPAN("store");
		scopes = SCOPE_READ | SCOPE_WRITE | SCOPE_ADMIN;
	}
	for (size_t i = 0; i < store->key_count; i++) {
		if (secret_eq(store->keys[i].secret, token)) {
			*ret_name = store->keys[i].name;
			scopes = store->keys[i].scopes;
		}
	}
	return scopes;
}

struct policy_result policy_authorize(
    const struct config *cfg, const struct config_store *store, struct span token, enum scope required)
{
	struct policy_result r = {.verdict = POLICY_ALLOW, .required = required};
	if (required == SCOPE_NONE || store->auth == AUTH_OPEN)
		return r;
	unsigned scopes = find_key(cfg, store, token, &r.key_name);
	if (scopes == 0) {
		r.verdict = POLICY_UNAUTHORIZED;
		r.reason = token.len ? "the bearer token is not known here"
		                     : "an Authorization header with a bearer token is required";
	} else if (!satisfies(scopes, required)) {
		r.verdict = POLICY_FORBIDDEN;
		r.reason = "insufficient API key scope";
	}
	return r;
}

struct span policy_bearer(struct span authorization)
{
	struct span rest = span_trim(authorization);
	struct span scheme = span_cut(&rest, ' ');
	return span_eq_nocase(scheme, SPAN("Bearer")) ? span_trim(rest) : SPAN_NONE;
}

const char *policy_scope_name(enum scope scope)
{
	switch (scope) {
	case SCOPE_READ:
		return "read";
	case SCOPE_WRITE:
		return "write";
	case SCOPE_ADMIN:
		return "admin";
	default:
		return "none";
	}
}
