/* The steps of reading JSON token by token, shared by the cursor over a whole text (scan) and the one over
 * pieces (flow). Private to json. Readers return the byte after their token, or NULL after a failure. */
#pragma once

#include "json/runs.h"
#include "json/scan.h"

/* Notes the failure at p; returns rc. */
int json_fail(struct json_scan *s, const char *p, int rc, const char *message);
/* The failure at p, where something else was wanted: `message`, unless the text just ends. Returns NULL. */
const char *json_wrong(struct json_scan *s, const char *p, const char *message);

/* A key and its colon, up to the value; *ret_key is the raw key. */
const char *json_read_key(struct json_scan *s, const char *p, struct span *ret_key);
/* The rest of a string, from p inside of it. Where it fails, *ret_stop is the first byte that it did not
 * take: no part of a character or an escape lies before it only. */
const char *json_read_string_rest(struct json_scan *s, const char *p, const char **ret_stop);
/* The value at p if it is no array or object. */
const char *json_read_scalar(struct json_scan *s, const char *p);
const char *json_open_bracket(struct json_scan *s, const char *p);

static inline const char *json_skip_space(const struct json_scan *s, const char *p)
{
	while (p < s->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	return p;
}

static inline bool json_in_object(const struct json_scan *s)
{
	return s->is_object[(s->depth - 1) / 64] >> (s->depth - 1) % 64 & 1;
}

/* Steps from an opening bracket or from behind an item to the next item of the innermost array or object:
 * returns where its value begins. At the closing bracket steps behind it with s->depth lowered. */
static inline const char *json_next_item(
    struct json_scan *s, const char *p, enum json_state state, bool object, struct span *ret_key)
{
	p = json_skip_space(s, p);
	if (p < s->end && *p == (object ? '}' : ']')) {
		s->depth--;
		return p + 1;
	}
	if (state == JSON_AFTER_VALUE) {
		if (p == s->end || *p != ',')
			return json_wrong(
			    s, p, object ? "a comma or } is missing" : "a comma or ] is missing");
		p = json_skip_space(s, p + 1);
	}
	return object ? json_read_key(s, p, ret_key) : p;
}

/* Takes numbers in one stride from an array's element on, once the array has shown to be long enough for that
 * to pay (*seen counts). Returns where the element begins that stands behind them, of any type, or p. */
static inline const char *json_skip_numbers(const struct json_scan *s, const char *p, unsigned *seen)
{
	if (++*seen <= 3)
		return p;
	*seen = 0;
	return json_skip_space(s, json_run_numbers(p, s->end));
}
