#include "json/runs.h"

#include <stddef.h>

const char *json_run_plain(const char *p, const char *end, bool *ret_ascii)
{
	unsigned char seen = 0;
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		seen |= (unsigned char)*p++;
	*ret_ascii = seen < 0x80;
	return p;
}

const char *json_run_numbers(const char *p, const char *end)
{
	return p;
}
