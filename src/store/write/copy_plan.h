/* copy_from_namespace and branch_from_namespace: what the body asks for, no locks, no I/O. */
#pragma once

#include "store/data/settings.h"
#include "json/doc.h"

struct copy_plan {
	const char *field; /* its name in the body */
	bool branch;
	struct span source;  /* the namespace */
	struct settings set; /* of the new namespace, as far as the body says */
};

/* Whether the body of a write asks for either. */
bool copy_plan_wanted(yyjson_val *body);
/* Reads it. Refuses other writes beside it, and a source of another organisation or region: there is one. */
MUST_USE int copy_plan_make(yyjson_val *body, struct copy_plan *ret_plan, struct refusal *r);
/* Completes the settings from those of the source; 400 if that cannot be branched. */
MUST_USE int copy_plan_settle(struct copy_plan *p, const struct settings *source, struct refusal *r);
