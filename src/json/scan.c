#include "json/scan.h"

#include <assert.h>

#include "json/scan_inside.h"

#define DIGIT(c) ((unsigned char)((c) - '0') < 10)

int json_fail(struct json_scan *s, const char *p, int rc, const char *message)
{
	s->status = rc;
	s->error = (struct json_error){.offset = (size_t)(p - s->begin), .message = message};
	return rc;
}

const char *json_wrong(struct json_scan *s, const char *p, const char *message)
{
	json_fail(s, p, -E_JSON, p == s->end ? "unexpected end" : message);
	return NULL;
}

/* The token readers below return the byte after their token, or NULL after a failure. */

/* Four hex digits as a code unit, or a value above 0xFFFF. */
static uint32_t code_unit(const char *p, const char *end)
{
	uint32_t v = 0;
	if (end - p < 4)
		return UINT32_MAX;
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)p[i], letter = c | 0x20;
		if (!DIGIT(c) && (letter < 'a' || letter > 'f'))
			return UINT32_MAX;
		v = v << 4 | (DIGIT(c) ? c - (uint32_t)'0' : letter - (uint32_t)'a' + 10);
	}
	return v;
}

/* p is the byte after \u. */
static const char *read_unicode_escape(struct json_scan *s, const char *p)
{
	uint32_t low, unit = code_unit(p, s->end);
	if (unit > 0xFFFF)
		return json_wrong(s, p, "\\u wants four hex digits");
	if (unit < 0xD800 || unit > 0xDFFF)
		return p + 4;
	low = s->end - p >= 10 && p[4] == '\\' && p[5] == 'u' ? code_unit(p + 6, s->end) : 0;
	if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
		return json_wrong(s, p, "half of a surrogate pair");
	return p + 10;
}

/* p is the byte after a backslash. */
static const char *read_escape(struct json_scan *s, const char *p)
{
	if (p == s->end)
		return json_wrong(s, p, NULL);
	if (*p == 'u')
		return read_unicode_escape(s, p + 1);
	if (!*p || !strchr("\"\\/bfnrt", *p))
		return json_wrong(s, p, "unknown escape");
	return p + 1;
}

/* UTF-8 is checked piece by piece: no byte of a sequence looks like a border. */
const char *json_read_string_rest(struct json_scan *s, const char *p, const char **ret_stop)
{
	for (;;) {
		bool ascii;
		const char *stop = json_run_plain(p, s->end, &ascii);
		size_t len = (size_t)(stop - p),
		       valid = ascii ? len : span_utf8_valid_prefix(span_of(p, len));
		*ret_stop = p + valid;
		if (valid < len)
			return json_wrong(s, p + valid, "invalid UTF-8");
		if (stop == s->end)
			return json_wrong(s, stop, NULL);
		if (*stop == '"')
			return stop + 1;
		if (*stop != '\\')
			return json_wrong(s, stop, "control character in a string");
		p = read_escape(s, stop + 1);
		if (!p)
			return NULL;
	}
}

/* p is the opening quote. */
static const char *read_string(struct json_scan *s, const char *p)
{
	const char *stop;
	return json_read_string_rest(s, p + 1, &stop);
}

/* One digit or more. */
static const char *read_digits(struct json_scan *s, const char *p)
{
	const char *from = p;
	p = json_run_digits(p, s->end);
	return p > from ? p : json_wrong(s, p, "a digit is missing");
}

static const char *read_number(struct json_scan *s, const char *p)
{
	p += *p == '-';
	if (p < s->end && *p == '0') {
		p++;
		if (p < s->end && DIGIT(*p))
			return json_wrong(s, p, "a number with a leading zero");
	} else {
		p = read_digits(s, p);
	}
	if (p && p < s->end && *p == '.')
		p = read_digits(s, p + 1);
	if (p && p < s->end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < s->end && (*p == '+' || *p == '-');
		p = read_digits(s, p);
	}
	return p;
}

static const char *read_literal(struct json_scan *s, const char *p, struct span word)
{
	if ((size_t)(s->end - p) < word.len || memcmp(p, word.ptr, word.len) != 0)
		return json_wrong(s, p, "unknown literal");
	return p + word.len;
}

const char *json_read_key(struct json_scan *s, const char *p, struct span *ret_key)
{
	const char *key = p;
	if (p == s->end || *p != '"')
		return json_wrong(s, p, "a member's name is missing");
	p = read_string(s, p);
	if (!p)
		return NULL;
	*ret_key = span_between(key, p);
	p = json_skip_space(s, p);
	if (p == s->end || *p != ':')
		return json_wrong(s, p, "a colon is missing");
	return json_skip_space(s, p + 1);
}

const char *json_open_bracket(struct json_scan *s, const char *p)
{
	if (s->depth == JSON_DEPTH_MAX) {
		json_fail(s, p, -E_DEPTH, "nested too deeply");
		return NULL;
	}
	uint64_t *word = &s->is_object[s->depth / 64], bit = 1ULL << s->depth % 64;
	*word = *p == '{' ? *word | bit : *word & ~bit;
	s->depth++;
	return p + 1;
}

const char *json_read_scalar(struct json_scan *s, const char *p)
{
	switch (json_type_of(span_between(p, s->end))) {
	case JSON_NULL:
		return read_literal(s, p, SPAN("null"));
	case JSON_FALSE:
		return read_literal(s, p, SPAN("false"));
	case JSON_TRUE:
		return read_literal(s, p, SPAN("true"));
	case JSON_NUMBER:
		return read_number(s, p);
	case JSON_STRING:
		return read_string(s, p);
	default:
		return json_wrong(s, p, "a value is missing");
	}
}

/* Goes on from where the cursor stands until a value has ended at the given depth. */
static int walk(struct json_scan *s, unsigned depth)
{
	enum json_state state = s->state;
	const char *p = s->at;
	struct span key;
	unsigned seen = 0;
	bool object = s->depth > 0 && json_in_object(s);
	while (p && (state != JSON_AFTER_VALUE || s->depth != depth)) {
		unsigned before = s->depth;
		if (state != JSON_AT_VALUE) {
			p = json_next_item(s, p, state, object, &key);
			state = JSON_AT_VALUE;
			if (s->depth < before) {
				state = JSON_AFTER_VALUE;
				object = s->depth > 0 && json_in_object(s);
			}
		} else if (p < s->end && (*p == '{' || *p == '[')) {
			object = *p == '{';
			p = json_open_bracket(s, p);
			state = JSON_AT_OPEN;
			seen = 0;
		} else {
			const char *element = p;
			if (before && !object)
				p = json_skip_numbers(s, element, &seen);
			if (p == element) {
				p = json_read_scalar(s, p);
				state = JSON_AFTER_VALUE;
			}
		}
	}
	if (!p)
		return s->status;
	s->at = p;
	s->state = state;
	return 0;
}

void json_scan_init(struct json_scan *s, struct span text)
{
	s->begin = text.len ? text.ptr : "";
	s->end = s->begin + text.len;
	s->at = json_skip_space(s, s->begin);
	s->state = JSON_AT_VALUE;
	s->depth = 0;
	s->status = 0;
	s->error = (struct json_error){0};
}

enum json_type json_type_of(struct span raw)
{
	static const unsigned char types[256] = {
	    ['n'] = JSON_NULL,
	    ['f'] = JSON_FALSE,
	    ['t'] = JSON_TRUE,
	    ['"'] = JSON_STRING,
	    ['['] = JSON_ARRAY,
	    ['{'] = JSON_OBJECT,
	    ['-'] = JSON_NUMBER,
	    ['0' ... '9'] = JSON_NUMBER,
	};
	return raw.len ? (enum json_type)types[(unsigned char)raw.ptr[0]] : JSON_NONE;
}

enum json_type json_scan_type(const struct json_scan *s)
{
	bool value = s->status == 0 && s->state == JSON_AT_VALUE;
	return value ? json_type_of(span_between(s->at, s->end)) : JSON_NONE;
}

int json_scan_value(struct json_scan *s, struct span *ret)
{
	const char *from = s->at;
	if (s->status)
		return s->status;
	assert(s->state == JSON_AT_VALUE);
	int rc = walk(s, s->depth);
	if (rc == 0 && ret)
		*ret = span_between(from, s->at);
	return rc;
}

int json_scan_enter(struct json_scan *s, enum json_type type)
{
	assert(type == JSON_ARRAY || type == JSON_OBJECT);
	if (s->status)
		return s->status;
	assert(s->state == JSON_AT_VALUE);
	enum json_type found = json_scan_type(s);
	if (found == JSON_NONE)
		return walk(s, s->depth); /* which says what is wrong */
	if (found != type)
		return json_scan_fail(s, -E_INVALID, type == JSON_ARRAY ? "not an array" : "not an object");
	const char *p = json_open_bracket(s, s->at);
	if (!p)
		return s->status;
	s->at = p;
	s->state = JSON_AT_OPEN;
	return 0;
}

/* json_scan_member() and json_scan_element(). */
static bool step(struct json_scan *s, bool object, struct span *ret_key)
{
	if (s->status || (s->state == JSON_AT_VALUE && walk(s, s->depth) < 0))
		return false;
	assert(s->depth > 0 && json_in_object(s) == object);
	unsigned before = s->depth;
	const char *p = json_next_item(s, s->at, s->state, object, ret_key);
	if (!p)
		return false;
	s->at = p;
	s->state = s->depth < before ? JSON_AFTER_VALUE : JSON_AT_VALUE;
	return s->state == JSON_AT_VALUE;
}

bool json_scan_member(struct json_scan *s, struct span *ret_key)
{
	return step(s, true, ret_key);
}

bool json_scan_element(struct json_scan *s)
{
	return step(s, false, NULL);
}

int json_scan_leave(struct json_scan *s)
{
	if (s->status)
		return s->status;
	assert(s->depth > 0);
	return walk(s, s->depth - 1);
}

int json_scan_end(struct json_scan *s)
{
	if (s->status || walk(s, 0) < 0)
		return s->status;
	const char *p = json_skip_space(s, s->at);
	return p == s->end ? 0 : json_fail(s, p, -E_JSON, "text after the value");
}

int json_scan_fail(struct json_scan *s, int rc, const char *message)
{
	return s->status ? s->status : json_fail(s, s->at, rc, message);
}

static struct json_member *member_named(struct json_member *table, size_t n, struct span key)
{
	for (size_t i = 0; i < n; i++) {
		if (json_string_eq(key, table[i].name))
			return &table[i];
	}
	return NULL;
}

int json_scan_members(struct json_scan *s, struct json_member *table, size_t n)
{
	struct span key;
	for (size_t i = 0; i < n; i++)
		table[i].key = table[i].value = SPAN_NONE;
	json_scan_enter(s, JSON_OBJECT);
	while (json_scan_member(s, &key)) {
		struct json_member *m = member_named(table, n, key);
		if (m && m->key.ptr) {
			json_fail(s, key.ptr, -E_DUPLICATE, "duplicate name");
			s->error.name = m->name;
		} else if (m && json_scan_value(s, &m->value) == 0) {
			m->key = key;
		}
	}
	return s->status;
}

int json_find_members(struct span text, struct json_member *table, size_t n, struct json_error *err)
{
	struct json_scan s;
	json_scan_init(&s, text);
	json_scan_members(&s, table, n);
	int rc = json_scan_end(&s);
	if (rc < 0 && err)
		*err = s.error;
	return rc;
}
