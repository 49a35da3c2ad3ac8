/* Write requests for the sample: a batch of packages as one body. Pure. */
#pragma once

#include "base/buf.h"
#include "cli/sample_index.h"
#include "cli/sample_vector.h"

#define SAMPLE_NAMESPACE  "debian-packages"
#define SAMPLE_BATCH_ROWS 1000

/* Appends a write of `count` packages with the whole schema. */
void sample_write_batch(
    struct buf *out, struct package *const *packages, size_t count, const struct sample_words *words);
