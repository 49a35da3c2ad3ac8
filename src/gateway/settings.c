#include "gateway/settings.h"

#include <stdio.h>
#include <stdlib.h>

static int read_text(const char *variable, const char **ret)
{
	const char *s = getenv(variable);
	if (s && *s)
		*ret = s;
	return 0;
}

static int read_number(const char *variable, uint64_t least, uint64_t most, uint64_t *ret)
{
	const char *s = getenv(variable);
	uint64_t v;
	if (!s || !*s)
		return 0;
	if (span_to_u64(span_str(s), &v) < 0 || v < least || v > most)
		return -E_CONFIG;
	*ret = v;
	return 0;
}

static int read_flag(const char *variable, uint64_t *ret)
{
	const char *s = getenv(variable);
	if (!s || !*s)
		return 0;
	bool on = !strcmp(s, "1") || !strcmp(s, "true") || !strcmp(s, "on");
	if (!on && strcmp(s, "0") && strcmp(s, "false") && strcmp(s, "off"))
		return -E_CONFIG;
	*ret = on;
	return 0;
}

int settings_from_env(struct settings *ret, char *text, size_t n)
{
	struct settings s;
#define READ_TEXT(field, variable, least, most)   read_text(variable, &s.field)
#define READ_NUMBER(field, variable, least, most) read_number(variable, least, most, &s.field)
#define READ_FLAG(field, variable, least, most)   read_flag(variable, &s.field)
#define WANT_TEXT(least, most)                    "text"
#define WANT_NUMBER(least, most)                  "a number from " #least " to " #most
#define WANT_FLAG(least, most)                    "true or false"
#define X(field, type, variable, fallback, least, most, meaning)                                             \
	s.field = fallback;                                                                                  \
	if (READ_##type(field, variable, least, most) < 0) {                                                 \
		snprintf(text, n, "%s must be %s", variable, WANT_##type(least, most));                      \
		return -E_CONFIG;                                                                            \
	}
	SETTINGS_TABLE(X)
#undef X
	*ret = s;
	return 0;
}
