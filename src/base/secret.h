/* Handling of credentials. */
#pragma once

#include "base/span.h"

/* Whether `given` equals `secret`, in a time that depends on given.len alone, never on the secret. */
bool secret_eq(struct span secret, struct span given);
/* Overwrites memory in a way that the compiler keeps. */
void secret_wipe(void *p, size_t n);
/* Forbids core dumps and ptrace by others of this process, so that no secret reaches a disk that way. */
void secret_forbid_core_dumps(void);
