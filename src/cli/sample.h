/* `layer sample`. */
#pragma once

#include "cli/verbs.h"

/* Loads the sample; returns the program's exit status. */
int sample_run(const struct options *o);
