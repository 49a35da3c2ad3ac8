/* Shell patterns in the syntax of Rust's globset, over code points; the whole text must match.
 *   ?  one code point        *  any run, `/` included      [a-z] [!a-z]  one of, none of
 *   {a,b}  either; nests     \x  x itself                  a/ ** /b  any number of directories, none included
 * `**` elsewhere than between slashes and ends is `*`. An empty branch of {…} is left out. */
#pragma once

#include "base/arena.h"

#define GLOB_MAX_BYTES 4096

struct glob;

/* Compiles into the arena; -E_INVALID and a static text if the pattern is malformed. */
MUST_USE int glob_compile(
    struct arena *a, struct span pattern, bool ignore_case, struct glob **ret, const char **ret_why);
/* Time grows with the product of the lengths at worst. Uses g as scratch: one match at a time. */
bool glob_match(struct glob *g, struct span text);
