#include "config/schema.h"

#include <stdarg.h>
#include <stdio.h>

static uint32_t line_of(const struct yaml_node *node)
{
	return node->key_line ? node->key_line : node->line;
}

static void complain(struct schema_reader *r, const struct yaml_node *node, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void complain(struct schema_reader *r, const struct yaml_node *node, const char *fmt, ...)
{
	char text[PROBLEM_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	problems_put(r->problems, r->file, line_of(node), span_of(r->path, r->path_len), text);
}

/* Goes down to a member (or with key.ptr NULL to an item) of the path; returns what to set path_len to on the
 * way back. */
static size_t path_enter(struct schema_reader *r, struct span key, size_t item)
{
	size_t before = r->path_len, room = sizeof r->path - before;
	int n = key.ptr ? snprintf(r->path + before, room, "%s%.*s", before ? "." : "", NAME_FMT(key))
	                : snprintf(r->path + before, room, "[%zu]", item);
	r->path_len += (size_t)n < room ? (size_t)n : room - 1;
	return before;
}

/* "a, b or c" */
static const char *join_words(char *out, size_t size, const char *const *words)
{
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; words[i] && len < size; i++) {
		const char *comma = i == 0 ? "" : words[i + 1] ? ", " : " or ";
		len += (size_t)snprintf(out + len, size - len, "%s%s", comma, words[i]);
	}
	return out;
}

static int find_word(const char *const *words, struct span s)
{
	for (int i = 0; words[i]; i++) {
		if (span_eq(s, span_str(words[i])))
			return i;
	}
	return -E_NOT_FOUND;
}

/* Whether the node is text; complains if it is not. */
static bool is_text(struct schema_reader *r, const struct yaml_node *node)
{
	if (yaml_is_text(node))
		return true;
	complain(r, node, node->kind == YAML_SCALAR ? "must be text: put it in quotes" : "must be text");
	return false;
}

static void read_text(struct schema_reader *r, const struct yaml_node *node, const struct field *f, void *out)
{
	if (!is_text(r, node))
		return;
	const char *why = node->text.len == 0 ? "must not be empty" : f->check ? f->check(node->text) : NULL;
	if (why)
		complain(r, node, "%s", why);
	else
		*(struct span *)out = arena_copy(r->arena, node->text);
}

static void read_bool(struct schema_reader *r, const struct yaml_node *node, const struct field *f, void *out)
{
	bool plain = node->kind == YAML_SCALAR && !node->quoted;
	if (plain && span_eq(node->text, SPAN("true")))
		*(bool *)out = true;
	else if (plain && span_eq(node->text, SPAN("false")))
		*(bool *)out = false;
	else
		complain(r, node, "must be true or false");
}

static void read_number(
    struct schema_reader *r, const struct yaml_node *node, const struct field *f, void *out)
{
	uint64_t v;
	if (node->kind == YAML_SCALAR && !node->quoted && span_to_u64(node->text, &v) == 0 && v >= f->min &&
	    v <= f->max)
		*(uint64_t *)out = v;
	else
		complain(r, node, "must be a whole number from %llu to %llu", (unsigned long long)f->min,
		    (unsigned long long)f->max);
}

/* Milliseconds of one unit; 0 if there is no such unit. */
static uint64_t duration_unit(struct span s)
{
	static const struct {
		struct span name;
		uint64_t ms;
	} units[] = {
	    {{"ms", 2}, 1}, {{"s", 1}, 1000}, {{"m", 1}, 60000}, {{"h", 1}, 3600000}, {{"d", 1}, 86400000}};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (span_eq(s, units[i].name))
			return units[i].ms;
	}
	return 0;
}

/* Numbers with units, one after the other; positive in all. */
static int parse_duration(struct span s, uint64_t *ret_ms)
{
	uint64_t sum = 0;
	while (s.len) {
		uint64_t n, ms;
		size_t digits = 0, end;
		while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
			digits++;
		for (end = digits; end < s.len && s.ptr[end] >= 'a';)
			end++;
		if (span_to_u64(span_of(s.ptr, digits), &n) < 0)
			return -E_INVALID;
		ms = duration_unit(span_of(s.ptr + digits, end - digits));
		if (!ms || __builtin_mul_overflow(n, ms, &ms) || __builtin_add_overflow(sum, ms, &sum))
			return -E_INVALID;
		s = span_skip(s, end);
	}
	if (sum == 0)
		return -E_INVALID;
	*ret_ms = sum;
	return 0;
}

static void read_duration(
    struct schema_reader *r, const struct yaml_node *node, const struct field *f, void *out)
{
	bool may_never = f->min == 0;
	if (may_never && node->kind == YAML_SCALAR && span_eq(node->text, SPAN("never")))
		*(uint64_t *)out = 0;
	else if (node->kind != YAML_SCALAR || parse_duration(node->text, out) < 0)
		complain(r, node, "must be a duration such as 30s, 5m, 24h or 30d%s",
		    may_never ? ", or never" : "");
}

static void read_choice(
    struct schema_reader *r, const struct yaml_node *node, const struct field *f, void *out)
{
	char words[200];
	int i = node->kind == YAML_SCALAR ? find_word(f->words, node->text) : -E_INVALID;
	if (i < 0)
		complain(r, node, "must be %s", join_words(words, sizeof words, f->words));
	else
		*(int *)out = i;
}

/* Whether the node is a list; complains if it is not. */
static bool is_list(struct schema_reader *r, const struct yaml_node *node)
{
	if (node->kind != YAML_LIST)
		complain(r, node, "must be a list");
	return node->kind == YAML_LIST;
}

static size_t count_children(const struct yaml_node *node)
{
	size_t n = 0;
	for (const struct yaml_node *child = node->first; child; child = child->next)
		n++;
	return n;
}

static void read_choices(
    struct schema_reader *r, const struct yaml_node *node, const struct field *f, void *out)
{
	unsigned bits = 0;
	size_t item = 0;
	if (!is_list(r, node))
		return;
	if (!node->first)
		complain(r, node, "must not be empty");
	for (const struct yaml_node *child = node->first; child; child = child->next) {
		size_t before = path_enter(r, SPAN_NONE, item++);
		int bit = -1;
		read_choice(r, child, f, &bit);
		bits |= bit < 0 ? 0 : 1U << bit;
		r->path_len = before;
	}
	*(unsigned *)out = bits;
}

static void read_texts(
    struct schema_reader *r, const struct yaml_node *node, const struct field *f, void *out)
{
	if (!is_list(r, node))
		return;
	struct span *at = arena_array(r->arena, struct span, count_children(node));
	size_t n = 0;
	for (const struct yaml_node *child = node->first; child; child = child->next, n++) {
		size_t before = path_enter(r, SPAN_NONE, n);
		read_text(r, child, f, &at[n]);
		r->path_len = before;
	}
	*(struct texts *)out = (struct texts){at, n};
}

static void read_pairs(
    struct schema_reader *r, const struct yaml_node *node, const struct field *f, void *out)
{
	if (node->kind != YAML_MAP) {
		complain(r, node, "must be a map");
		return;
	}
	struct pairs pairs = {arena_array(r->arena, struct pair, count_children(node)), 0};
	for (const struct yaml_node *child = node->first; child; child = child->next) {
		size_t before = path_enter(r, child->key, 0);
		if (is_text(r, child))
			pairs.at[pairs.len++] = (struct pair){
			    arena_copy(r->arena, child->key), arena_copy(r->arena, child->text)};
		r->path_len = before;
	}
	*(struct pairs *)out = pairs;
}

static void read_map(struct schema_reader *r, const struct yaml_node *node, const struct field *f, void *out)
{
	schema_read(r, node, f->fields, out);
}

static void read_list(struct schema_reader *r, const struct yaml_node *node, const struct field *f, void *out)
{
	if (!is_list(r, node))
		return;
	size_t count = count_children(node);
	if (count > f->max) {
		complain(r, node, "must not have more than %llu items", (unsigned long long)f->max);
		return;
	}
	struct items items = {arena_zalloc(r->arena, f->size * count), 0};
	for (const struct yaml_node *child = node->first; child; child = child->next, items.len++) {
		size_t before = path_enter(r, SPAN_NONE, items.len);
		schema_read(r, child, f->fields, (char *)items.at + f->size * items.len);
		r->path_len = before;
	}
	*(struct items *)out = items;
}

static void read_any(struct schema_reader *r, const struct yaml_node *node, const struct field *f, void *out)
{
}

typedef void read_fn(struct schema_reader *, const struct yaml_node *, const struct field *, void *);

static read_fn *const readers[] = {
    [FIELD_TEXT] = read_text,
    [FIELD_BOOL] = read_bool,
    [FIELD_NUMBER] = read_number,
    [FIELD_DURATION] = read_duration,
    [FIELD_CHOICE] = read_choice,
    [FIELD_CHOICES] = read_choices,
    [FIELD_TEXTS] = read_texts,
    [FIELD_PAIRS] = read_pairs,
    [FIELD_MAP] = read_map,
    [FIELD_LIST] = read_list,
    [FIELD_ANY] = read_any,
};

static const struct field *find_field(const struct field *fields, struct span name)
{
	const struct field *f = fields;
	while (f->name && !span_eq(span_str(f->name), name) && strcmp(f->name, "*") != 0)
		f++;
	return f->name ? f : NULL;
}

static void complain_unknown(
    struct schema_reader *r, const struct yaml_node *node, const struct field *fields)
{
	const char *names[20] = {0};
	char text[300];
	for (size_t i = 0; i < 19 && fields[i].name; i++)
		names[i] = fields[i].name;
	complain(r, node, "unknown field; here may stand %s", join_words(text, sizeof text, names));
}

void schema_read(struct schema_reader *r, const struct yaml_node *map, const struct field *fields, void *out)
{
	if (map->kind != YAML_MAP) {
		complain(r, map, "must be a map");
		return;
	}
	for (const struct yaml_node *child = map->first; child; child = child->next) {
		const struct field *f = find_field(fields, child->key);
		size_t before = path_enter(r, child->key, 0);
		if (!f)
			complain_unknown(r, child, fields);
		else if (!yaml_is_null(child))
			readers[f->type](r, child, f, (char *)out + f->offset);
		r->path_len = before;
	}
	for (const struct field *f = fields; f->name; f++) {
		const struct yaml_node *child = f->required ? yaml_get(map, span_str(f->name)) : NULL;
		size_t before = path_enter(r, span_str(f->name), 0);
		if (f->required && (!child || yaml_is_null(child)))
			complain(r, child ? child : map, "required");
		r->path_len = before;
	}
}

uint32_t schema_line(const struct yaml_node *root, struct span path)
{
	const struct yaml_node *node = root;
	while (path.len) {
		const struct yaml_node *child = yaml_get(node, path); /* a last name may hold dots */
		if (child)
			return line_of(child);
		struct span item = span_cut(&path, '.'), name = span_cut(&item, '[');
		child = yaml_get(node, name);
		uint64_t n;
		if (child && item.len && span_to_u64(span_cut(&item, ']'), &n) == 0) {
			const struct yaml_node *in_list = child->first;
			while (n-- && in_list)
				in_list = in_list->next;
			child = in_list;
		}
		if (!child)
			break;
		node = child;
	}
	return line_of(node);
}
