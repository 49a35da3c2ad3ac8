#include "../test.h"

#include "obs/trace.h"

#define ID      "0af7651916cd43dd8448eb211c80319c"
#define SPAN_ID "b7ad6b7169203331"

static void parses(void **state)
{
	static const struct {
		const char *in;
		const char *out; /* NULL: refused */
	} cases[] = {
	    {"00-" ID "-" SPAN_ID "-01", "00-" ID "-" SPAN_ID "-01"},
	    {"00-" ID "-" SPAN_ID "-00", "00-" ID "-" SPAN_ID "-00"},
	    {"00-" ID "-" SPAN_ID "-03", "00-" ID "-" SPAN_ID "-03"},
	    {"00-" ID "-" SPAN_ID "-ff", "00-" ID "-" SPAN_ID "-03"},
	    {"cc-" ID "-" SPAN_ID "-01", "00-" ID "-" SPAN_ID "-01"},
	    {"cc-" ID "-" SPAN_ID "-01-what-the-future-brings", "00-" ID "-" SPAN_ID "-01"},
	    {"cc-" ID "-" SPAN_ID "-01.what", NULL},
	    {"00-" ID "-" SPAN_ID "-01-more", NULL},
	    {"ff-" ID "-" SPAN_ID "-01", NULL},
	    {"00-" ID "-" SPAN_ID "-1", NULL},
	    {"00-" ID "-" SPAN_ID "-0G", NULL},
	    {"0-" ID "-" SPAN_ID "-011", NULL},
	    {"00-0AF7651916CD43DD8448EB211C80319C-" SPAN_ID "-01", NULL},
	    {"00-00000000000000000000000000000000-" SPAN_ID "-01", NULL},
	    {"00-" ID "-0000000000000000-01", NULL},
	    {"00_" ID "-" SPAN_ID "-01", NULL},
	    {"00-" ID "_" SPAN_ID "-01", NULL},
	    {"00-" ID "-" SPAN_ID "_01", NULL},
	    {" 00-" ID "-" SPAN_ID "-01", NULL},
	    {"", NULL},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trace t;
		char out[TRACE_PARENT_LEN];
		int rc = trace_parse(span_str(cases[i].in), &t);
		if ((rc == 0) != (cases[i].out != NULL))
			fail_msg("%s: %d", cases[i].in, rc);
		if (rc < 0)
			continue;
		trace_format(&t, out);
		assert_span(span_of(out, sizeof out), cases[i].out);
	}
}

static void continues_or_starts(void **state)
{
	struct trace given, ours, again, fresh;
	assert_int_equal(trace_parse(SPAN("00-" ID "-" SPAN_ID "-00"), &given), 0);
	ours = trace_continue(SPAN("00-" ID "-" SPAN_ID "-00"));
	assert_memory_equal(ours.trace_id, given.trace_id, sizeof given.trace_id);
	assert_memory_not_equal(ours.span_id, given.span_id, sizeof given.span_id);
	assert_int_equal(ours.flags, 0);
	again = trace_child(&ours);
	assert_memory_equal(again.trace_id, ours.trace_id, sizeof ours.trace_id);
	assert_memory_not_equal(again.span_id, ours.span_id, sizeof ours.span_id);

	fresh = trace_continue(SPAN("nonsense"));
	again = trace_continue(SPAN_NONE);
	assert_int_equal(fresh.flags, 1);
	assert_memory_not_equal(fresh.trace_id, again.trace_id, sizeof fresh.trace_id);
	char out[TRACE_PARENT_LEN];
	trace_format(&fresh, out);
	assert_int_equal(trace_parse(span_of(out, sizeof out), &again), 0);
	assert_memory_equal(&fresh, &again, sizeof fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parses),
	    cmocka_unit_test(continues_or_starts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
