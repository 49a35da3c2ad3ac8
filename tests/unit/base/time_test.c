#include "../test.h"

#include "base/time.h"

static void iso8601(void **state)
{
	static const struct {
		const char *in;
		int rc;
		int64_t ns;
	} cases[] = {
	    {"1970-01-01", 0, 0},
	    {"1970-01-01T00:00:01Z", 0, 1000000000},
	    {"1970-01-01 00:00:01.5", 0, 1500000000},
	    {"1970-01-01T01:00:00+01:00", 0, 0},
	    {"1970-01-01T00:00:00-0130", 0, 5400000000000},
	    {"1969-12-31T23:59:59Z", 0, -1000000000},
	    {"2024-02-29T00:00Z", 0, 1709164800000000000},
	    {"2024-03-02T00:00:00.0000000019Z", 0, 1709337600000000001},
	    {"2023-02-29", -E_INVALID, 0},
	    {"2024-13-01", -E_INVALID, 0},
	    {"2024-01-01T24:00:00Z", -E_INVALID, 0},
	    {"2024-01-01T00:00:00.Z", -E_INVALID, 0},
	    {"2024-01-01T00:00:00Zx", -E_INVALID, 0},
	    {"2024-1-1", -E_INVALID, 0},
	    {"", -E_INVALID, 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ns = 0;
		assert_int_equal(time_parse_iso8601(span_str(cases[i].in), &ns), cases[i].rc);
		assert_true(ns == cases[i].ns);
	}
}

static void rfc3339(void **state)
{
	char out[TIME_RFC3339_MAX];
	assert_span(
	    span_of(out, time_format_rfc3339(1709337600000000001, 9, out)), "2024-03-02T00:00:00.000000001Z");
	assert_span(
	    span_of(out, time_format_rfc3339(1709337600123456789, 3, out)), "2024-03-02T00:00:00.123Z");
	assert_span(span_of(out, time_format_rfc3339(1709337600123456789, 0, out)), "2024-03-02T00:00:00Z");
}

static void virtual_clock(void **state)
{
	struct virtual_clock clock = {.mono_ns = 5, .wall_ns = 7 * NS_PER_MS};
	time_use_virtual(&clock);
	assert_int_equal(time_mono_ns(), 5);
	assert_int_equal(time_wall_ms(), 7);
	time_use_virtual(NULL);
	assert_true(time_wall_ms() > 1700000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(iso8601),
	    cmocka_unit_test(rfc3339),
	    cmocka_unit_test(virtual_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
