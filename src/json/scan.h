/* Reading JSON in place: a cursor over one contiguous text that checks as it goes and hands out spans of it.
 * One pass, no tree, no allocation; what the caller does not read is still checked, at memory speed.
 *
 *	struct json_scan s;
 *	struct span key, value;
 *	json_scan_init(&s, body);
 *	json_scan_enter(&s, JSON_OBJECT);
 *	while (json_scan_member(&s, &key)) {
 *		if (json_string_eq(key, SPAN("limit")) && json_scan_value(&s, &value) == 0)
 *			limit = value;
 *	}
 *	rc = json_scan_end(&s);
 *
 * Strict RFC 8259: UTF-8, escapes, surrogate pairs, number grammar, nothing after the value. Numbers are
 *texts: none is too large (1e999 passes) and none is converted. Names may repeat; see json_scan_members().
 *
 * A failure stays: every later call returns it, so a reader may look once, at json_scan_end(). */
#pragma once

#include "json/error.h"
#include "json/text.h"

/* Arrays and objects inside one another; deeper is -E_DEPTH. */
#define JSON_DEPTH_MAX 512

enum json_type {
	JSON_NONE, /* no value can begin here */
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* What the cursor stands at: a value, a position just inside an opening bracket, or just after a value. */
enum json_state { JSON_AT_VALUE, JSON_AT_OPEN, JSON_AFTER_VALUE };

struct json_scan {
	const char *begin, *end;
	const char *at; /* read-only to callers: the first byte of the value, if one is next */
	enum json_state state;
	unsigned depth;                          /* open arrays and objects */
	uint64_t is_object[JSON_DEPTH_MAX / 64]; /* a bit for each of them */
	int status;                              /* 0 or the failure */
	struct json_error error;                 /* filled with it */
};

/* Starts at the text's one value. The text must stay in place while spans of it are in use. */
void json_scan_init(struct json_scan *s, struct span text);

/* The type of the value that comes next, judged by its first byte. */
enum json_type json_scan_type(const struct json_scan *s);
/* The type of a raw value. */
enum json_type json_type_of(struct span raw);

/* Checks the next value and steps behind it; *ret (which may be NULL) is its text, without white space
 * around. */
int json_scan_value(struct json_scan *s, struct span *ret);

/* Steps into the next value, a JSON_ARRAY or JSON_OBJECT. If it is of another type: -E_INVALID. */
int json_scan_enter(struct json_scan *s, enum json_type type);
/* Steps to the next member of the innermost object, whose raw key it gives; its value comes next. A value
 * that was not read is skipped. False behind the object's end and on failure. */
bool json_scan_member(struct json_scan *s, struct span *ret_key);
/* The same for the innermost array. */
bool json_scan_element(struct json_scan *s);
/* Checks the rest of the innermost array or object and steps behind it. Not after its end was seen. */
int json_scan_leave(struct json_scan *s);
/* Checks all that is left of the text. 0, -E_JSON, -E_DEPTH, or the failure that came before; s->error says
 * where. */
MUST_USE int json_scan_end(struct json_scan *s);

/* Fails the scan at the next value, for a caller who finds it wrong; the message is static. */
int json_scan_fail(struct json_scan *s, int rc, const char *message);

/* A member looked for by name. */
struct json_member {
	struct span name;       /* in: plain */
	struct span key, value; /* out: raw; value.ptr is NULL if absent */
};

/* Reads the next value, an object, and finds the members named in the table. One of them that stands twice,
 * however its name is written, is -E_DUPLICATE with error.name and the offset of the second key. */
int json_scan_members(struct json_scan *s, struct json_member *table, size_t n);
/* The same over a whole text; err may be NULL. -E_INVALID if it is not an object. */
MUST_USE int json_find_members(struct span text, struct json_member *table, size_t n, struct json_error *err);
