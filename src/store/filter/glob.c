#include "store/filter/glob.h"

#include "base/vec.h"
#include "store/filter/codepoint.h"

#define DEPTH_MAX 32
#define CASED_MAX 0x1FFFF /* no code point past it has a case */

/* A pattern becomes a small program whose states are run side by side over the text, so that no pattern can
 * make a match explode. */
enum op {
	OP_CHAR, /* x: the code point */
	OP_ANY,
	OP_CLASS, /* x: first range, y: number of ranges; `negated` */
	OP_SPLIT, /* go on at x and at y */
	OP_JUMP,  /* go on at x */
	OP_MATCH,
};

struct instr {
	enum op op;
	bool negated;
	uint32_t x, y;
};

struct range {
	uint32_t from, to;
};

/* Places in the program, each at most once. */
struct set {
	uint32_t *at, len;
};

struct glob {
	struct instr *code;
	uint32_t len;
	VEC(struct range) ranges;
	bool ignore_case;
	struct set now, next;
	uint32_t *seen, *stack; /* seen[pc]: the step at which pc was last added */
};

/* Where the compiler stands. */
struct source {
	struct span rest;
	uint32_t depth; /* of braces */
	const char *why;
};

static uint32_t emit(struct glob *g, enum op op, uint32_t x, uint32_t y)
{
	g->code[g->len] = (struct instr){.op = op, .x = x, .y = y};
	return g->len++;
}

static uint32_t fold(const struct glob *g, uint32_t cp)
{
	return g->ignore_case ? codepoint_lower(cp) : cp;
}

static void emit_star(struct glob *g)
{
	uint32_t split = emit(g, OP_SPLIT, g->len + 1, g->len + 3);
	emit(g, OP_ANY, 0, 0);
	emit(g, OP_JUMP, split, 0);
}

/* Nothing, or any run that ends in a slash. */
static void emit_directories(struct glob *g)
{
	uint32_t split = emit(g, OP_SPLIT, g->len + 1, 0);
	emit_star(g);
	emit(g, OP_CHAR, '/', 0);
	g->code[split].y = g->len;
}

static bool at_end_of_branch(const struct source *s)
{
	return s->rest.len == 0 || (s->depth && (s->rest.ptr[0] == ',' || s->rest.ptr[0] == '}'));
}

/* After a `*`; `starts`: it stands at the start of the pattern or branch, or after a slash. */
static void compile_star(struct glob *g, struct source *s, bool starts)
{
	if (s->rest.len == 0 || s->rest.ptr[0] != '*') {
		emit_star(g);
		return;
	}
	codepoint_cut(&s->rest);
	if (starts && s->rest.len && s->rest.ptr[0] == '/') {
		codepoint_cut(&s->rest);
		emit_directories(g);
	} else {
		emit_star(g);
	}
}

/* Without case, a class holds the lower-case forms of its members too, and is asked about lower case. */
static void add_range(struct glob *g, uint32_t class, uint32_t from, uint32_t to)
{
	vec_push(&g->ranges, ((struct range){from, to}));
	for (uint32_t cp = from; g->ignore_case && cp <= to && cp <= CASED_MAX; cp++) {
		uint32_t lower = codepoint_lower(cp);
		if (lower != cp)
			vec_push(&g->ranges, ((struct range){lower, lower}));
	}
	g->code[class].y = (uint32_t)g->ranges.len - g->code[class].x;
}

/* After a `[`. A `]` that comes first is meant itself, and so is a `-` that has no neighbour on a side. */
static int compile_class(struct glob *g, struct source *s)
{
	uint32_t class = emit(g, OP_CLASS, (uint32_t)g->ranges.len, 0);
	bool negated = s->rest.len && (s->rest.ptr[0] == '!' || s->rest.ptr[0] == '^');
	g->code[class].negated = negated;
	s->rest = span_skip(s->rest, negated);
	while (s->rest.len) {
		uint32_t from = codepoint_cut(&s->rest), to = from;
		if (from == ']' && g->code[class].y)
			return 0;
		if (s->rest.len >= 2 && s->rest.ptr[0] == '-' && s->rest.ptr[1] != ']') {
			codepoint_cut(&s->rest);
			to = codepoint_cut(&s->rest);
		}
		if (to < from) {
			s->why = "invalid range";
			return -E_INVALID;
		}
		add_range(g, class, from, to);
	}
	s->why = "unclosed character class; missing ']'";
	return -E_INVALID;
}

static int compile_branch(struct glob *g, struct source *s);

/* After a `{`. Each branch starts with a split to the next one and ends with a jump behind the last: the
 * jumps are chained through x until that place is known. */
static int compile_braces(struct glob *g, struct source *s)
{
	const uint32_t none = UINT32_MAX;
	if (s->depth == DEPTH_MAX) {
		s->why = "alternate groups are nested too deeply";
		return -E_INVALID;
	}
	uint32_t jumps = none, split = none;
	for (s->depth++;;) {
		uint32_t before = emit(g, OP_SPLIT, g->len + 1, 0);
		int rc = compile_branch(g, s);
		if (rc < 0)
			return rc;
		if (s->rest.len == 0) {
			s->why = "unclosed alternate group; missing '}'";
			return -E_INVALID;
		}
		if (g->len == before + 1) {
			g->len = before;
		} else {
			split = before;
			jumps = emit(g, OP_JUMP, jumps, 0);
			g->code[split].y = g->len;
		}
		if (codepoint_cut(&s->rest) == '}')
			break;
	}
	s->depth--;
	if (split != none) /* no branch comes after the last */
		g->code[split].op = OP_JUMP;
	while (jumps != none) {
		uint32_t next = g->code[jumps].x;
		g->code[jumps].x = g->len;
		jumps = next;
	}
	return 0;
}

static int compile_branch(struct glob *g, struct source *s)
{
	int rc = 0;
	for (bool starts = true; rc == 0 && !at_end_of_branch(s);) {
		uint32_t cp = codepoint_cut(&s->rest);
		if (cp == '*') {
			compile_star(g, s, starts);
		} else if (cp == '?') {
			emit(g, OP_ANY, 0, 0);
		} else if (cp == '[') {
			rc = compile_class(g, s);
		} else if (cp == '{') {
			rc = compile_braces(g, s);
		} else if (cp == '}') {
			s->why = "unopened alternate group; missing '{'";
			rc = -E_INVALID;
		} else if (cp == '\\' && s->rest.len == 0) {
			s->why = "dangling '\\'";
			rc = -E_INVALID;
		} else {
			emit(g, OP_CHAR, fold(g, cp == '\\' ? codepoint_cut(&s->rest) : cp), 0);
		}
		starts = cp == '/';
	}
	return rc;
}

static void free_ranges(void *arg)
{
	struct glob *g = arg;
	vec_free(&g->ranges);
}

int glob_compile(
    struct arena *a, struct span pattern, bool ignore_case, struct glob **ret, const char **ret_why)
{
	if (pattern.len > GLOB_MAX_BYTES) {
		*ret_why = "it is longer than 4096 bytes";
		return -E_INVALID;
	}
	struct glob *g = arena_one(a, struct glob);
	size_t most = 3 * pattern.len + 8; /* a `*` makes three instructions, nothing makes more per byte */
	struct source s = {.rest = pattern};
	g->ignore_case = ignore_case;
	g->code = arena_array(a, struct instr, most);
	arena_defer(a, free_ranges, g);
	int rc = compile_branch(g, &s);
	if (rc < 0) {
		*ret_why = s.why;
		return rc;
	}
	emit(g, OP_MATCH, 0, 0);
	g->now.at = arena_array(a, uint32_t, g->len);
	g->next.at = arena_array(a, uint32_t, g->len);
	g->stack = arena_array(a, uint32_t, g->len + 1);
	g->seen = arena_array(a, uint32_t, g->len);
	*ret = g;
	return 0;
}

/* Adds pc and all that it leads to without consuming text. */
static void add(struct glob *g, struct set *set, uint32_t step, uint32_t pc)
{
	uint32_t depth = 0;
	for (g->stack[depth++] = pc; depth;) {
		pc = g->stack[--depth];
		if (g->seen[pc] == step)
			continue;
		g->seen[pc] = step;
		const struct instr *in = &g->code[pc];
		if (in->op != OP_SPLIT && in->op != OP_JUMP) {
			set->at[set->len++] = pc;
			continue;
		}
		if (in->op == OP_SPLIT && g->seen[in->y] != step)
			g->stack[depth++] = in->y;
		if (g->seen[in->x] != step)
			g->stack[depth++] = in->x;
	}
}

static bool in_ranges(const struct glob *g, const struct instr *in, uint32_t cp)
{
	for (uint32_t i = in->x; i < in->x + in->y; i++) {
		if (g->ranges.at[i].from <= cp && cp <= g->ranges.at[i].to)
			return true;
	}
	return false;
}

static bool accepts(const struct glob *g, const struct instr *in, uint32_t cp)
{
	switch (in->op) {
	case OP_CHAR:
		return fold(g, cp) == in->x;
	case OP_ANY:
		return true;
	case OP_CLASS:
		return in_ranges(g, in, fold(g, cp)) != in->negated;
	default:
		return false;
	}
}

bool glob_match(struct glob *g, struct span text)
{
	uint32_t step = 1;
	memset(g->seen, 0, g->len * sizeof *g->seen);
	g->now.len = 0;
	add(g, &g->now, step, 0);
	while (text.len && g->now.len) {
		uint32_t cp = codepoint_cut(&text);
		step++;
		g->next.len = 0;
		for (uint32_t i = 0; i < g->now.len; i++) {
			uint32_t pc = g->now.at[i];
			if (accepts(g, &g->code[pc], cp))
				add(g, &g->next, step, pc + 1);
		}
		struct set swap = g->now;
		g->now = g->next;
		g->next = swap;
	}
	return text.len == 0 && g->seen[g->len - 1] == step;
}
