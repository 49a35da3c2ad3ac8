/* The members of a write's body. */
#pragma once

#include "store/refusal.h"
#include "json/doc.h"

enum field_use {
	FIELD_OPERATION,
	FIELD_SETTING,
	FIELD_CREATION, /* a setting that a copy may have as well */
	FIELD_COPY,
};

/* 422 if the body is no object, repeats a known member, or has one of another type than a boolean where one
 * belongs. Unknown members are fine. */
MUST_USE int write_fields_check(yyjson_val *body, struct refusal *r);
/* The name of a known, given member that a copy cannot have beside it, or NULL. */
const char *write_fields_beside_copy(yyjson_val *body);
/* The member, or NULL if it is absent or null. */
yyjson_val *write_field(yyjson_val *body, const char *name);
/* Whether the boolean member is true. */
bool write_flag(yyjson_val *body, const char *name);
