/* Percent-encoded text of a URL. */
#pragma once

#include "base/arena.h"

/* Decodes %XX, and + as a space if `form`. -E_INVALID for a broken escape. */
MUST_USE int percent_decode(struct arena *a, struct span s, bool form, struct span *ret);
/* The decoded value of a query parameter; false and the empty span if it is absent or broken. */
bool param_get(struct arena *a, struct span query, struct span name, struct span *ret_value);
