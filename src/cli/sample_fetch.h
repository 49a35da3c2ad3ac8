/* Gets the package catalogue of this machine. */
#pragma once

#include "cli/sample_index.h"

struct catalogue {
	struct sample_index index;
	VEC(struct buf) texts; /* what the index points into */
};

/* Fills the index. apt fetches the Packages and Translation-en indexes of the machine's main suite into
 * dir/apt, once, without special rights and without touching the machine's own state; if that fails (no
 * network) the short descriptions of the machine's own lists are taken, or else those of the installed
 * packages. Says on standard error what it does. -E_NOT_FOUND if there is no apt here, or
 * no package. */
MUST_USE int catalogue_fetch(const char *dir, struct catalogue *ret);
void catalogue_free(struct catalogue *c);
