/* Things outside that a loop is told of: signals, and changes in a directory. */
#pragma once

#include "rt/loop.h"

struct watch;

/* Calls fn(ctx) on the loop, outside of coroutines, whenever the process gets the signal. */
MUST_USE int watch_signal(struct loop *l, int signum, void (*fn)(void *ctx), void *ctx, struct watch **ret);
/* The same whenever an entry of the directory appears, changes or goes; several changes may be told as one.
 * -E_NOT_FOUND, -E_IO. */
MUST_USE int watch_dir(
    struct loop *l, const char *path, void (*fn)(void *ctx), void *ctx, struct watch **ret);
/* NULL is fine. */
void watch_stop(struct watch *w);
