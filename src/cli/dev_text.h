/* What `layer dev` prints. Pure. */
#pragma once

#include "base/buf.h"

/* Three commands to try, each of which works when pasted into a shell: on the sample, or (without it) on two
 * documents that the first command writes. */
void dev_put_commands(struct buf *out, struct span url, struct span key, bool sample);
