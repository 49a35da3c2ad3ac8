#include "config/yaml.h"

#include <yaml.h>

#include "base/map.h"

/* A list or map that is still open. */
struct frame {
	struct yaml_node *node;
	struct yaml_node **tail; /* where its next child goes */
	struct map keys;         /* of a map: those seen */
	struct span key;         /* of a map: read, its value not yet */
	uint32_t key_line;
	bool has_key;
};

struct builder {
	struct arena *arena;
	struct yaml_error *err;
	struct frame frames[YAML_DEPTH_MAX];
	size_t depth, nodes;
	struct yaml_node *roots, **root_tail;
};

static int refuse(struct builder *b, uint32_t line, const char *message)
{
	*b->err = (struct yaml_error){.line = line, .message = message};
	return -E_INVALID;
}

static int take_key(struct builder *b, struct frame *top, const yaml_event_t *event, uint32_t line)
{
	if (event->type != YAML_SCALAR_EVENT)
		return refuse(b, line, "a key must be a scalar");
	struct span key = span_of((const char *)event->data.scalar.value, event->data.scalar.length);
	top->key = arena_copy(b->arena, key);
	top->key_line = line;
	top->has_key = true;
	if (map_get(&top->keys, top->key)) {
		refuse(b, line, "duplicate key");
		b->err->key = top->key;
		return -E_INVALID;
	}
	map_put(&top->keys, top->key, top);
	return 0;
}

/* Hangs a new node into the innermost open list or map, or among the documents. */
static void attach(struct builder *b, struct yaml_node *node)
{
	struct yaml_node ***tail = &b->root_tail;
	if (b->depth) {
		struct frame *top = &b->frames[b->depth - 1];
		node->key = top->key;
		node->key_line = top->key_line;
		top->has_key = false;
		tail = &top->tail;
	} else if (node->kind == YAML_SCALAR && yaml_is_null(node)) {
		return; /* an empty document */
	}
	**tail = node;
	*tail = &node->next;
}

static int open_frame(struct builder *b, struct yaml_node *node)
{
	if (b->depth == YAML_DEPTH_MAX)
		return refuse(b, node->line, "nested too deeply");
	b->frames[b->depth++] = (struct frame){.node = node, .tail = &node->first};
	return 0;
}

static int take_node(struct builder *b, const yaml_event_t *event, uint32_t line)
{
	struct frame *top = b->depth ? &b->frames[b->depth - 1] : NULL;
	if (top && top->node->kind == YAML_MAP && !top->has_key)
		return take_key(b, top, event, line);
	if (++b->nodes > YAML_NODES_MAX)
		return refuse(b, line, "more values than a manifest may have");
	struct yaml_node *node = arena_one(b->arena, struct yaml_node);
	node->line = line;
	if (event->type == YAML_SCALAR_EVENT) {
		node->text = arena_copy(
		    b->arena, span_of((const char *)event->data.scalar.value, event->data.scalar.length));
		node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
		attach(b, node);
		return 0;
	}
	node->kind = event->type == YAML_SEQUENCE_START_EVENT ? YAML_LIST : YAML_MAP;
	attach(b, node);
	return open_frame(b, node);
}

static bool has_tag(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.tag != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.tag != NULL;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.tag != NULL;
	default:
		return false;
	}
}

static int take_event(struct builder *b, const yaml_event_t *event)
{
	uint32_t line = (uint32_t)event->start_mark.line + 1;
	if (has_tag(event))
		return refuse(b, line, "tags are not supported");
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return refuse(b, line, "aliases are not supported");
	case YAML_SCALAR_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return take_node(b, event, line);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		map_free(&b->frames[--b->depth].keys);
		return 0;
	default: /* begin and end of the stream and of documents */
		return 0;
	}
}

static uint32_t line_at(struct span text, size_t offset)
{
	uint32_t line = 1;
	for (size_t i = 0; i < offset && i < text.len; i++)
		line += text.ptr[i] == '\n';
	return line;
}

/* libyaml's texts are static; a value is never part of them. */
static int refuse_syntax(struct builder *b, const yaml_parser_t *parser, struct span text)
{
	uint32_t line = parser->error == YAML_READER_ERROR ? line_at(text, parser->problem_offset)
	                                                   : (uint32_t)parser->problem_mark.line + 1;
	return refuse(b, line, parser->problem ? parser->problem : "malformed YAML");
}

int yaml_parse(struct arena *a, struct span text, struct yaml_node **ret, struct yaml_error *err)
{
	struct builder b = {.arena = a, .err = err};
	b.root_tail = &b.roots;
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		return refuse(&b, 1, "out of memory");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.ptr, text.len);
	int rc = 0;
	for (bool end = false; rc == 0 && !end;) {
		yaml_event_t event;
		if (!yaml_parser_parse(&parser, &event)) {
			rc = refuse_syntax(&b, &parser, text);
			break;
		}
		end = event.type == YAML_STREAM_END_EVENT;
		rc = take_event(&b, &event);
		yaml_event_delete(&event);
	}
	while (b.depth)
		map_free(&b.frames[--b.depth].keys);
	yaml_parser_delete(&parser);
	if (rc == 0)
		*ret = b.roots;
	return rc;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, struct span key)
{
	const struct yaml_node *child = map && map->kind == YAML_MAP ? map->first : NULL;
	while (child && !span_eq(child->key, key))
		child = child->next;
	return child;
}

static bool is_one_of(struct span s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (span_eq_nocase(s, span_str(words[i])))
			return true;
	}
	return false;
}

bool yaml_is_null(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && !node->quoted &&
	       (node->text.len == 0 || span_eq(node->text, SPAN("~")) ||
	           span_eq_nocase(node->text, SPAN("null")));
}

/* Decimal, hexadecimal, octal or binary; wider than any one reader's rule, which costs a user two quotes. */
static bool looks_like_number(struct span s)
{
	static const char *const special[] = {".inf", ".nan"};
	bool digit = false;
	size_t dots = 0;
	if (s.ptr[0] == '-' || s.ptr[0] == '+')
		s = span_skip(s, 1);
	if (is_one_of(s, special, 2))
		return true;
	if (s.len > 2 && s.ptr[0] == '0' && memchr("xXoObB", s.ptr[1], 6)) {
		for (size_t i = 2; i < s.len; i++) {
			if (!memchr("0123456789abcdefABCDEF_", s.ptr[i], 23))
				return false;
		}
		return true;
	}
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool is_digit = c >= '0' && c <= '9';
		bool sign = (c == '-' || c == '+') && i && (s.ptr[i - 1] == 'e' || s.ptr[i - 1] == 'E');
		bool exponent = (c == 'e' || c == 'E') && digit && i + 1 < s.len;
		dots += c == '.';
		if (dots > 1 || (!is_digit && !sign && !exponent && c != '.' && c != '_'))
			return false;
		digit = digit || is_digit;
	}
	return digit;
}

bool yaml_is_text(const struct yaml_node *node)
{
	static const char *const booleans[] = {"true", "false", "yes", "no", "on", "off"};
	if (node->kind != YAML_SCALAR)
		return false;
	return node->quoted ||
	       !(yaml_is_null(node) || is_one_of(node->text, booleans, 6) || looks_like_number(node->text));
}
