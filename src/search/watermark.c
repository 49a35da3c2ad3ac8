#include "search/watermark.h"

#include <assert.h>

#define TIME_BITS 48

uint64_t watermark_pack(struct watermark w)
{
	assert(w.at_ms >> TIME_BITS == 0);
	return w.at_ms | (uint64_t)w.state << TIME_BITS | (uint64_t)w.filterable << (TIME_BITS + 2);
}

struct watermark watermark_unpack(uint64_t word)
{
	return (struct watermark){
	    .state = (enum watermark_state)(word >> TIME_BITS & 3),
	    .filterable = word >> (TIME_BITS + 2) & 1,
	    .at_ms = word & ((1ULL << TIME_BITS) - 1),
	};
}

struct watermark watermark_after(
    struct watermark before, const struct watermark_poll *poll, uint64_t margin_ms)
{
	struct watermark after = before;
	after.state = poll->seen;
	if (poll->seen == WATERMARK_UNKNOWN)
		return after;
	after.filterable = poll->filterable;
	if (poll->seen != WATERMARK_STABLE)
		return after;
	uint64_t at = poll->began_ms > margin_ms ? poll->began_ms - margin_ms : 0;
	if (poll->oldest_write_ms <= at)
		at = poll->oldest_write_ms ? poll->oldest_write_ms - 1 : 0;
	if (at > after.at_ms)
		after.at_ms = at;
	return after;
}

uint64_t watermark_pause_ms(struct watermark w, uint64_t newest_write_ms, const struct watermark_cadence *c)
{
	return w.state == WATERMARK_STABLE && w.at_ms >= newest_write_ms ? c->stable_ms : c->fast_ms;
}

static bool can_filter(struct watermark w)
{
	return w.filterable && w.at_ms;
}

enum watermark_read watermark_decide(struct watermark w, enum watermark_wish wish)
{
	if (wish == WATERMARK_WISH_STRONG)
		return WATERMARK_READ_STRONG;
	bool filter = wish == WATERMARK_WISH_STABLE && w.state == WATERMARK_UPDATING && can_filter(w);
	return filter ? WATERMARK_READ_FILTERED : WATERMARK_READ_PLAIN;
}

struct watermark_cut watermark_cut_at(struct watermark mark, enum watermark_wish wish)
{
	return (struct watermark_cut){.mark = mark, .wish = wish, .read = watermark_decide(mark, wish)};
}

bool watermark_cut_again(struct watermark_cut *cut, int status)
{
	bool retry = status == 429 && !cut->tried && cut->wish == WATERMARK_WISH_STABLE &&
	             cut->read == WATERMARK_READ_PLAIN && can_filter(cut->mark);
	bool fall_back = status == 400 && cut->read == WATERMARK_READ_FILTERED;
	if (!retry && !fall_back)
		return false;
	cut->read = retry ? WATERMARK_READ_FILTERED : WATERMARK_READ_PLAIN;
	cut->tried = true;
	return true;
}
