/* The programs that `layer dev` runs. */
#pragma once

#include <signal.h>
#include <sys/types.h>

#include "base/arena.h"

struct part {
	const char *program; /* beside our own, and the name of its log */
	const char *log;     /* path; NULL: it writes to our terminal */
	pid_t pid;           /* 0: not running */
};

/* The path of a program that stands beside this one. */
MUST_USE int sibling_program(struct arena *a, const char *name, const char **ret);
/* Starts argv (ends with NULL) as `part`, with env on top of ours; its output goes to its log. */
MUST_USE int part_start(struct part *p, const char *const *argv, const char *const *env);
/* Whether it has ended by itself; then says so, with the end of its log, and forgets its pid. */
bool part_died(struct part *p, struct arena *a, int *ret_status);
/* Ends it in order, waiting up to timeout_ns; fine if it does not run. */
void part_stop(struct part *p, uint64_t timeout_ns);

/* Splits "127.0.0.1:8080", "[::1]:8080" or "localhost:8080". *ret_url is where a client on this machine
 * reaches it. -E_INVALID.
 */
MUST_USE int listen_parse(
    struct arena *a, const char *listen, const char **ret_host, uint16_t *ret_port, const char **ret_url);
/* Whether a numeric address is free to listen on: 0, -E_BUSY, -E_PERMISSION or -E_INVALID. With *port 0 it
 * chooses a free port. */
MUST_USE int listen_probe(const char *host, uint16_t *port);
