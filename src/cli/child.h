/* Programs that this one starts. A child stands in a process group of its own, so that Ctrl-C reaches only
 * its parent, which ends it in order; and it ends when its parent dies. */
#pragma once

#include <sys/types.h>

#include "base/buf.h"

struct child_spec {
	const char *const *argv; /* argv[0]: a path, or a name that PATH resolves; ends with NULL */
	const char *const *env;  /* "NAME=value", set on top of ours; ends with NULL; may be NULL */
	int out_fd, err_fd;      /* its standard output and error; -1: /dev/null */
};

/* Starts it. -E_NOT_FOUND if there is no such program, or another code. */
MUST_USE int child_start(const struct child_spec *spec, pid_t *ret_pid);
/* Runs it to its end and appends what it writes on standard output; its errors go to err_fd.
 * -E_IO if it fails, -E_TIMEOUT (and it is killed) if it takes longer. */
MUST_USE int child_output(const char *const *argv, int err_fd, uint64_t timeout_ns, struct buf *out);
/* Whether the child has ended; if so, how: 0 to 255, or 128 and the signal. Does not wait. */
bool child_ended(pid_t pid, int *ret_status);
/* Sends `signal`, waits up to timeout_ns for the end, then kills it. Returns how it ended, as above. */
int child_stop(pid_t pid, int signal, uint64_t timeout_ns);
