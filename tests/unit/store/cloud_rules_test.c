/* The rules of the simulated cloud, one by one: settings, chance, permits, the lag of an index. */
#include "../test.h"

#include <stdio.h>

#include "base/time.h"
#include "store/cloud/chance.h"
#include "store/cloud/cloud_settings.h"
#include "store/cloud/mishap.h"
#include "store/cloud/operations.h"
#include "store/cloud/permits.h"
#include "store/cloud/tail.h"

/* Settings */

static const struct {
	const char *name, *text;
	int rc;
} settings_cases[] = {
    {"index_lag_ms", "250", 0},
    {"index_lag_ms", "", -E_INVALID},
    {"index_lag_ms", "-1", -E_INVALID},
    {"index_lag_ms", "1.5", -E_INVALID},
    {"index_lag_ms", "1000000000001", -E_INVALID},
    {"slow_bytes_per_s", "0", -E_INVALID},
    {"cut_rate", "0.25", 0},
    {"cut_rate", "1", 0},
    {"cut_rate", "1.01", -E_INVALID},
    {"cut_rate", "-0.1", -E_INVALID},
    {"cut_rate", "nan", -E_INVALID},
    {"cut_rate", "half", -E_INVALID},
    {"statuses", "429,503", 0},
    {"statuses", "429, 503", 0},
    {"statuses", "404", -E_INVALID},
    {"statuses", "429,,503", -E_INVALID},
    {"faults_prefix", "", 0},
    {"faults_prefix", "test-", 0},
    {"index-lag-ms", "1", -E_NOT_FOUND},
    {"", "1", -E_NOT_FOUND},
};

static void settings_are_read(void **state)
{
	for (size_t i = 0; i < sizeof settings_cases / sizeof *settings_cases; i++) {
		struct cloud_settings s;
		const char *wanted = NULL;
		cloud_settings_init(&s, false);
		int rc = cloud_settings_set(
		    &s, span_str(settings_cases[i].name), span_str(settings_cases[i].text), &wanted);
		if (rc != settings_cases[i].rc || (rc == -E_INVALID) != (wanted != NULL))
			fail_msg("%s=%s: %d", settings_cases[i].name, settings_cases[i].text, rc);
	}
}

static const char *all_of(const struct cloud_settings *s)
{
	static char text[4096];
	struct buf b = buf_new(sizeof text);
	cloud_settings_put(s, &b);
	assert_int_equal(buf_status(&b), 0);
	snprintf(text, sizeof text, "%.*s", SPAN_FMT(buf_span(&b)));
	buf_free(&b);
	return text;
}

static void set(struct cloud_settings *s, const char *name, const char *text)
{
	const char *wanted;
	assert_int_equal(cloud_settings_set(s, span_str(name), span_str(text), &wanted), 0);
}

static void settings_are_written(void **state)
{
	struct cloud_settings s;
	cloud_settings_init(&s, false);
	assert_null(cloud_settings_problem(&s));
	assert_non_null(strstr(all_of(&s), "{\"seed\":1,\"index_lag_ms\":0,"));
	assert_non_null(strstr(all_of(&s), "\"statuses\":\"500,502,503,504\""));
	set(&s, "statuses", "503,408");
	set(&s, "cut_rate", "0.125");
	set(&s, "faults_prefix", "a\"b");
	assert_non_null(strstr(all_of(&s), "\"statuses\":\"408,503\""));
	assert_non_null(strstr(all_of(&s), "\"cut_rate\":0.125"));
	assert_non_null(strstr(all_of(&s), "\"faults_prefix\":\"a\\\"b\""));
	cloud_settings_init(&s, true);
	assert_null(cloud_settings_problem(&s));
	assert_non_null(strstr(all_of(&s), "\"permits\":16"));
	set(&s, "read_p99_ms", "1");
	assert_non_null(cloud_settings_problem(&s));
	cloud_settings_init(&s, false);
	set(&s, "statuses", "");
	assert_non_null(cloud_settings_problem(&s));
}

static void overrides_change_only_what_they_name(void **state)
{
	struct cloud_override o = {0};
	struct cloud_settings s;
	const char *wanted;
	assert_true(cloud_override_empty(&o));
	assert_int_equal(cloud_override_set(&o, SPAN("index_lag_ms"), SPAN("7"), &wanted), 0);
	assert_int_equal(cloud_override_set(&o, SPAN("faults_prefix"), SPAN("x"), &wanted), 0);
	cloud_settings_init(&s, true);
	uint64_t permits = s.permits;
	cloud_override_apply(&o, &s);
	assert_int_equal(s.index_lag_ms, 7);
	assert_int_equal(s.permits, permits);
	assert_int_equal(s.faults_prefix.len, 1);
	assert_int_equal(cloud_override_clear(&o, SPAN("faults_prefix")), 0);
	assert_false(cloud_override_empty(&o));
	assert_int_equal(cloud_override_clear(&o, SPAN("index_lag_ms")), 0);
	assert_true(cloud_override_empty(&o));
	assert_int_equal(cloud_override_clear(&o, SPAN("nope")), -E_NOT_FOUND);
}

/* Chance */

static void a_seed_repeats(void **state)
{
	struct chance a = chance_of(1, SPAN("ns"), 5), b = a;
	for (int i = 0; i < 10; i++)
		assert_int_equal(chance_draw(&a), chance_draw(&b));
	struct chance others[] = {
	    chance_of(2, SPAN("ns"), 5), chance_of(1, SPAN("nt"), 5), chance_of(1, SPAN("ns"), 6)};
	for (size_t i = 0; i < 3; i++) {
		struct chance c = chance_of(1, SPAN("ns"), 5);
		assert_true(chance_draw(&c) != chance_draw(&others[i]));
	}
}

/* Of 100,000 draws the shares are met within half a percent. */
static void log_normal_meets_its_percentiles(void **state)
{
	struct chance c = chance_of(7, SPAN(""), 0);
	int below_p50 = 0, below_p99 = 0, n = 100000;
	for (int i = 0; i < n; i++) {
		double x = chance_log_normal(&c, 20, 90);
		below_p50 += x < 20;
		below_p99 += x < 90;
	}
	assert_in_range(below_p50, n / 2 - n / 200, n / 2 + n / 200);
	assert_in_range(below_p99, n * 99 / 100 - n / 500, n * 99 / 100 + n / 500);
	assert_true(chance_log_normal(&c, 20, 0) == 20 && chance_log_normal(&c, 0, 0) == 0);
}

static void mishaps_follow_their_rates(void **state)
{
	struct cloud_settings s;
	int seen[MISHAP_SLOW + 1] = {0}, applied = 0, n = 20000;
	cloud_settings_init(&s, false);
	set(&s, "status_rate", "0.1");
	set(&s, "statuses", "409,504");
	set(&s, "applied_rate", "0.5");
	set(&s, "garbage_rate", "0.2");
	for (int i = 0; i < n; i++) {
		struct chance c = chance_of(3, SPAN("a"), (uint64_t)i);
		struct mishap m = mishap_draw(&c, &s, CLOUD_QUERY, SPAN("a"));
		seen[m.kind]++;
		applied += m.kind == MISHAP_STATUS && m.applied;
		if (m.kind == MISHAP_STATUS)
			assert_true(m.status == 409 || m.status == 504);
	}
	assert_in_range(seen[MISHAP_STATUS], n / 10 - n / 100, n / 10 + n / 100);
	assert_in_range(applied, n / 20 - n / 100, n / 20 + n / 100);
	int garbage = seen[MISHAP_CUT_JSON] + seen[MISHAP_NO_JSON]; /* of what the first left */
	assert_in_range(garbage, n * 18 / 100 - n / 100, n * 18 / 100 + n / 100);
	assert_true(seen[MISHAP_CUT_JSON] > garbage / 3 && seen[MISHAP_NO_JSON] > garbage / 3);
	assert_int_equal(seen[MISHAP_CUT] + seen[MISHAP_CUT_BODY] + seen[MISHAP_SLOW], 0);
}

static void mishaps_hit_what_they_may(void **state)
{
	static const struct {
		const char *on, *prefix;
		enum cloud_class class;
		const char *ns;
		bool hit;
	} cases[] = {
	    {"query", "", CLOUD_QUERY, "a", true},
	    {"query", "", CLOUD_WRITE, "a", false},
	    {"query", "", CLOUD_METADATA, "a", false},
	    {"query,write", "", CLOUD_WRITE, "a", true},
	    {"metadata", "", CLOUD_METADATA, "", true},
	    {"metadata", "", CLOUD_RECALL, "a", true},
	    {"metadata", "a", CLOUD_METADATA, "", false},
	    {"query", "ab", CLOUD_QUERY, "abc", true},
	    {"query", "ab", CLOUD_QUERY, "a", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cloud_settings s;
		struct chance c = chance_of(1, SPAN(""), 0);
		cloud_settings_init(&s, false);
		set(&s, "cut_rate", "1");
		set(&s, "faults_on", cases[i].on);
		set(&s, "faults_prefix", cases[i].prefix);
		struct mishap m = mishap_draw(&c, &s, cases[i].class, span_str(cases[i].ns));
		if ((m.kind == MISHAP_CUT) != cases[i].hit)
			fail_msg("case %zu", i);
	}
}

/* Permits: arrivals in milliseconds, in order; wait -1: refused. */

static void permits_are_waited_for(void **state)
{
	static const struct {
		const char *about;
		unsigned limit, wait_max;
		struct {
			unsigned at, weight, work;
			int wait;
		} arrivals[6];
	} cases[] = {
	    {"free ones are had at once", 16, 800, {{0, 4, 10, 0}, {0, 4, 10, 0}, {0, 8, 10, 0}}},
	    {"the next waits for the first to end", 2, 800, {{0, 1, 50, 0}, {0, 1, 90, 0}, {10, 1, 5, 40}}},
	    {"and the one after it, from then on", 2, 800,
	        {{0, 1, 50, 0}, {0, 1, 90, 0}, {10, 1, 5, 40}, {10, 1, 5, 45}}},
	    {"a heavy one waits for several", 4, 800,
	        {{0, 1, 50, 0}, {0, 1, 70, 0}, {0, 2, 90, 0}, {0, 2, 10, 70}}},
	    {"turns go by arrival: no light one passes", 4, 800,
	        {{0, 2, 50, 0}, {0, 1, 90, 0}, {0, 4, 10, 90}, {0, 1, 10, 100}}},
	    {"too long a wait is refused, and takes nothing", 1, 800,
	        {{0, 1, 801, 0}, {0, 1, 10, -1}, {1, 1, 10, 800}, {801, 1, 5, 10}}},
	    {"exactly the longest wait is fine", 1, 800, {{0, 1, 800, 0}, {0, 1, 1, 800}}},
	    {"more than all is all", 4, 800, {{0, 9, 50, 0}, {0, 9, 50, 50}, {0, 1, 10, 100}}},
	    {"what has ended holds nothing", 1, 0, {{0, 1, 10, 0}, {10, 1, 10, 0}, {19, 1, 1, -1}}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct permits p = {0};
		for (size_t k = 0; k < 6 && cases[i].arrivals[k].weight; k++) {
			uint64_t id, wait_ns, now_ns = NS_PER_S + cases[i].arrivals[k].at * NS_PER_MS;
			int rc = permits_take(&p, cases[i].limit, cases[i].arrivals[k].weight, now_ns,
			    cases[i].arrivals[k].work * NS_PER_MS, cases[i].wait_max * NS_PER_MS, &id,
			    &wait_ns);
			int wait = rc < 0 ? -1 : (int)(wait_ns / NS_PER_MS);
			if (wait != cases[i].arrivals[k].wait)
				fail_msg("%s: arrival %zu waits %d", cases[i].about, k, wait);
			if (rc == 0)
				permits_leave(&p, id, now_ns);
		}
		permits_free(&p);
	}
}

/* What is really still running counts, however short it should have been. */
static void running_queries_hold_their_permits(void **state)
{
	struct permits p = {0};
	uint64_t first, second, id, wait_ns;
	assert_int_equal(permits_take(&p, 2, 1, 1000, 0, 10, &first, &wait_ns), 0);
	assert_int_equal(permits_take(&p, 2, 1, 1000, 0, 10, &second, &wait_ns), 0);
	assert_int_equal(permits_take(&p, 2, 1, 1100, 0, 10, &id, &wait_ns), -E_FULL);
	permits_leave(&p, second, 1100);
	assert_int_equal(permits_take(&p, 2, 1, 1100, 0, 10, &id, &wait_ns), 0);
	assert_int_equal(wait_ns, 0);
	permits_leave(&p, first, 1200);
	permits_leave(&p, id, 1200);
	assert_int_equal(permits_take(&p, 2, 2, 1200, 0, 10, &id, &wait_ns), 0);
	permits_free(&p);
}

/* Operations */

static void each_operation_is_taken_once(void **state)
{
	struct operations o = {0};
	const struct store_request req = {.method = SPAN("POST"), .path = SPAN("/x"), .body = SPAN("{}")};
	static const uint64_t tokens[][2] = {{1, 1}, {1, 2}, {1, 3}};
	struct operation *late = operations_add(&o, SPAN("a"), &req, tokens[0], 100, 300);
	struct operation *early = operations_add(&o, SPAN("a"), &req, tokens[1], 100, 200);
	struct operation *same = operations_add(&o, SPAN("a"), &req, tokens[2], 100, 300);
	assert_null(operations_take_due(&o, 199));
	assert_ptr_equal(operations_take_due(&o, 300), early);
	assert_ptr_equal(operations_take_due(&o, 300), late);
	assert_ptr_equal(operations_take_due(&o, 300), same);
	assert_null(operations_take_due(&o, 300));
	operations_free(&o);
}

/* Lag: milliseconds and bytes. */

static void writes_are_indexed_in_turn(void **state)
{
	static const struct {
		uint64_t lag, rate, previous, written, bytes, at;
	} cases[] = {
	    {0, 0, 0, 500, 99, 500},
	    {100, 0, 0, 500, 99, 600},
	    {100, 0, 700, 500, 99, 700},
	    {0, 1000, 0, 500, 250, 750},
	    {100, 1000, 0, 500, 250, 850},
	    {100, 1000, 5000, 500, 250, 5250},
	    {0, 3, 0, 0, 3000000000, 1000000000000},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct tail_rules rules = {cases[i].lag * NS_PER_MS, cases[i].rate, 0};
		assert_int_equal(tail_indexed_at_ns(rules, cases[i].previous * NS_PER_MS,
		                     cases[i].written * NS_PER_MS, cases[i].bytes) /
		                     NS_PER_MS,
		    cases[i].at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(settings_are_read),
	    cmocka_unit_test(settings_are_written),
	    cmocka_unit_test(overrides_change_only_what_they_name),
	    cmocka_unit_test(a_seed_repeats),
	    cmocka_unit_test(log_normal_meets_its_percentiles),
	    cmocka_unit_test(mishaps_follow_their_rates),
	    cmocka_unit_test(mishaps_hit_what_they_may),
	    cmocka_unit_test(permits_are_waited_for),
	    cmocka_unit_test(running_queries_hold_their_permits),
	    cmocka_unit_test(each_operation_is_taken_once),
	    cmocka_unit_test(writes_are_indexed_in_turn),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
