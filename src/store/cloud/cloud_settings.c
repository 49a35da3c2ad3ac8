#include "store/cloud/cloud_settings.h"

#include <stddef.h>
#include <stdlib.h>

#include "json/write.h"

enum kind { NUMBER, RATE, WORDS, TEXT };

static const struct row {
	const char *name;
	enum kind kind;
	size_t offset, size;
	uint64_t least, most;
	const char *words, *fallback, *cloud, *unit, *meaning, *wanted;
} rows[] = {
#define WANTED_NUMBER(least, most, words) "a whole number from " #least " to " #most
#define WANTED_RATE(least, most, words)   "a number from 0 to 1"
#define WANTED_WORDS(least, most, words)  "some of " words ", with commas between them"
#define WANTED_TEXT(least, most, words)   "at most 128 bytes"
#define X(field, kind, least, most, words, fallback, cloud, unit, meaning)                                   \
	{#field, kind, offsetof(struct cloud_settings, field), sizeof(CLOUD_##kind), least, most, words,     \
	    fallback, cloud, unit, meaning, WANTED_##kind(least, most, words)},
    CLOUD_SETTINGS_TABLE(X)
#undef X
};

static void *value_of(const struct cloud_settings *s, const struct row *row)
{
	return (char *)(uintptr_t)s + row->offset;
}

static const struct row *find(struct span name)
{
	for (size_t i = 0; i < CLOUD_SETTINGS; i++) {
		if (span_eq(name, span_str(rows[i].name)))
			return &rows[i];
	}
	return NULL;
}

static int read_number(const struct row *row, struct span text, uint64_t *ret)
{
	uint64_t v;
	if (span_to_u64(text, &v) < 0 || v < row->least || v > row->most)
		return -E_INVALID;
	*ret = v;
	return 0;
}

static int read_rate(struct span text, double *ret)
{
	char copy[32], *end;
	if (!text.len || text.len >= sizeof copy)
		return -E_INVALID;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	double v = strtod(copy, &end);
	if (*end || !(v >= 0 && v <= 1))
		return -E_INVALID;
	*ret = v;
	return 0;
}

static int read_words(const struct row *row, struct span text, uint64_t *ret)
{
	uint64_t set = 0;
	while (text.len) {
		struct span word = span_trim(span_cut(&text, ',')), list = span_str(row->words);
		uint64_t bit = 1;
		while (list.len && !span_eq(span_cut(&list, ','), word))
			bit <<= 1;
		if (!cloud_word(bit, (enum cloud_setting)(row - rows), word))
			return -E_INVALID;
		set |= bit;
	}
	*ret = set;
	return 0;
}

static int read_text(struct span text, struct cloud_text *ret)
{
	if (text.len > CLOUD_TEXT_MAX)
		return -E_INVALID;
	if (text.len)
		memcpy(ret->at, text.ptr, text.len);
	ret->len = text.len;
	return 0;
}

static int read_value(const struct row *row, struct span text, void *ret)
{
	switch (row->kind) {
	case NUMBER:
		return read_number(row, text, ret);
	case RATE:
		return read_rate(text, ret);
	case WORDS:
		return read_words(row, text, ret);
	case TEXT:
		break;
	}
	return read_text(text, ret);
}

void cloud_settings_init(struct cloud_settings *ret, bool like_the_cloud)
{
	*ret = (struct cloud_settings){0};
	for (size_t i = 0; i < CLOUD_SETTINGS; i++) {
		const char *text = like_the_cloud ? rows[i].cloud : rows[i].fallback;
		if (read_value(&rows[i], span_str(text), value_of(ret, &rows[i])) < 0)
			abort(); /* the table contradicts itself */
	}
}

int cloud_settings_set(struct cloud_settings *s, struct span name, struct span text, const char **ret_wanted)
{
	const struct row *row = find(name);
	if (!row)
		return -E_NOT_FOUND;
	int rc = read_value(row, text, value_of(s, row));
	if (rc < 0)
		*ret_wanted = row->wanted;
	return rc;
}

int cloud_settings_reset(struct cloud_settings *s, struct span name, const struct cloud_settings *from)
{
	const struct row *row = find(name);
	if (!row)
		return -E_NOT_FOUND;
	memcpy(value_of(s, row), value_of(from, row), row->size);
	return 0;
}

const char *cloud_settings_problem(const struct cloud_settings *s)
{
	if (s->read_p99_ms && s->read_p99_ms < s->read_p50_ms)
		return "read_p99_ms is below read_p50_ms";
	if (s->write_p99_ms && s->write_p99_ms < s->write_p50_ms)
		return "write_p99_ms is below write_p50_ms";
	if (s->operation_p99_ms && s->operation_p99_ms < s->operation_p50_ms)
		return "operation_p99_ms is below operation_p50_ms";
	if (!s->statuses || !s->index_build_status)
		return "statuses and index_build_status need at least one";
	return NULL;
}

static void put_words(const struct row *row, uint64_t set, struct buf *out)
{
	struct span list = span_str(row->words);
	const char *comma = "";
	buf_byte(out, '"');
	for (; list.len; set >>= 1) {
		struct span word = span_cut(&list, ',');
		if (!(set & 1))
			continue;
		buf_printf(out, "%s%.*s", comma, SPAN_FMT(word));
		comma = ",";
	}
	buf_byte(out, '"');
}

static void put_value(const struct row *row, const void *value, struct buf *out)
{
	switch (row->kind) {
	case NUMBER:
		buf_u64(out, *(const uint64_t *)value);
		break;
	case RATE:
		json_put_f64(out, *(const double *)value);
		break;
	case WORDS:
		put_words(row, *(const uint64_t *)value, out);
		break;
	case TEXT: {
		const struct cloud_text *text = value;
		json_put_string(out, span_of(text->at, text->len));
	}
	}
}

static void put_settings(const struct cloud_settings *s, const bool *set, struct buf *out)
{
	bool first = true;
	buf_byte(out, '{');
	for (size_t i = 0; i < CLOUD_SETTINGS; i++) {
		if (set && !set[i])
			continue;
		json_put_key(out, &first, span_str(rows[i].name));
		put_value(&rows[i], value_of(s, &rows[i]), out);
	}
	buf_byte(out, '}');
}

void cloud_settings_put(const struct cloud_settings *s, struct buf *out)
{
	put_settings(s, NULL, out);
}

int cloud_override_set(struct cloud_override *o, struct span name, struct span text, const char **ret_wanted)
{
	int rc = cloud_settings_set(&o->values, name, text, ret_wanted);
	if (rc == 0)
		o->set[find(name) - rows] = true;
	return rc;
}

int cloud_override_clear(struct cloud_override *o, struct span name)
{
	const struct row *row = find(name);
	if (!row)
		return -E_NOT_FOUND;
	o->set[row - rows] = false;
	return 0;
}

bool cloud_override_empty(const struct cloud_override *o)
{
	for (size_t i = 0; i < CLOUD_SETTINGS; i++) {
		if (o->set[i])
			return false;
	}
	return true;
}

void cloud_override_apply(const struct cloud_override *o, struct cloud_settings *s)
{
	for (size_t i = 0; i < CLOUD_SETTINGS; i++) {
		if (o->set[i])
			memcpy(value_of(s, &rows[i]), value_of(&o->values, &rows[i]), rows[i].size);
	}
}

void cloud_override_put(const struct cloud_override *o, struct buf *out)
{
	put_settings(&o->values, o->set, out);
}

bool cloud_word(uint64_t set, enum cloud_setting at, struct span word)
{
	struct span list = span_str(rows[at].words);
	for (; list.len; set >>= 1) {
		if (span_eq(span_cut(&list, ','), word))
			return set & 1;
	}
	return false;
}

struct span cloud_word_drawn(uint64_t set, enum cloud_setting at, uint64_t draw)
{
	struct span list = span_str(rows[at].words);
	uint64_t n = set ? draw % (uint64_t)__builtin_popcountll(set) : 0;
	for (; list.len; set >>= 1) {
		struct span word = span_cut(&list, ',');
		if ((set & 1) && n-- == 0)
			return word;
	}
	return SPAN_NONE;
}

#define HELP_INDENT 26
#define HELP_WIDTH  112

/* Words, from column HELP_INDENT to HELP_WIDTH. */
static void put_wrapped(struct buf *out, struct span text)
{
	size_t column = HELP_INDENT;
	while (text.len) {
		struct span word = span_cut(&text, ' ');
		if (column + word.len > HELP_WIDTH) {
			buf_printf(out, "\n%*s", HELP_INDENT, "");
			column = HELP_INDENT;
		}
		buf_append(out, word);
		buf_byte(out, ' ');
		column += word.len + 1;
	}
}

void cloud_settings_put_help(struct buf *out)
{
	for (size_t i = 0; i < CLOUD_SETTINGS; i++) {
		char flag[64];
		size_t n = strlen(rows[i].name);
		for (size_t at = 0; at <= n; at++)
			flag[at] = rows[i].name[at] == '_' ? '-' : rows[i].name[at];
		buf_printf(out, "  --%-21s ", flag);
		put_wrapped(out, span_str(rows[i].meaning));
		if (rows[i].fallback[0])
			buf_printf(
			    out, "[%s%s%s]", rows[i].fallback, rows[i].unit[0] ? " " : "", rows[i].unit);
		buf_byte(out, '\n');
	}
}
