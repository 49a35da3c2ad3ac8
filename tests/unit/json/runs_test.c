#include "../test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "json/doc.h"
#include "json/runs.h"

static uint32_t seed;

static uint32_t below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * n >> 32);
}

static bool is_list(struct span text)
{
	struct buf b = buf_new(1 << 16);
	buf_byte(&b, '[');
	buf_append(&b, text);
	buf_lit(&b, "0]");
	yyjson_doc *doc = yyjson_read(b.ptr, b.len, YYJSON_READ_NUMBER_AS_RAW);
	bool list = doc != NULL;
	for (size_t i = 0; list && i < yyjson_arr_size(yyjson_doc_get_root(doc)); i++)
		list = yyjson_is_raw(yyjson_arr_get(yyjson_doc_get_root(doc), i));
	yyjson_doc_free(doc);
	buf_free(&b);
	return list;
}

/* Builds a list out of pieces; true if only out of good ones. */
static bool build(struct buf *b, bool with_rare, bool with_bad)
{
	static const char *const common[] = {"0", "-0", "7", "10", "-12.50", "0.5", "1.000001",
	    "123456789012345678", "-0.0123456789", "3.14"},
	                         *const rare[] = {"1e5", "0E0", "-1.5e-07", "2E+10", " 1", "2 ", "\t3\n\r",
	                             "  -4.5e1  ",
	                             "                                                                 6"},
	                         *const bad[] = {"", "-", "01", "-00.5", "1.", ".5", "1.2.3", "1e", "1e+",
	                             "1e5.5", "1e5e5", "+1", "--1", "1-1", "1e5-5", "1 2", "1. 5", "- 1",
	                             "1e 5", "x", "\"1\"", "1e--5", "1.e5", "00", "1+1", "1e1+1", "1,", " "};
	bool good = true;
	buf_clear(b);
	for (unsigned n = 1 + below(60), i = 0; i < n; i++) {
		const char *piece = common[below(COUNT(common))];
		if (with_rare && below(4) == 0)
			piece = rare[below(COUNT(rare))];
		if (with_bad && below(n) == 0) {
			piece = bad[below(COUNT(bad))];
			good = false;
		}
		buf_append(b, span_str(piece));
		buf_byte(b, ',');
	}
	return good;
}

static void numbers(void **state)
{
	struct buf b = buf_new(1 << 16);
	for (const struct json_runs *r = json_runs; r->name; r++) {
		if (!r->usable())
			continue;
		seed = 1;
		for (unsigned i = 0; i < 6000; i++) {
			bool good = build(&b, i & 1, i & 2);
			/* Only what is read behind it makes the last comma sure, hence an exact copy. */
			char *copy = malloc(b.len + 1);
			copy[0] = '[';
			memcpy(copy + 1, b.ptr, b.len);
			const char *p = copy + 1, *end = p + b.len, *at = r->numbers(p, end);
			if (at != p && (at[-1] != ',' || !is_list(span_between(p, at))))
				fail_msg("%s: took %.*s", r->name, (int)(at - p), p);
			bool number = *p == '-' || (*p >= '0' && *p <= '9');
			if (good && number && strcmp(r->name, "bytes") != 0 && end - at >= 64 + 70)
				fail_msg(
				    "%s: took %d of %.*s", r->name, (int)(at - p), SPAN_FMT(buf_span(&b)));
			free(copy);
		}
	}
	buf_free(&b);
}

static void plain(void **state)
{
	static const char stops[] = {'"', '\\', 0, 0x1F, '\n'};
	char text[300];
	for (size_t at = 0; at < 200; at++) {
		for (size_t k = 0; k < sizeof stops; k++) {
			/* A byte of another class at each place before the stop and behind it. */
			for (size_t high = 0; high < 250; high += 7) {
				bool ascii;
				memset(text, ' ' + (int)(at % 64), sizeof text);
				text[at] = stops[k];
				if (high != at)
					text[high] = (char)(high & 1 ? 0x80 : 0xFF);
				for (size_t i = 0; i < sizeof text; i++) {
					if (i != at && (text[i] == '"' || text[i] == '\\'))
						text[i] = 0x7F;
				}
				const char *got = json_run_plain(text, text + sizeof text, &ascii);
				assert_int_equal(got - text, at);
				assert_int_equal(ascii, high >= at);
				got = json_run_plain(text, text + at, &ascii);
				assert_int_equal(got - text, at);
				for (const struct json_runs *r = json_runs; r->name; r++) {
					if (!r->usable())
						continue;
					got = r->plain(text, text + sizeof text, &ascii);
					assert_true((size_t)(got - text) <= at);
					assert_int_equal(ascii, high >= (size_t)(got - text));
				}
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(plain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
