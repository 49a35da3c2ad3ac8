/* Strings as they stand in a JSON text. A raw string is the whole token with its quotes, checked by
 * json/scan; a plain string is what it means. The same name can be written in many ways ("\u005fid" is
 * "_id"), so raw names are only ever compared by these functions. */
#pragma once

#include "base/arena.h"

/* Whether the raw string means exactly `plain`; whether its meaning begins with `prefix`. */
bool json_string_eq(struct span raw, struct span plain);
bool json_string_starts(struct span raw, struct span prefix);
/* The meaning: a view into `raw` if it holds no escapes, else a copy in the arena. */
struct span json_unescape(struct arena *a, struct span raw);
