#include "../test.h"

#include "base/uuid.h"

static void spellings(void **state)
{
	static const struct {
		const char *in;
		int rc;
	} cases[] = {
	    {"0190a0b0-c0d0-7e0f-8001-0203040506ff", 0},
	    {"0190A0B0-C0D0-7E0F-8001-0203040506FF", 0},
	    {"0190a0b0c0d07e0f80010203040506ff", 0},
	    {"urn:uuid:0190a0b0-c0d0-7e0f-8001-0203040506ff", 0},
	    {"{0190a0b0-c0d0-7e0f-8001-0203040506ff}", 0},
	    {"0190a0b0-c0d0-7e0f-8001-0203040506f", -E_INVALID},
	    {"0190a0b0-c0d07-e0f-8001-0203040506ff", -E_INVALID},
	    {"0190a0b0-c0d0-7e0f-8001-0203040506fg", -E_INVALID},
	    {"", -E_INVALID},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct uuid u;
		char out[UUID_TEXT_LEN];
		assert_int_equal(uuid_parse(span_str(cases[i].in), &u), cases[i].rc);
		if (cases[i].rc == 0) {
			uuid_format(&u, out);
			assert_span(span_of(out, sizeof out), "0190a0b0-c0d0-7e0f-8001-0203040506ff");
		}
	}
}

static void random_is_version_4(void **state)
{
	struct uuid a = uuid_random(), b = uuid_random();
	assert_memory_not_equal(&a, &b, sizeof a);
	assert_int_equal(a.bytes[6] >> 4, 4);
	assert_int_equal(a.bytes[8] >> 6, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spellings), cmocka_unit_test(random_is_version_4)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
