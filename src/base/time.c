#include "base/time.h"

#include <stdio.h>
#include <time.h>

static _Thread_local struct virtual_clock *virtual_clock;

static uint64_t read_clock(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t time_mono_ns(void)
{
	return virtual_clock ? virtual_clock->mono_ns : read_clock(CLOCK_MONOTONIC);
}

uint64_t time_wall_ns(void)
{
	return virtual_clock ? virtual_clock->wall_ns : read_clock(CLOCK_REALTIME);
}

uint64_t time_wall_ms(void)
{
	return time_wall_ns() / NS_PER_MS;
}

uint64_t time_cpu_ns(void)
{
	return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

void time_use_virtual(struct virtual_clock *clock)
{
	virtual_clock = clock;
}

struct virtual_clock *time_virtual(void)
{
	return virtual_clock;
}

size_t time_format_rfc3339(uint64_t wall_ns, int digits, char out[TIME_RFC3339_MAX])
{
	time_t s = (time_t)(wall_ns / NS_PER_S);
	struct tm tm;
	gmtime_r(&s, &tm);
	size_t n = strftime(out, TIME_RFC3339_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	if (digits > 0) {
		n += (size_t)snprintf(out + n, TIME_RFC3339_MAX - n, ".%09u", (unsigned)(wall_ns % NS_PER_S));
		n -= (size_t)(9 - digits);
	}
	out[n++] = 'Z';
	out[n] = '\0';
	return n;
}

/* Takes exactly n digits off the front of s. */
static bool take_digits(struct span *s, size_t n, int *ret)
{
	int v = 0;
	if (s->len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			return false;
		v = v * 10 + (s->ptr[i] - '0');
	}
	*s = span_skip(*s, n);
	*ret = v;
	return true;
}

static bool take_byte(struct span *s, char c)
{
	if (!s->len || s->ptr[0] != c)
		return false;
	*s = span_skip(*s, 1);
	return true;
}

static int take_fraction_ns(struct span *s)
{
	int ns = 0, unit = 100000000;
	while (s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9') {
		ns += (s->ptr[0] - '0') * unit;
		unit /= 10;
		*s = span_skip(*s, 1);
	}
	return ns;
}

static bool take_zone(struct span *s, int *ret_seconds)
{
	int hours, minutes = 0;
	if (s->len == 0 || take_byte(s, 'Z') || take_byte(s, 'z')) {
		*ret_seconds = 0;
		return true;
	}
	bool minus = take_byte(s, '-');
	if ((!minus && !take_byte(s, '+')) || !take_digits(s, 2, &hours))
		return false;
	if (s->len) {
		(void)take_byte(s, ':');
		if (!take_digits(s, 2, &minutes))
			return false;
	}
	if (hours > 23 || minutes > 59)
		return false;
	*ret_seconds = (minus ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

int time_parse_iso8601(struct span s, int64_t *ret_ns)
{
	struct tm tm = {0};
	int year, month, ns = 0, zone = 0;
	if (!take_digits(&s, 4, &year) || !take_byte(&s, '-') || !take_digits(&s, 2, &month) ||
	    !take_byte(&s, '-') || !take_digits(&s, 2, &tm.tm_mday))
		return -E_INVALID;
	if (s.len) {
		if (!take_byte(&s, 'T') && !take_byte(&s, 't') && !take_byte(&s, ' '))
			return -E_INVALID;
		if (!take_digits(&s, 2, &tm.tm_hour) || !take_byte(&s, ':') ||
		    !take_digits(&s, 2, &tm.tm_min))
			return -E_INVALID;
		if (take_byte(&s, ':') && !take_digits(&s, 2, &tm.tm_sec))
			return -E_INVALID;
		if (take_byte(&s, '.')) {
			if (!s.len || s.ptr[0] < '0' || s.ptr[0] > '9')
				return -E_INVALID;
			ns = take_fraction_ns(&s);
		}
		if (!take_zone(&s, &zone))
			return -E_INVALID;
	}
	if (s.len || year < 1678 || year > 2261 || month < 1 || month > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > days_in_month(year, month) || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
		return -E_INVALID;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	*ret_ns = ((int64_t)timegm(&tm) - zone) * (int64_t)NS_PER_S + ns;
	return 0;
}
