#include "store/cloud/permits.h"

#include "base/result.h"

/* When it will be given back. Of what runs longer than expected nothing is known but that: it is expected to
 * take as long again. */
static uint64_t end_of(const struct permit *held, uint64_t now_ns)
{
	if (!held->running || held->to_ns > now_ns)
		return held->to_ns;
	return now_ns + (now_ns - held->from_ns);
}

static void forget_ended(struct permits *p, uint64_t now_ns)
{
	size_t n = 0;
	vec_each (&p->held, held) {
		if (held->running || held->to_ns > now_ns)
			p->held.at[n++] = *held;
	}
	p->held.len = n;
}

/* The first moment at which `weight` permits are free. */
static uint64_t first_free(const struct permits *p, unsigned limit, unsigned weight, uint64_t now_ns)
{
	for (uint64_t at_ns = now_ns;;) {
		unsigned used = 0;
		uint64_t next_ns = UINT64_MAX;
		vec_each (&p->held, held) {
			uint64_t end_ns = end_of(held, now_ns);
			if (end_ns <= at_ns)
				continue;
			used += held->weight;
			next_ns = end_ns < next_ns ? end_ns : next_ns;
		}
		if (used + weight <= limit || next_ns == UINT64_MAX)
			return at_ns;
		at_ns = next_ns;
	}
}

int permits_take(struct permits *p, unsigned limit, unsigned weight, uint64_t now_ns, uint64_t work_ns,
    uint64_t wait_max_ns, uint64_t *ret_id, uint64_t *ret_wait_ns)
{
	forget_ended(p, now_ns);
	weight = weight < limit ? weight : limit;
	uint64_t from_ns = first_free(p, limit, weight, now_ns);
	if (from_ns - now_ns > wait_max_ns)
		return -E_FULL;
	struct permit taken = {++p->last_id, from_ns, from_ns + work_ns, weight, true};
	vec_push(&p->held, taken);
	*ret_id = taken.id;
	*ret_wait_ns = from_ns - now_ns;
	return 0;
}

void permits_leave(struct permits *p, uint64_t id, uint64_t now_ns)
{
	vec_each (&p->held, held) {
		if (held->id != id)
			continue;
		held->running = false;
		held->to_ns = now_ns > held->to_ns ? now_ns : held->to_ns;
	}
}

void permits_free(struct permits *p)
{
	vec_free(&p->held);
}
