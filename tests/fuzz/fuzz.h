/* What every fuzz target includes. A finding is an abort: assert() is on in all builds. */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
