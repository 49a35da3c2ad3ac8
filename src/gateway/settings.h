/* The gateway's settings, from the environment. */
#pragma once

#include "base/span.h"
#include "gateway/settings_table.h"

#define SETTING_TYPE_TEXT   const char *
#define SETTING_TYPE_NUMBER uint64_t
#define SETTING_TYPE_FLAG   uint64_t

struct settings {
#define X(field, type, variable, fallback, least, most, meaning) SETTING_TYPE_##type field;
	SETTINGS_TABLE(X)
#undef X
};

/* Texts point into the environment. -E_CONFIG: `text`, which has room for n bytes, then names the variable
 * and what it may be. */
MUST_USE int settings_from_env(struct settings *ret, char *text, size_t n);
