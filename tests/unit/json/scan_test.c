#include "../test.h"

#include <stdio.h>
#include <stdlib.h>

#include "json/scan.h"

static const char *const good[] = {
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0e-0",
    "1E+2",
    "12.5e10",
    "9007199254740993",
    "123456789012345678901234567890",
    "1e999",
    "-1e-999",
    "\"\"",
    "\"\x7F\"",
    "\"\\u0000\"",
    "\"\\ud83d\\ude00\"",
    "\"\\uDBFF\\uDFFF\"",
    "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"",
    "\"\xEF\xBF\xBF\"", /* a non-character is still a character */
    "[]",
    "{}",
    " [ ] ",
    "\t{\r\n}\n",
    "[1,2]",
    "[ 1 , [ ] , { } ]",
    "[[],[[]],{\"a\":[{}]}]",
    "[1,2,3,4,5,6,{\"an object\":\"after numbers that were taken in one stride, and no less\"},7]",
    "[1,2,3,4,5,6,[\"an array\"], true, \"after numbers that were taken in one stride, and no less\"]",
    "{\"a\":1,\"a\":2}", /* only named members must be unique */
    "{ \"a\" : { \"\" : null } , \"\\\"\" : false }",
};

static void accepts(void **state)
{
	struct json_scan s;
	struct span value;
	for (size_t i = 0; i < COUNT(good); i++) {
		json_scan_init(&s, span_str(good[i]));
		if (json_scan_end(&s) < 0)
			fail_msg("%s: %s at %zu", good[i], s.error.message, s.error.offset);
		json_scan_init(&s, span_str(good[i]));
		assert_int_equal(json_scan_value(&s, &value), 0);
		assert_null(strchr(" \t\r\n", value.ptr[0]));
		assert_null(strchr(" \t\r\n", value.ptr[value.len - 1]));
		assert_int_equal(json_scan_end(&s), 0);
	}
}

/* text, offset of the first wrong byte, part of the message */
static const struct {
	struct span text;
	size_t offset;
	const char *message;
} bad[] = {
    {SPAN(""), 0, "unexpected end"},
    {SPAN("  "), 2, "unexpected end"},
    {SPAN("\xEF\xBB\xBF[]"), 0, "a value is missing"},
    {SPAN("nul"), 0, "unknown literal"},
    {SPAN("nulL"), 0, "unknown literal"},
    {SPAN("truex"), 4, "text after"},
    {SPAN("True"), 0, "a value is missing"},
    {SPAN("NaN"), 0, "a value is missing"},
    {SPAN("Infinity"), 0, "a value is missing"},
    {SPAN("-Infinity"), 1, "digit"},
    {SPAN("-"), 1, "unexpected end"},
    {SPAN("+1"), 0, "a value is missing"},
    {SPAN(".5"), 0, "a value is missing"},
    {SPAN("01"), 1, "leading zero"},
    {SPAN("-01"), 2, "leading zero"},
    {SPAN("00"), 1, "leading zero"},
    {SPAN("1."), 2, "unexpected end"},
    {SPAN("1.e1"), 2, "digit"},
    {SPAN("1e"), 2, "unexpected end"},
    {SPAN("1e+"), 3, "unexpected end"},
    {SPAN("1e5.5"), 3, "text after"},
    {SPAN("1.2.3"), 3, "text after"},
    {SPAN("0x10"), 1, "text after"},
    {SPAN("- 1"), 1, "digit"},
    {SPAN("1 2"), 2, "text after"},
    {SPAN("[] []"), 3, "text after"},
    {SPAN("{}\0"), 2, "text after"},
    {SPAN("\""), 1, "unexpected end"},
    {SPAN("\"a"), 2, "unexpected end"},
    {SPAN("\"\\"), 2, "unexpected end"},
    {SPAN("\"\\\""), 3, "unexpected end"},
    {SPAN("\"\\x\""), 2, "unknown escape"},
    {SPAN("\"\\\0\""), 2, "unknown escape"},
    {SPAN("\"\\U0041\""), 2, "unknown escape"},
    {SPAN("\"\\u12\""), 3, "four hex digits"},
    {SPAN("\"\\u12g4\""), 3, "four hex digits"},
    {SPAN("\"\\u00"), 3, "four hex digits"},
    {SPAN("\"\\ud800\""), 3, "surrogate"},
    {SPAN("\"\\udc00\""), 3, "surrogate"},
    {SPAN("\"\\ud800\\ud800\""), 3, "surrogate"},
    {SPAN("\"\\ud800x\\udc00\""), 3, "surrogate"},
    {SPAN("\"\\ud800\\n\""), 3, "surrogate"},
    {SPAN("\"\\ud800\\uzzzz\""), 3, "surrogate"},
    {SPAN("\"a\nb\""), 2, "control character"},
    {SPAN("\"\0\""), 1, "control character"},
    {SPAN("\"\x1F\""), 1, "control character"},
    {SPAN("\"\x80\""), 1, "UTF-8"},
    {SPAN("\"ab\xC3\""), 3, "UTF-8"},
    {SPAN("\"\xC0\xAF\""), 1, "UTF-8"},
    {SPAN("\"\xE0\x80\xAF\""), 1, "UTF-8"},
    {SPAN("\"\xED\xA0\x80\""), 1, "UTF-8"},
    {SPAN("\"\xF4\x90\x80\x80\""), 1, "UTF-8"},
    {SPAN("\"\xC3\\u00a9\""), 1, "UTF-8"},
    {SPAN("'a'"), 0, "a value is missing"},
    {SPAN("["), 1, "unexpected end"},
    {SPAN("]"), 0, "a value is missing"},
    {SPAN("[1"), 2, "unexpected end"},
    {SPAN("[,]"), 1, "a value is missing"},
    {SPAN("[1,]"), 3, "a value is missing"},
    {SPAN("[1,,2]"), 3, "a value is missing"},
    {SPAN("[1 2]"), 3, "a comma or ]"},
    {SPAN("[1}"), 2, "a comma or ]"},
    {SPAN("[1:2]"), 2, "a comma or ]"},
    {SPAN("[\v1]"), 1, "a value is missing"},
    {SPAN("[\xC2\xA0]"), 1, "a value is missing"},
    {SPAN("[1]]"), 3, "text after"},
    {SPAN("{"), 1, "unexpected end"},
    {SPAN("{]"), 1, "name"},
    {SPAN("{1:2}"), 1, "name"},
    {SPAN("{a:2}"), 1, "name"},
    {SPAN("{\"a\"}"), 4, "colon"},
    {SPAN("{\"a\" 1}"), 5, "colon"},
    {SPAN("{\"a\":}"), 5, "a value is missing"},
    {SPAN("{\"a\":1,}"), 7, "name"},
    {SPAN("{\"a\":1 \"b\":2}"), 7, "a comma or }"},
    {SPAN("{\"a\":1]"), 6, "a comma or }"},
    {SPAN("{\"\xFF\":1}"), 2, "UTF-8"},
    {SPAN("/**/1"), 0, "a value is missing"},
};

static void refuses(void **state)
{
	struct json_scan s;
	for (size_t i = 0; i < COUNT(bad); i++) {
		/* A copy of exact length, so that the sanitizer sees a read past it. */
		char *copy = malloc(bad[i].text.len + !bad[i].text.len);
		memcpy(copy, bad[i].text.ptr, bad[i].text.len);
		json_scan_init(&s, span_of(copy, bad[i].text.len));
		int rc = json_scan_end(&s);
		if (rc != -E_JSON || s.error.offset != bad[i].offset ||
		    !strstr(s.error.message, bad[i].message))
			fail_msg("%.*s: %d, %s at %zu", SPAN_FMT(bad[i].text), rc,
			    rc ? s.error.message : "accepted", s.error.offset);
		assert_int_equal(json_scan_end(&s), -E_JSON); /* a failure stays */
		assert_int_equal(json_scan_value(&s, NULL), -E_JSON);
		free(copy);
	}
}

/* Numbers are read in blocks; what is wrong among them is still found at its byte. */
static void long_arrays(void **state)
{
	char text[200 * 6 + 3] = "[";
	for (size_t i = 0; i < 200; i++)
		memcpy(text + 1 + i * 6, "-0.25,", 6);
	text[200 * 6] = ']';
	for (size_t i = 1; i < 200 * 6; i++) {
		struct json_scan s;
		char was = text[i];
		text[i] = 'x';
		json_scan_init(&s, span_str(text));
		assert_int_equal(json_scan_end(&s), -E_JSON);
		assert_int_equal(s.error.offset, i);
		text[i] = was;
		json_scan_init(&s, span_of(text, i));
		assert_int_equal(json_scan_end(&s), -E_JSON);
		assert_int_equal(s.error.offset, i);
	}
}

static void depth(void **state)
{
	static const char openers[] = "[{";
	char text[JSON_DEPTH_MAX * 16];
	for (int kind = 0; kind < 2; kind++) {
		for (size_t levels = JSON_DEPTH_MAX - 1; levels <= JSON_DEPTH_MAX + 1; levels++) {
			struct json_scan s;
			size_t len = 0;
			for (size_t i = 0; i < levels; i++)
				len += (size_t)snprintf(text + len, sizeof text - len, "%s",
				    openers[kind] == '[' ? "[" : "{\"k\":");
			text[len++] = '1';
			memset(text + len, openers[kind] + 2, levels);
			len += levels;
			json_scan_init(&s, span_of(text, len));
			assert_int_equal(json_scan_end(&s), levels <= JSON_DEPTH_MAX ? 0 : -E_DEPTH);
			if (levels > JSON_DEPTH_MAX)
				assert_int_equal(s.error.offset, JSON_DEPTH_MAX * (kind ? 5 : 1));
		}
	}
}

/* Reads what it needs and leaves the rest to the cursor. */
static void reading(void **state)
{
	struct span text =
	    SPAN(" {\"n\":12345678901234567890, \"skip\":[{\"n\":[]},2],"
	         "\"rows\" : [ {\"id\":1,\"v\":[0.5]} , {\"v\":[],\"\\u0069d\":\"x\"}, {} ],\"e\":{}} ");
	static const char *const ids[] = {"1", "\"x\"", ""};
	struct json_scan s;
	struct span key, n = {0}, rows = {0}, id;
	size_t row = 0;
	json_scan_init(&s, text);
	assert_int_equal(json_scan_type(&s), JSON_OBJECT);
	assert_int_equal(json_scan_enter(&s, JSON_OBJECT), 0);
	while (json_scan_member(&s, &key)) {
		if (json_string_eq(key, SPAN("n"))) {
			assert_int_equal(json_scan_value(&s, &n), 0);
		} else if (json_string_eq(key, SPAN("rows"))) {
			const char *from = s.at;
			json_scan_enter(&s, JSON_ARRAY);
			while (json_scan_element(&s)) {
				id = SPAN_NONE;
				json_scan_enter(&s, JSON_OBJECT);
				while (json_scan_member(&s, &key)) {
					if (json_string_eq(key, SPAN("id"))) {
						json_scan_value(&s, &id);
						json_scan_leave(&s);
						break;
					}
				}
				assert_span(id, ids[row++]);
			}
			rows = span_between(from, s.at);
		}
	}
	assert_int_equal(json_scan_end(&s), 0);
	assert_span(n, "12345678901234567890");
	assert_int_equal(row, 3);
	assert_span(rows, "[ {\"id\":1,\"v\":[0.5]} , {\"v\":[],\"\\u0069d\":\"x\"}, {} ]");
}

static void wrong_types(void **state)
{
	struct json_scan s;
	json_scan_init(&s, SPAN("[{}]"));
	assert_int_equal(json_scan_enter(&s, JSON_OBJECT), -E_INVALID);
	assert_string_equal(s.error.message, "not an object");
	json_scan_init(&s, SPAN("[{}]"));
	json_scan_enter(&s, JSON_ARRAY);
	assert_true(json_scan_element(&s));
	assert_int_equal(json_scan_enter(&s, JSON_ARRAY), -E_INVALID);
	assert_int_equal(s.error.offset, 1);
	assert_false(json_scan_element(&s));
	assert_int_equal(json_scan_end(&s), -E_INVALID);

	json_scan_init(&s, SPAN("[7]"));
	json_scan_enter(&s, JSON_ARRAY);
	assert_true(json_scan_element(&s));
	assert_int_equal(json_scan_fail(&s, -E_INVALID, "seven"), -E_INVALID);
	assert_int_equal(json_scan_end(&s), -E_INVALID);
	assert_int_equal(s.error.offset, 1);
}

static void members(void **state)
{
	static const struct {
		const char *text;
		int rc;
		const char *limit, *filters; /* raw values, or the duplicate's name in `limit` */
		size_t offset;
	} cases[] = {
	    {"{}", 0, "", "", 0},
	    {" { \"limit\" : 10 , \"x\":1,\"x\":2, \"filters\":[\"And\", []] } ", 0, "10", "[\"And\", []]",
	        0},
	    {"{\"\\u006cimit\":1}", 0, "1", "", 0},
	    {"{\"limit\":null}", 0, "null", "", 0},
	    {"{\"nested\":{\"limit\":1,\"limit\":2}}", 0, "", "", 0},
	    {"{\"limit\":1,\"limit\":1}", -E_DUPLICATE, "limit", "", 11},
	    {"{\"filters\":1,\"a\":[],\"f\\u0069lters\":2}", -E_DUPLICATE, "filters", "", 20},
	    {"{\"limit\":1,\"limit\":", -E_DUPLICATE, "limit", "", 11},
	    {"{\"limit\":1,\"x\":[1}", -E_JSON, "", "", 17},
	    {"{\"limit\":1} 2", -E_JSON, "", "", 12},
	    {"[]", -E_INVALID, "", "", 0},
	    {"\"limit\"", -E_INVALID, "", "", 0},
	    {"", -E_JSON, "", "", 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct json_member table[] = {{.name = SPAN("limit")}, {.name = SPAN("filters")}};
		struct json_error err = {0};
		int rc = json_find_members(span_str(cases[i].text), table, COUNT(table), &err);
		assert_int_equal(rc, cases[i].rc);
		assert_int_equal(err.offset, cases[i].offset);
		if (rc == 0) {
			assert_span(table[0].value, cases[i].limit);
			assert_span(table[1].value, cases[i].filters);
		} else {
			assert_span(err.name, cases[i].limit);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(accepts),
	    cmocka_unit_test(refuses),
	    cmocka_unit_test(long_arrays),
	    cmocka_unit_test(depth),
	    cmocka_unit_test(reading),
	    cmocka_unit_test(wrong_types),
	    cmocka_unit_test(members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
