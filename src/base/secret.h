/* Handling of credentials. */
#pragma once

#include "base/span.h"

/* Whether `given` equals `secret`, in a time that depends on given.len alone, never on the secret. */
bool secret_eq(struct span secret, struct span given);
/* Overwrites memory in a way that the compiler keeps. */
void secret_wipe(void *p, size_t n);
/* Moves the values of the environment variables whose names begin so, and overwrites the memory in which the
 * kernel shows them to others (/proc/PID/environ, ps e). getenv() gives them as before; what it gave earlier
 * is gone. Before any thread starts. */
void secret_hide_variables(const char *prefix);
/* The same for an argument of the command line (/proc/PID/cmdline, ps): `argument` then points to its copy.
 */
void secret_hide_argument(char **argument);
/* Forbids core dumps and ptrace by others of this process, so that no secret reaches a disk that way. */
void secret_forbid_core_dumps(void);
