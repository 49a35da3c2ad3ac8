/* The one place where time is read. A test can drive it: while a virtual clock is installed on a thread,
 * both clocks of that thread stand still until the test (or the loop, rt/loop.h) moves them. */
#pragma once

#include "base/span.h"

#define MS_PER_S  1000ULL
#define NS_PER_US 1000ULL
#define NS_PER_MS 1000000ULL
#define NS_PER_S  1000000000ULL

/* Monotonic nanoseconds; never runs backwards within a process. For deadlines and durations. */
uint64_t time_mono_ns(void);
/* Wall clock: nanoseconds and milliseconds since the Unix epoch. */
uint64_t time_wall_ns(void);
uint64_t time_wall_ms(void);
/* Processor time of this process, nanoseconds. */
uint64_t time_cpu_ns(void);

struct virtual_clock {
	uint64_t mono_ns, wall_ns;
};
/* Installs (or with NULL removes) a virtual clock for the calling thread; the clock is the caller's. */
void time_use_virtual(struct virtual_clock *clock);
/* The thread's virtual clock, or NULL. */
struct virtual_clock *time_virtual(void);

#define TIME_RFC3339_MAX 36
/* "2026-09-01T10:00:00.000000000Z" with `digits` (0, 3, 6 or 9) fraction digits; returns the length. */
size_t time_format_rfc3339(uint64_t wall_ns, int digits, char out[TIME_RFC3339_MAX]);
/* Parses an ISO-8601 / RFC 3339 date or date-time into nanoseconds since the epoch (negative before 1970):
 * "2026-09-01", "2026-09-01T10:00", "…:00", "….123456789", then "Z", "±hh:mm", "±hhmm" or nothing (UTC).
 * A space may stand for the T. Digits past the ninth are dropped. Else -E_INVALID. Range: years 1678 to 2261.
 */
MUST_USE int time_parse_iso8601(struct span s, int64_t *ret_ns);
