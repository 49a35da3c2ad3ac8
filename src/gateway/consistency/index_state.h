/* What the metadata of a namespace says about its index. Pure. Contract: wire §2, decisions "Filters on
 * reserved attributes". */
#pragma once

#include "search/watermark.h"

/* Fills in poll->seen and poll->filterable; what is not understood leaves WATERMARK_UNKNOWN. */
void index_state_read(struct watermark_poll *poll, struct span metadata);
