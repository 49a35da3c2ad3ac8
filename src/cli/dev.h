/* `layer dev`. */
#pragma once

#include "cli/verbs.h"

/* Runs store and gateway until a signal comes; returns the program's exit status. */
int dev_run(const struct options *o);
