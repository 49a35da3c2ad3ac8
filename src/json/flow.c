#include "json/flow.h"

#include <assert.h>

#include "json/scan_inside.h"

/* No failure shows farther than this before the end of a window, if it is one only because the window ends
 * there: an escaped surrogate pair is the longest thing that is read as one. */
#define UNIT_MAX 12

void json_flow_init(struct json_flow *f)
{
	*f = (struct json_flow){0};
	json_scan_init(&f->scan, SPAN(""));
}

void json_flow_feed(struct json_flow *f, struct span window, bool final)
{
	struct json_scan *s = &f->scan;
	size_t rest = (size_t)(s->end - s->at);
	assert(window.len > rest || final);
	f->before += (uint64_t)(s->at - s->begin);
	s->begin = s->at = window.ptr;
	s->end = window.ptr + window.len;
	f->final = final;
}

struct span json_flow_rest(const struct json_flow *f)
{
	return span_between(f->scan.at, f->scan.end);
}

struct json_error json_flow_error(const struct json_flow *f)
{
	struct json_error e = f->scan.error;
	e.offset += (size_t)f->before;
	return e;
}

/* A token reads on past the window. */
static enum json_flow_event more(struct json_flow *f)
{
	struct json_scan *s = &f->scan;
	if (!f->final)
		return JSON_FLOW_MORE;
	json_wrong(s, s->end, NULL);
	return JSON_FLOW_FAILED;
}

/* A reader has failed: for good, or because it saw the window's end. */
static enum json_flow_event stopped(struct json_flow *f)
{
	struct json_scan *s = &f->scan;
	bool near = s->error.offset + UNIT_MAX >= (size_t)(s->end - s->begin);
	if (f->final || s->status != -E_JSON || !near)
		return JSON_FLOW_FAILED;
	s->status = 0;
	return JSON_FLOW_MORE;
}

/* The steps below return what is to be told of, or JSON_FLOW_DONE if that is nothing. */

/* Goes on to the next value, or behind the end of the innermost array or object. */
static enum json_flow_event next_item(struct json_flow *f)
{
	struct json_scan *s = &f->scan;
	unsigned before = s->depth;
	bool object = json_in_object(s);
	struct span key = SPAN_NONE;
	s->at = json_skip_space(s, s->at);
	if (s->at == s->end)
		return more(f);
	const char *p = json_next_item(s, s->at, s->state, object, &key);
	if (!p)
		return stopped(f);
	if (s->depth < before) {
		s->at = p;
		s->state = JSON_AFTER_VALUE;
		f->raw = SPAN_NONE;
		return s->depth <= f->watch ? JSON_FLOW_END : JSON_FLOW_DONE;
	}
	if (p == s->end && !f->final) /* so that the key still stands when its value is told of */
		return JSON_FLOW_MORE;
	s->at = p;
	s->state = JSON_AT_VALUE;
	f->key = key;
	f->told = false;
	return JSON_FLOW_DONE;
}

/* The rest of a string, from p inside of it. */
static enum json_flow_event read_string(struct json_flow *f, const char *p)
{
	struct json_scan *s = &f->scan;
	const char *stop, *end = json_read_string_rest(s, p, &stop);
	bool watched = s->depth <= f->watch;
	if (!end) {
		enum json_flow_event event = stopped(f);
		bool hold = watched && f->want_end && !f->in_string && s->end - s->at < JSON_FLOW_HELD_MAX;
		if (event == JSON_FLOW_MORE && !hold) {
			f->in_string = true;
			s->at = stop;
		}
		return event;
	}
	f->raw = f->in_string ? SPAN_NONE : span_between(s->at, end);
	f->in_string = false;
	s->at = end;
	s->state = JSON_AFTER_VALUE;
	return watched && f->want_end ? JSON_FLOW_END : JSON_FLOW_DONE;
}

static enum json_flow_event read_scalar(struct json_flow *f)
{
	struct json_scan *s = &f->scan;
	const char *p = json_read_scalar(s, s->at);
	if (!p)
		return stopped(f);
	if (p == s->end && !f->final) /* a number may go on */
		return JSON_FLOW_MORE;
	f->raw = span_between(s->at, p);
	s->at = p;
	s->state = JSON_AFTER_VALUE;
	return s->depth <= f->watch && f->want_end ? JSON_FLOW_END : JSON_FLOW_DONE;
}

/* The value that the cursor stands at. */
static enum json_flow_event read_value(struct json_flow *f)
{
	struct json_scan *s = &f->scan;
	const char *p = s->at = json_skip_space(s, s->at); /* before the root there may be some */
	if (p == s->end)
		return more(f);
	if (s->depth <= f->watch && !f->told) {
		f->told = true;
		f->want_end = false;
		f->type = json_type_of(span_between(p, s->end));
		return JSON_FLOW_VALUE;
	}
	if (*p == '{' || *p == '[') {
		p = json_open_bracket(s, p);
		if (!p)
			return JSON_FLOW_FAILED;
		s->at = p;
		s->state = JSON_AT_OPEN;
		f->numbers = 0;
		return JSON_FLOW_DONE;
	}
	if (s->depth > f->watch && !json_in_object(s)) {
		s->at = json_skip_numbers(s, p, &f->numbers);
		if (s->at != p)
			return JSON_FLOW_DONE;
	}
	return *p == '"' ? read_string(f, p + 1) : read_scalar(f);
}

/* Behind the root. */
static enum json_flow_event read_end(struct json_flow *f)
{
	struct json_scan *s = &f->scan;
	s->at = json_skip_space(s, s->at);
	if (s->at == s->end)
		return f->final ? JSON_FLOW_DONE : JSON_FLOW_MORE;
	json_wrong(s, s->at, "text after the value");
	return JSON_FLOW_FAILED;
}

enum json_flow_event json_flow_next(struct json_flow *f)
{
	struct json_scan *s = &f->scan;
	enum json_flow_event event;
	if (s->status)
		return JSON_FLOW_FAILED;
	do {
		if (f->in_string)
			event = read_string(f, s->at);
		else if (s->state == JSON_AT_VALUE)
			event = read_value(f);
		else if (s->depth == 0)
			return read_end(f);
		else
			event = next_item(f);
	} while (event == JSON_FLOW_DONE);
	return event;
}
