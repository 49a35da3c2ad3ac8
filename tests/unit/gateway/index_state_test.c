#include "../test.h"

#include "gateway/consistency/index_state.h"

#define STAMP "\"_hevlayer_upserted_at\":{\"type\":\"uint\",\"filterable\":true}"

static const struct {
	const char *metadata;
	enum watermark_state seen;
	bool filterable;
} cases[] = {
    {"{\"schema\":{" STAMP "},\"index\":{\"status\":\"up-to-date\"}}", WATERMARK_STABLE, true},
    {"{\"index\":{\"unindexed_bytes\":7,\"status\":\"updating\"},\"schema\":{\"a\":{\"type\":\"int\"}," STAMP
     "}}",
        WATERMARK_UPDATING, true},
    {"{\"schema\":{},\"index\":{\"status\":\"up-to-date\"}}", WATERMARK_STABLE, false},
    {"{\"index\":{\"status\":\"up-to-date\"}}", WATERMARK_STABLE, false},
    {"{\"schema\":{\"_hevlayer_upserted_at\":{\"type\":\"uint\",\"filterable\":false}},"
     "\"index\":{\"status\":\"updating\"}}",
        WATERMARK_UPDATING, false},
    {"{\"schema\":{\"_hevlayer_upserted_at\":\"uint\"},\"index\":{\"status\":\"updating\"}}",
        WATERMARK_UPDATING, false},
    /* what is not understood */
    {"{\"schema\":{" STAMP "},\"index\":{\"status\":\"asleep\"}}", WATERMARK_UNKNOWN, true},
    {"{\"schema\":{" STAMP "},\"index\":{\"status\":5}}", WATERMARK_UNKNOWN, false},
    {"{\"schema\":{" STAMP "},\"index\":{\"status\":null}}", WATERMARK_UNKNOWN, false},
    {"{\"schema\":{" STAMP "},\"index\":\"up-to-date\"}", WATERMARK_UNKNOWN, false},
    {"{\"schema\":{" STAMP "}}", WATERMARK_UNKNOWN, false},
    {"{\"schema\":{" STAMP "},\"index\":{\"status\":\"up-to-da", WATERMARK_UNKNOWN, false},
    {"[]", WATERMARK_UNKNOWN, false},
    {"<html>", WATERMARK_UNKNOWN, false},
    {"", WATERMARK_UNKNOWN, false},
};

static void reads(void **state)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct watermark_poll poll = {0};
		index_state_read(&poll, span_str(cases[i].metadata));
		if (poll.seen != cases[i].seen || poll.filterable != cases[i].filterable)
			fail_msg("%s: %d, %d", cases[i].metadata, (int)poll.seen, poll.filterable);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reads)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
