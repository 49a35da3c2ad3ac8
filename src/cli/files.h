/* The data directory of `layer dev`. */
#pragma once

#include "base/arena.h"

/* "DIR/name", NUL-terminated. */
const char *path_in(struct arena *a, const char *dir, const char *name);
/* Makes a directory (mode 0700) and those above it; fine if it is there. */
MUST_USE int make_directories(const char *path);
/* The data directory: `given`, or the default of `layer --help`. Made if need be. */
MUST_USE int data_directory(struct arena *a, const char *given, const char **ret);
/* Reads a whole file of at most `max` bytes, from the end if it is longer and `tail` is set. */
MUST_USE int read_file(struct arena *a, const char *path, size_t max, bool tail, struct span *ret);
/* Writes a whole file (mode 0600) in place of what is there. */
MUST_USE int write_file(const char *path, struct span text);
/* Claims the data directory for this process, until it ends. -E_BUSY if another has it. */
MUST_USE int data_lock(struct arena *a, const char *dir);
/* The key of the data directory; made on first use. */
MUST_USE int data_key(struct arena *a, const char *dir, const char **ret);
