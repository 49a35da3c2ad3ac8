/* What the system says of this process. */
#pragma once

#include <stdint.h>

struct process_figures {
	uint64_t cpu_ns; /* user and system */
	uint64_t resident_bytes, virtual_bytes;
	uint64_t open_fds, max_fds;
};

/* A figure that cannot be read is 0. Reads /proc: microseconds, not for every request. */
struct process_figures process_figures_read(void);
