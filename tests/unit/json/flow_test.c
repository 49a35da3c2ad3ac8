#include "../test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "json/flow.h"

#define WINDOW 256

/* Feeds the text in pieces of `piece` bytes through a window, and writes down what it is told. */
static int read_in_pieces(struct span text, size_t piece, unsigned watch, struct buf *log, size_t *ret_offset)
{
	static const char *const types[] = {
	    "none", "null", "false", "true", "number", "string", "array", "object"};
	char window[WINDOW];
	struct json_flow f;
	struct span rest = SPAN_NONE, left = text;
	enum json_flow_event event = JSON_FLOW_MORE;
	json_flow_init(&f);
	f.watch = watch;
	while (event == JSON_FLOW_MORE) {
		size_t n = piece < left.len ? piece : left.len;
		struct span all = left;
		if (piece < text.len || rest.len) { /* through the window */
			if (rest.len + n > sizeof window)
				n = sizeof window - rest.len;
			if (n == 0 && left.len)
				return -E_TOO_LARGE;
			memmove(window, rest.ptr ? rest.ptr : "", rest.len);
			memcpy(window + rest.len, left.ptr ? left.ptr : "", n);
			all = span_of(window, rest.len + n);
		}
		left = span_skip(left, n);
		json_flow_feed(&f, all, left.len == 0);
		while ((event = json_flow_next(&f)) > JSON_FLOW_MORE) {
			f.want_end = true;
			if (event == JSON_FLOW_VALUE)
				buf_printf(log, "%u %.*s:%s\n", f.scan.depth, SPAN_FMT(f.key), types[f.type]);
			else
				buf_printf(log, "%u /\n", f.scan.depth);
			assert_true(f.scan.depth <= watch);
		}
		rest = json_flow_rest(&f);
	}
	*ret_offset = json_flow_error(&f).offset;
	return event == JSON_FLOW_DONE ? 0 : f.scan.status;
}

static const char *const texts[] = {
    "null",
    " 12.5e10 ",
    "  \"a\\u00e9\\ud83d\\ude00\xF0\x9F\x98\x80\"\n",
    "[]",
    "{ }",
    "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36]",
    "{\"upsert_rows\":[{\"id\":1,\"vector\":[0.25,-1e-3,7],\"text\":\"x\\ny\"} , "
    "{\"id\":\"b\",\"t\":null}],\"x\":{}}",
    "[true,false,null,[[[\"deep\"]]],{\"a\":{\"b\":[{\"c\":0}]}}]",
    "{\"long\":\"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
    "0123456789\",\"b\":1}",
    /* and what is wrong */
    "",
    " ",
    "[1,]",
    "[1 2]",
    "{\"a\"}",
    "{\"a\":1,}",
    "{1:2}",
    "tru",
    "trux",
    "01",
    "-",
    "1.",
    "\"\\u12\"",
    "\"\\ud800\"",
    "\"\xC3\"",
    "\"\xC3\xA9\xFF\"",
    "\"\x01\"",
    "\"\\q\"",
    "[1] x",
    "[[1]",
    "{\"a\":\"\\ud83d\\u0041\"}",
};

/* However a text is cut, it is told of in the same words, and judged as the cursor over the whole judges it.
 */
static void pieces_do_not_matter(void **state)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct span text = span_str(texts[i]);
		struct json_scan s;
		json_scan_init(&s, text);
		int want = json_scan_end(&s);
		for (unsigned watch = 0; watch < 4; watch++) {
			struct buf whole = buf_new(65536);
			size_t offset;
			assert_int_equal(read_in_pieces(text, text.len, watch, &whole, &offset), want);
			if (want < 0)
				assert_int_equal(offset, s.error.offset);
			for (size_t piece = 1; piece < text.len; piece++) {
				struct buf log = buf_new(65536);
				if (read_in_pieces(text, piece, watch, &log, &offset) != want)
					fail_msg("%s in pieces of %zu", texts[i], piece);
				if (want < 0)
					assert_int_equal(offset, s.error.offset);
				if (!span_eq(buf_span(&log), buf_span(&whole)))
					fail_msg("%s in pieces of %zu: %.*s, not %.*s", texts[i], piece,
					    SPAN_FMT(buf_span(&log)), SPAN_FMT(buf_span(&whole)));
				buf_free(&log);
			}
			buf_free(&whole);
		}
	}
}

static void tells_what_is_watched(void **state)
{
	static const char want[] =
	    "0 :object\n1 \"a\":array\n2 :number\n2 /\n2 :object\n2 /\n1 /\n1 \"b\":string\n1 /\n0 /\n";
	struct buf log = buf_new(4096);
	size_t offset;
	assert_int_equal(
	    read_in_pieces(SPAN("{\"a\":[7,{\"deep\":[1]}],\"b\":\"x\"}"), 100, 2, &log, &offset), 0);
	assert_span(buf_span(&log), want);
	buf_free(&log);
}

/* A scalar's text is there, however it came, unless it is a string that is too long to be held. */
static void gives_scalars(void **state)
{
	struct json_flow f;
	char text[JSON_FLOW_HELD_MAX + 10];
	json_flow_init(&f);
	f.watch = 1;
	json_flow_feed(&f, SPAN("[\"abc"), false);
	assert_int_equal(json_flow_next(&f), JSON_FLOW_VALUE);
	assert_int_equal(json_flow_next(&f), JSON_FLOW_VALUE);
	assert_int_equal(f.type, JSON_STRING);
	f.want_end = true;
	assert_int_equal(json_flow_next(&f), JSON_FLOW_MORE);
	assert_span(json_flow_rest(&f), "\"abc");
	json_flow_feed(&f, SPAN("\"abcd\",\"0123"), false);
	assert_int_equal(json_flow_next(&f), JSON_FLOW_END);
	assert_span(f.raw, "\"abcd\"");
	assert_int_equal(json_flow_next(&f), JSON_FLOW_VALUE);
	f.want_end = true;
	assert_int_equal(json_flow_next(&f), JSON_FLOW_MORE);
	memset(text, 'x', sizeof text);
	text[0] = '"';
	json_flow_feed(&f, span_of(text, sizeof text), false);
	assert_int_equal(json_flow_next(&f), JSON_FLOW_MORE);
	assert_span(json_flow_rest(&f), "");
	json_flow_feed(&f, SPAN("89\"]"), true);
	assert_int_equal(json_flow_next(&f), JSON_FLOW_END);
	assert_null(f.raw.ptr);
	assert_int_equal(json_flow_next(&f), JSON_FLOW_END);
	assert_int_equal(json_flow_next(&f), JSON_FLOW_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pieces_do_not_matter),
	    cmocka_unit_test(tells_what_is_watched),
	    cmocka_unit_test(gives_scalars),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
