#include "store/filter/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <string.h>

#include "base/result.h"

#define HEAP_MAX_KIB 16384
#define MATCH_MAX    10000000
#define PATTERN_FLAGS                                                                                        \
	(PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C |     \
	    PCRE2_AUTO_CALLOUT)

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	size_t steps, last; /* last: where the search stood at the step before */
};

struct scan {
	struct span s;
	size_t at;
	const char *why;
};

static char peek(const struct scan *sc, size_t ahead)
{
	return sc->at + ahead < sc->s.len ? sc->s.ptr[sc->at + ahead] : 0;
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static int no(struct scan *sc, const char *why)
{
	sc->why = why;
	return -E_INVALID;
}

static size_t run_of(const struct scan *sc, size_t ahead, const char *set)
{
	size_t n = 0;
	while (is_one_of(peek(sc, ahead + n), set))
		n++;
	return n;
}

#define DIGITS  "0123456789"
#define HEX     DIGITS "abcdefABCDEF"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* The argument of \x, \p and \P: one form in braces, one of `bare` characters. */
static int scan_argument(struct scan *sc, const char *set, size_t bare)
{
	if (peek(sc, 2) == '{') {
		size_t n = run_of(sc, 3, set);
		if (n == 0 || peek(sc, 3 + n) != '}')
			return no(sc, "malformed escape");
		sc->at += 4 + n;
		return 0;
	}
	if (run_of(sc, 2, set) < bare)
		return no(sc, "malformed escape");
	sc->at += 2 + bare;
	return 0;
}

static int scan_escape(struct scan *sc, bool in_class)
{
	char c = peek(sc, 1);
	if (c == 'x')
		return scan_argument(sc, HEX, 2);
	if (c == 'p' || c == 'P')
		return scan_argument(sc, LETTERS DIGITS "_=:", 1);
	if (is_one_of(c, DIGITS))
		return no(sc, "back-references are not supported");
	if (is_one_of(c, "uU"))
		return no(sc, "\\u and \\U are not supported, write \\x{…}");
	bool assertion = is_one_of(c, "bBAz");
	bool punctuation = is_one_of(c, "!\"#$%&'()*+,-./:;=?@[\\]^_`{|}~");
	if ((!assertion || in_class || peek(sc, 2) == '{') && !punctuation && !is_one_of(c, "dDwWsStnrfa"))
		return no(sc, "this escape is not supported");
	sc->at += 2;
	return 0;
}

static int scan_class(struct scan *sc)
{
	sc->at += peek(sc, 1) == '^' ? 2 : 1;
	if (peek(sc, 0) == ']')
		sc->at++;
	while (sc->at < sc->s.len) {
		char c = peek(sc, 0);
		int rc = 0;
		if (c == ']') {
			sc->at++;
			return 0;
		}
		if (c == '[')
			return no(sc, "nested and POSIX classes are not supported, escape a literal [");
		if (is_one_of(c, "&-~") && peek(sc, 1) == c)
			return no(sc, "set operations in classes are not supported");
		if (c == '\\')
			rc = scan_escape(sc, true);
		else
			sc->at++;
		if (rc < 0)
			return rc;
	}
	return no(sc, "unclosed character class");
}

static int scan_group(struct scan *sc)
{
	if (peek(sc, 1) == '*')
		return no(sc, "verbs are not supported");
	if (peek(sc, 1) != '?') {
		sc->at++;
		return 0;
	}
	size_t named = peek(sc, 2) == 'P' ? 4 : 3;
	if (peek(sc, named - 1) == '<' && is_one_of(peek(sc, named), LETTERS "_")) {
		sc->at += named;
		return 0;
	}
	size_t flags = run_of(sc, 2, "imsU-");
	if (!is_one_of(peek(sc, 2 + flags), flags ? ":)" : ":"))
		return no(
		    sc, "only the groups (?:…), (?<name>…), (?P<name>…) and the flags imsU are supported");
	sc->at += 3 + flags;
	return 0;
}

/* Rust repeats a repetition where PCRE2 sees a possessive one; it has no literal { either. */
static int scan_repetition(struct scan *sc)
{
	size_t len = 1;
	if (peek(sc, 0) == '{') {
		size_t from = run_of(sc, 1, DIGITS);
		size_t to = peek(sc, 1 + from) == ',' ? 1 + run_of(sc, 2 + from, DIGITS) : 0;
		len = 2 + from + to;
		if (from == 0 || peek(sc, len - 1) != '}')
			return no(sc, "malformed repetition, escape a literal {");
	}
	if (peek(sc, len) == '+')
		return no(sc, "a repetition of a repetition is not supported");
	sc->at += len;
	return 0;
}

static int scan_pattern(struct scan *sc)
{
	int rc = 0;
	while (rc == 0 && sc->at < sc->s.len) {
		char c = peek(sc, 0);
		if (c == '\\')
			rc = scan_escape(sc, false);
		else if (c == '[')
			rc = scan_class(sc);
		else if (c == '(')
			rc = scan_group(sc);
		else if (is_one_of(c, "*+?{"))
			rc = scan_repetition(sc);
		else
			sc->at++;
	}
	return rc;
}

static int on_step(pcre2_callout_block *block, void *arg)
{
	struct regex *re = arg;
	size_t at = block->current_position;
	re->steps += 1 + (at > re->last ? at - re->last : re->last - at);
	re->last = at;
	return re->steps > REGEX_MAX_STEPS ? PCRE2_ERROR_CALLOUT : 0;
}

static void regex_free(void *arg)
{
	struct regex *re = arg;
	pcre2_match_data_free(re->data);
	pcre2_match_context_free(re->limits);
	pcre2_code_free(re->code);
}

static const char *compile(struct arena *a, struct regex *re, struct span pattern, size_t *ret_at)
{
	int error = PCRE2_ERROR_NOMEMORY;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	if (context) {
		pcre2_set_newline(context, PCRE2_NEWLINE_LF);
		re->code = pcre2_compile(
		    (PCRE2_SPTR)pattern.ptr, pattern.len, PATTERN_FLAGS, &error, ret_at, context);
		pcre2_compile_context_free(context);
	}
	if (re->code) {
		re->data = pcre2_match_data_create(1, NULL);
		re->limits = pcre2_match_context_create(NULL);
		if (re->data && re->limits)
			return NULL;
	}
	char *why = arena_zalloc(a, 256);
	pcre2_get_error_message(re->code ? PCRE2_ERROR_NOMEMORY : error, (PCRE2_UCHAR *)why, 256);
	return why;
}

int regex_compile(
    struct arena *a, struct span pattern, struct regex **ret, const char **ret_why, size_t *ret_at)
{
	struct scan sc = {.s = pattern};
	*ret_at = 0;
	if (pattern.len > REGEX_MAX_BYTES || memchr(pattern.ptr, 0, pattern.len)) {
		*ret_why = "longer than 4096 bytes, or holds a NUL";
		return -E_INVALID;
	}
	if (scan_pattern(&sc) < 0) {
		*ret_at = sc.at;
		*ret_why = sc.why;
		return -E_INVALID;
	}
	struct regex *re = arena_one(a, struct regex);
	arena_defer(a, regex_free, re);
	*ret_why = compile(a, re, pattern, ret_at);
	if (*ret_why)
		return -E_INVALID;
	pcre2_set_callout(re->limits, on_step, re);
	pcre2_set_match_limit(re->limits, MATCH_MAX);
	pcre2_set_heap_limit(re->limits, HEAP_MAX_KIB);
	*ret = re;
	return 0;
}

int regex_search(struct regex *re, struct span text)
{
	re->last = 0;
	int rc = pcre2_match(re->code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len, 0,
	    PCRE2_NO_UTF_CHECK, re->data, re->limits);
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	return rc < 0 ? -E_TOO_LARGE : 1;
}
