/* The settings: every row's default, bounds and refusals. */
#include "../test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "gateway/settings.h"

enum type { TEXT, NUMBER, FLAG };

static const struct row {
	const char *variable;
	enum type type;
	uint64_t least, most;
	size_t offset;
} rows[] = {
#define X(field, type, variable, fallback, least, most, meaning)                                             \
	{variable, type, least, most, offsetof(struct settings, field)},
    SETTINGS_TABLE(X)
#undef X
};

static uint64_t number_in(const struct settings *s, const struct row *r)
{
	uint64_t v;
	memcpy(&v, (const char *)s + r->offset, sizeof v);
	return v;
}

static int setup(void **state)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		unsetenv(rows[i].variable);
	return 0;
}

static int read_with(const char *variable, const char *value, struct settings *ret, char text[200])
{
	setenv(variable, value, 1);
	int rc = settings_from_env(ret, text, 200);
	unsetenv(variable);
	return rc;
}

static void accepts(const struct row *r, const char *value, uint64_t wanted)
{
	struct settings s;
	char text[200] = "";
	if (read_with(r->variable, value, &s, text) < 0 || number_in(&s, r) != wanted)
		fail_msg("%s=%s: %s", r->variable, value, text);
}

/* The message names the variable; the settings are left alone. */
static void refuses(const struct row *r, const char *value)
{
	struct settings s = {.port = 77}, before = s;
	char text[200] = "";
	int rc = read_with(r->variable, value, &s, text);
	if (rc != -E_CONFIG || !strstr(text, r->variable) || memcmp(&s, &before, sizeof s) != 0)
		fail_msg("%s=%s: %d, %s", r->variable, value, rc, text);
}

static void defaults(void **state)
{
	struct settings s;
	char text[200];
	assert_int_equal(settings_from_env(&s, text, sizeof text), 0);
#define IS_TEXT(got, wanted, least, most)                        assert_string_equal(got, wanted)
#define IS_NUMBER(got, wanted, least, most)                      (assert_int_equal(got, wanted), assert_in_range(got, least, most))
#define IS_FLAG                                                  IS_NUMBER
#define X(field, type, variable, fallback, least, most, meaning) IS_##type(s.field, fallback, least, most);
	SETTINGS_TABLE(X)
#undef X
}

static void numbers(void **state)
{
	static const char *const never[] = {
	    "-1", "+1", "1.5", "0x10", "1e3", " 1", "1 ", "1k", "ten", "18446744073709551616"};
	for (const struct row *r = rows; r < rows + COUNT(rows); r++) {
		char value[32];
		if (r->type != NUMBER)
			continue;
		snprintf(value, sizeof value, "%" PRIu64, r->least);
		accepts(r, value, r->least);
		snprintf(value, sizeof value, "%" PRIu64, r->most);
		accepts(r, value, r->most);
		snprintf(value, sizeof value, "%" PRIu64, r->most + 1);
		refuses(r, value);
		if (r->least) {
			snprintf(value, sizeof value, "%" PRIu64, r->least - 1);
			refuses(r, value);
		}
		for (size_t i = 0; i < COUNT(never); i++)
			refuses(r, never[i]);
	}
}

static void flags(void **state)
{
	for (const struct row *r = rows; r < rows + COUNT(rows); r++) {
		if (r->type != FLAG)
			continue;
		accepts(r, "1", 1);
		accepts(r, "true", 1);
		accepts(r, "on", 1);
		accepts(r, "0", 0);
		accepts(r, "false", 0);
		accepts(r, "off", 0);
		refuses(r, "yes");
		refuses(r, "2");
		refuses(r, "TRUE");
		refuses(r, " ");
	}
}

/* An empty variable is one that is not set. */
static void empty(void **state)
{
	struct settings plain, s;
	char text[200];
	assert_int_equal(settings_from_env(&plain, text, sizeof text), 0);
	for (const struct row *r = rows; r < rows + COUNT(rows); r++) {
		assert_int_equal(read_with(r->variable, "", &s, text), 0);
		assert_memory_equal((char *)&s + r->offset, (char *)&plain + r->offset, sizeof(uint64_t));
	}
}

static void texts(void **state)
{
	for (const struct row *r = rows; r < rows + COUNT(rows); r++) {
		struct settings s;
		char text[200];
		if (r->type != TEXT)
			continue;
		const char *got;
		setenv(r->variable, "some text", 1);
		assert_int_equal(settings_from_env(&s, text, sizeof text), 0);
		memcpy(&got, (char *)&s + r->offset, sizeof got);
		assert_string_equal(got, "some text");
		unsetenv(r->variable);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(numbers),
	    cmocka_unit_test(flags),
	    cmocka_unit_test(empty),
	    cmocka_unit_test(texts),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
