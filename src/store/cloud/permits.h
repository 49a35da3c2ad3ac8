/* The permits of a namespace as a timetable: who holds how many from when to when. Nobody waits in here: a
 * query is told when its turn comes, so that the rule holds on virtual time as well. Who waits counts as one
 * who holds, so nobody passes: turns go by arrival. */
#pragma once

#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

struct permit {
	uint64_t id, from_ns, to_ns;
	unsigned weight;
	bool running; /* its query is still being answered; to_ns is what was expected */
};

struct permits {
	VEC(struct permit) held; /* by arrival */
	uint64_t last_id;
};

/* Takes `weight` of `limit` permits (never more than all) at now_ns for work_ns. *ret_wait_ns: how long the
 * query has to wait for them. -E_FULL: longer than wait_max_ns, and nothing is taken. End with
 * permits_leave(). */
__attribute__((warn_unused_result)) int permits_take(struct permits *p, unsigned limit, unsigned weight,
    uint64_t now_ns, uint64_t work_ns, uint64_t wait_max_ns, uint64_t *ret_id, uint64_t *ret_wait_ns);
/* The query has been answered; its permits are held until then, and at least as long as was expected. */
void permits_leave(struct permits *p, uint64_t id, uint64_t now_ns);
void permits_free(struct permits *p);
