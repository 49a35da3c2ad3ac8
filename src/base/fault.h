/* Named fault points: `if (FAULT("store.log.fdatasync")) return -E_IO;`. Compiled out of release builds.
 * In the others the environment variable LAYER_FAULT names one and, after a colon, on which pass it fires
 * (default: every pass): LAYER_FAULT=store.log.fdatasync:3. */
#pragma once

#include <stdbool.h>

#ifdef LAYER_FAULTS
#define FAULT(name) fault_hit(name)
#else
#define FAULT(name) false
#endif

bool fault_hit(const char *name);
/* Arms a point from a test; NULL disarms. pass 0 means every pass. */
void fault_arm(const char *name, unsigned pass);
