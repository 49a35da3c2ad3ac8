/* A program started from a loop: it inherits standard input, output and error. */
#pragma once

#include "rt/loop.h"

struct spawned;

struct spawn_spec {
	const char *program;          /* its path, and its only argument */
	const char *const *variables; /* "NAME=value", set on top of ours; ends with NULL */
	const int *fds;               /* are its descriptors from 3 on; nothing else stays open */
	unsigned fd_count;
};

/* Starts it. on_end(ctx, status) is called on the loop when it ends (128 and the number, if by a signal).
 * -E_NOT_FOUND, -E_PERMISSION, … */
MUST_USE int spawn(struct loop *l, const struct spawn_spec *spec, void (*on_end)(void *ctx, int status),
    void *ctx, struct spawned **ret);
/* Its end does not matter any more: on_end is not called, and what is kept of it is freed. The program goes
 * on. NULL is fine. */
void spawned_forget(struct spawned *s);
