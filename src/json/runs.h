/* The loops that almost every byte of a large body goes through; private to json. */
#pragma once

#include <stdbool.h>

/* The first quote, backslash or control character at or after p; `end` if there is none. *ret_ascii: whether
 * all before it is ASCII. */
const char *json_run_plain(const char *p, const char *end, bool *ret_ascii);

/* The first byte at or after p that is no digit, or `end`. */
const char *json_run_digits(const char *p, const char *end);

/* p is the first byte of an array's element. Returns the byte after some later comma of the same array, such
 * that all before it are well-formed numbers and commas; or p, if there is no such comma or it is not worth
 * it. */
const char *json_run_numbers(const char *p, const char *end);

/* Plain and numbers for blocks of a text, one pair per instruction set, best first; for tests. They may stop
 * early, at any byte that is not a stop: numbers at p, plain anywhere. The table ends with a nameless entry.
 */
extern const struct json_runs {
	const char *name;
	bool (*usable)(void);
	const char *(*numbers)(const char *p, const char *end);
	const char *(*plain)(const char *p, const char *end, bool *ret_ascii);
} json_runs[];
