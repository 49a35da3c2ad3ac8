#include "search/sentences.h"

#include "search/unicode_tables.h"
#include "search/utf8.h"

#define BIT(class) (1U << (class))
#define LINE_ENDS  (BIT(SB_CR) | BIT(SB_LF) | BIT(SB_SEP))
#define IGNORED    (BIT(SB_EXTEND) | BIT(SB_FORMAT))
#define TERMS      (BIT(SB_ATERM) | BIT(SB_STERM))
#define CASED      (BIT(SB_UPPER) | BIT(SB_LOWER))
#define WHITE      (LINE_ENDS | BIT(SB_SPACE))

static inline enum sentence_break class_at(const char *p, const char *end, size_t *ret_len)
{
	uint32_t c;
	*ret_len = utf8_decode(p, end, &c);
	return c == UTF8_BAD ? SB_OTHER : unicode_sentence(c);
}

/* What was read since the last terminator. */
enum tail { NO_TERM, TERM, TERM_CLOSE, TERM_SPACE };

struct state {
	enum tail tail;
	enum sentence_break term;   /* the terminator, if there is one */
	enum sentence_break before; /* the class before it, else the last one */
};

/* SB8: whether a lower-case letter comes before anything that could begin a sentence or end one. */
static bool goes_on_in_lower_case(const char *p, const char *end)
{
	for (size_t n; p < end; p += n) {
		enum sentence_break class = class_at(p, end, &n);
		if (BIT(class) & (BIT(SB_LETTER) | CASED | LINE_ENDS | TERMS))
			return class == SB_LOWER;
	}
	return false;
}

/* Whether the character at p, of this class, goes on with the sentence. */
static bool joins(const struct state *s, enum sentence_break class, const char *p, const char *end)
{
	if (s->tail == NO_TERM)
		return true;
	if (s->tail == TERM && s->term == SB_ATERM &&
	    (class == SB_NUMERIC || (class == SB_UPPER && (BIT(s->before) & CASED))))
		return true;
	if (BIT(class) & (WHITE | TERMS | BIT(SB_CONTINUE)))
		return true;
	if (class == SB_CLOSE && s->tail != TERM_SPACE)
		return true;
	return s->term == SB_ATERM && goes_on_in_lower_case(p, end);
}

static void advance(struct state *s, enum sentence_break class)
{
	if (BIT(class) & TERMS) {
		if (s->tail != NO_TERM)
			s->before = s->term;
		s->tail = TERM;
		s->term = class;
	} else if (s->tail != NO_TERM && class == SB_SPACE) {
		s->tail = TERM_SPACE;
	} else if ((s->tail == TERM || s->tail == TERM_CLOSE) && class == SB_CLOSE) {
		s->tail = TERM_CLOSE;
	} else {
		s->tail = NO_TERM;
		s->before = class;
	}
}

/* The length of the line end at p, CR LF being one; 0 if none stands there. */
static size_t line_end_at(const char *p, const char *end)
{
	size_t n, next;
	enum sentence_break class = class_at(p, end, &n);
	if (!(BIT(class) & LINE_ENDS))
		return 0;
	if (class == SB_CR && p + n < end && class_at(p + n, end, &next) == SB_LF)
		n += next;
	return n;
}

bool sentence_cut(struct span *text, struct span *ret)
{
	const char *p = text->ptr, *end = p + text->len;
	struct state state = {NO_TERM, SB_OTHER, SB_OTHER};
	size_t n;
	if (!text->len)
		return false;
	for (; p < end; p += n) {
		enum sentence_break class = class_at(p, end, &n);
		if (p > text->ptr && (BIT(class) & IGNORED))
			continue;
		size_t line_end = line_end_at(p, end);
		if (line_end) {
			p += line_end;
			break;
		}
		if (!joins(&state, class, p, end))
			break;
		advance(&state, class);
	}
	*ret = span_between(text->ptr, p);
	*text = span_between(p, end);
	return true;
}

bool paragraph_cut(struct span *text, struct span *ret)
{
	const char *p = text->ptr, *end = p + text->len;
	size_t n, line_end = 0;
	if (!text->len)
		return false;
	for (; p < end && !(line_end = line_end_at(p, end)); p += n)
		class_at(p, end, &n);
	*ret = span_between(text->ptr, p);
	*text = span_between(p + line_end, end);
	return true;
}

struct span sentence_trim(struct span s)
{
	const char *p = s.ptr, *end = p + s.len, *last = p;
	size_t n;
	while (p < end && (BIT(class_at(p, end, &n)) & WHITE))
		p += n;
	const char *first = p;
	for (; p < end; p += n) {
		if (!(BIT(class_at(p, end, &n)) & WHITE))
			last = p + n;
	}
	return first < end ? span_between(first, last) : span_of(s.ptr, 0);
}
