/* Random histories of stable reads: none of them may break what stable_reads_sim.h lists, and every gateway
 * that is wrong on purpose must. LAYER_HISTORIES says how many are played, LAYER_HISTORY plays one aloud. */
#include <inttypes.h>
#include <stdlib.h>

#include "stable_reads_sim.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HISTORIES 1500
#else
#define HISTORIES 100000
#endif
#define MUTANT_HISTORIES 5000

static uint64_t number_in(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);
	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void histories(void **state)
{
	static struct sim s;
	const char *one = getenv("LAYER_HISTORY");
	uint64_t from = one ? strtoull(one, NULL, 10) : 0;
	uint64_t count = one ? 1 : number_in("LAYER_HISTORIES", HISTORIES);
	uint64_t filtered = 0, retries = 0, relayed = 0, advances = 0, strict = 0;
	for (uint64_t number = from; number < from + count; number++) {
		sim_play(&s, number, MUTANT_NONE, one);
		if (s.failed && !one)
			sim_play(&s, number, MUTANT_NONE, true);
		if (s.failed)
			fail_msg("history %" PRIu64 ": (%c) %s", number, s.failed, s.problem);
		filtered += s.filtered_reads;
		retries += s.retries;
		relayed += s.relayed;
		advances += s.advances;
		strict += s.weather.strict;
	}
	print_message("# %" PRIu64 " histories, %" PRIu64 " strict: %" PRIu64 " reads at a cut, %" PRIu64
	              " retries, %" PRIu64 " refusals relayed, %" PRIu64 " advances of a watermark\n",
	    count, strict, filtered, retries, relayed, advances);
	/* a checker that never sees these says nothing */
	if (!one)
		assert_true(filtered > count / 20 && retries > count / 100 && relayed && advances > count &&
		            strict > count / 4);
}

static const struct {
	const char *name, *caught_by;
} mutants[MUTANTS] = {
    [MUTANT_POLL_END] = {"w taken at the poll's end", "de"},
    [MUTANT_NO_TRACKING] = {"margin 0 without in-flight tracking", "de"},
    [MUTANT_UPDATING] = {"w advanced while updating", "de"},
    [MUTANT_READ_PER_LEG] = {"w read again per leg", "bf"},
    [MUTANT_STAMP_PER_ROW] = {"one stamp per row instead of per request", "s"},
    [MUTANT_RETRY_PLAIN] = {"the retry without the filter", "af"},
};

static void mutants_are_caught(void **state)
{
	static struct sim s;
	for (int m = MUTANT_NONE + 1; m < MUTANTS; m++) {
		uint64_t number = 0;
		do {
			sim_play(&s, number, (enum mutant)m, false);
		} while (!s.failed && ++number < MUTANT_HISTORIES);
		if (!s.failed || !strchr(mutants[m].caught_by, s.failed))
			fail_msg("%s: %s", mutants[m].name, s.failed ? s.problem : "not caught");
		print_message(
		    "# %s: history %" PRIu64 ": (%c) %s\n", mutants[m].name, number, s.failed, s.problem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(histories),
	    cmocka_unit_test(mutants_are_caught),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
