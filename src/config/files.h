/* The manifest files of a directory. */
#pragma once

#include "config/problems.h"

#define FILES_BYTES_MAX       (1 << 20) /* of one file */
#define FILES_TOTAL_BYTES_MAX (32 << 20)
#define FILES_COUNT_MAX       1000

/* Called for each file with its name and text; both are gone when it returns. */
typedef void files_each_fn(void *ctx, struct span name, struct span text);

/* Reads the regular *.yaml, *.yml and *.json files of a directory, in the order of their names; hidden files
 * and subdirectories are skipped. A mounted ConfigMap or Secret is read through its `..data` link, so that
 * all files are of one version. -E_CONFIG with the reasons added to `problems` if any could not be read; the
 * others are delivered all the same. */
MUST_USE int files_read(const char *path, files_each_fn *each, void *ctx, struct problems *problems);
