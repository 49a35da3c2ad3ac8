/* The settings of the simulated cloud as values; their table is cloud_settings_table.h. */
#pragma once

#include "base/buf.h"
#include "store/cloud/cloud_settings_table.h"
#include "json/doc.h"

#define CLOUD_TEXT_MAX 128

struct cloud_text {
	size_t len;
	char at[CLOUD_TEXT_MAX];
};

/* What a kind is kept as. WORDS is a set: bit i stands for the i-th word of the table's list. */
#define CLOUD_NUMBER uint64_t
#define CLOUD_RATE   double
#define CLOUD_WORDS  uint64_t
#define CLOUD_TEXT   struct cloud_text

struct cloud_settings {
#define X(field, kind, least, most, words, fallback, cloud, unit, meaning) CLOUD_##kind field;
	CLOUD_SETTINGS_TABLE(X)
#undef X
};

enum cloud_setting {
#define X(field, kind, least, most, words, fallback, cloud, unit, meaning) CLOUD_AT_##field,
	CLOUD_SETTINGS_TABLE(X)
#undef X
	    CLOUD_SETTINGS
};

/* Some settings, for a namespace that differs from the others. */
struct cloud_override {
	struct cloud_settings values;
	bool set[CLOUD_SETTINGS];
};

/* The defaults, under which nothing is simulated; or, `like_the_cloud`, the values of --cloud. */
void cloud_settings_init(struct cloud_settings *ret, bool like_the_cloud);
/* Sets the one with this name (underscores, as in the table) from its text: a number, words with commas.
 * -E_NOT_FOUND: there is none; -E_INVALID: *ret_wanted says what it must be (static text). */
MUST_USE int cloud_settings_set(
    struct cloud_settings *s, struct span name, struct span text, const char **ret_wanted);
/* Gives the one with this name the value that it has in `from`. -E_NOT_FOUND. */
MUST_USE int cloud_settings_reset(
    struct cloud_settings *s, struct span name, const struct cloud_settings *from);
/* What is wrong with them together (a p99 below its p50), or NULL. */
const char *cloud_settings_problem(const struct cloud_settings *s);
/* {"seed":1,…}: all of them. */
void cloud_settings_put(const struct cloud_settings *s, struct buf *out);

/* The same for an override; it is put without what it leaves as it is. */
MUST_USE int cloud_override_set(
    struct cloud_override *o, struct span name, struct span text, const char **ret_wanted);
MUST_USE int cloud_override_clear(struct cloud_override *o, struct span name);
bool cloud_override_empty(const struct cloud_override *o);
void cloud_override_apply(const struct cloud_override *o, struct cloud_settings *s);
void cloud_override_put(const struct cloud_override *o, struct buf *out);

/* Whether this word of a setting of the kind WORDS is in the set. */
bool cloud_word(uint64_t set, enum cloud_setting at, struct span word);
/* One word of a set, any with the same chance: `draw` is a random number. Empty if there is none. */
struct span cloud_word_drawn(uint64_t set, enum cloud_setting at, uint64_t draw);
/* The lines of --help. */
void cloud_settings_put_help(struct buf *out);
