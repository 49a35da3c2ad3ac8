#include "search/words_segment.h"

#include "search/unicode_tables.h"
#include "search/utf8.h"

#define BIT(class)  (1U << (class))
#define LETTERS     (BIT(WB_LETTER) | BIT(WB_HEBREW))
#define WORD_LIKE   (LETTERS | BIT(WB_NUMERIC) | BIT(WB_CONNECTOR))
#define IGNORED     (BIT(WB_EXTEND) | BIT(WB_FORMAT) | BIT(WB_ZWJ))
#define LINE_ENDS   (BIT(WB_CR) | BIT(WB_LF) | BIT(WB_NEWLINE))
#define MIDDLE_BOTH (BIT(WB_MID_NUM_LET) | BIT(WB_SINGLE_QUOTE))

/* The state is the class of the last character that is not ignored, or this. */
enum { HEBREW_QUOTE = WB_DOUBLE_QUOTE + 1, STATES };

/* The classes that join each state at once. */
static const uint32_t joins[STATES] = {
    [WB_CR] = BIT(WB_LF),
    [WB_SPACE] = BIT(WB_SPACE),
    [WB_REGIONAL] = BIT(WB_REGIONAL),
    [WB_KATAKANA] = BIT(WB_KATAKANA) | BIT(WB_CONNECTOR),
    [WB_LETTER] = WORD_LIKE,
    [WB_HEBREW] = WORD_LIKE | BIT(WB_SINGLE_QUOTE),
    [WB_NUMERIC] = WORD_LIKE,
    [WB_CONNECTOR] = WORD_LIKE | BIT(WB_KATAKANA),
    [HEBREW_QUOTE] = LETTERS,
};

/* The classes that join each state if wanted_after() follows them. */
static const uint32_t middles[STATES] = {
    [WB_LETTER] = BIT(WB_MID_LETTER) | MIDDLE_BOTH,
    [WB_HEBREW] = BIT(WB_MID_LETTER) | BIT(WB_MID_NUM_LET) | BIT(WB_DOUBLE_QUOTE),
    [WB_NUMERIC] = BIT(WB_MID_NUM) | MIDDLE_BOTH,
};

static uint32_t wanted_after(unsigned state, unsigned middle)
{
	return state == WB_NUMERIC ? BIT(WB_NUMERIC) : middle == WB_DOUBLE_QUOTE ? BIT(WB_HEBREW) : LETTERS;
}

static unsigned joined(unsigned class)
{
	if (class == WB_REGIONAL)
		return WB_OTHER; /* the pair is complete */
	return class == WB_SINGLE_QUOTE ? HEBREW_QUOTE : class;
}

static inline uint8_t properties(const char *p, const char *end, size_t *ret_len)
{
	if (utf8_single(*p)) {
		*ret_len = 1;
		return unicode_word_blocks[(unsigned char)*p];
	}
	uint32_t c;
	*ret_len = utf8_decode(p, end, &c);
	return c == UTF8_BAD ? WB_NEWLINE : unicode_word(c);
}

/* A middle character with what is glued to it, and the class that follows. */
struct middle {
	const char *end;
	uint8_t seen;
	uint8_t next;
};

static struct middle middle_at(const char *p, const char *end)
{
	size_t n;
	struct middle m = {.seen = properties(p, end, &n)};
	for (p += n; p < end; p += n) {
		uint8_t props = properties(p, end, &n);
		m.next = props & WORD_CLASS;
		if (!(BIT(m.next) & IGNORED))
			break;
		m.seen |= props;
	}
	m.end = p;
	return m;
}

static void cut(struct words_cursor *cur, const char *end, uint8_t seen, struct words_segment *ret)
{
	*ret = (struct words_segment){.text = span_between(cur->at, end), .seen = seen};
	cur->at = end;
}

bool words_segment(struct words_cursor *cur, struct words_segment *ret)
{
	const char *p = cur->at, *end = cur->end;
	if (p == end)
		return false;
	if (cur->middle_end) {
		cut(cur, cur->middle_end, cur->middle_seen, ret);
		cur->middle_end = NULL;
		return true;
	}
	size_t n;
	uint8_t seen = properties(p, end, &n);
	unsigned state = seen & WORD_CLASS;
	bool glue = state == WB_ZWJ;
	for (p += n; p < end; p += n) {
		uint8_t props = properties(p, end, &n);
		unsigned class = props & WORD_CLASS;
		if ((BIT(class) & IGNORED) && !(BIT(state) & LINE_ENDS)) {
			glue = class == WB_ZWJ && state != WB_SPACE;
			state = state == WB_SPACE ? WB_OTHER : state;
		} else if (joins[state] & BIT(class)) {
			glue = false;
			state = joined(class);
		} else if (glue && (props & WORD_PICTOGRAPH)) {
			glue = false; /* and the state stays */
		} else if (middles[state] & BIT(class)) {
			struct middle m = middle_at(p, end);
			if (!(wanted_after(state, class) & BIT(m.next))) {
				cur->middle_end = m.end;
				cur->middle_seen = m.seen;
				break;
			}
			n = (size_t)(m.end - p);
			props = m.seen;
		} else {
			break;
		}
		seen |= props;
	}
	cut(cur, p, seen, ret);
	return true;
}

/* The properties of the ASCII characters that make words; 0 for other bytes. */
static const uint8_t ascii_words[256] = {
    ['0' ... '9'] = WORD_TOKEN | WB_NUMERIC,
    ['A' ... 'Z'] = WORD_TOKEN | WORD_CASED | WB_LETTER,
    ['_'] = WB_CONNECTOR,
    ['a' ... 'z'] = WORD_TOKEN | WB_LETTER,
};

static inline uint8_t ascii_word(const char *p)
{
	return ascii_words[(unsigned char)*p];
}

/* Whether what follows an ASCII word at p ends it for certain. A middle character does if an ASCII character
 * that is no letter or digit stands behind it. */
static bool ascii_word_ends(const char *p, const char *end)
{
	if (p == end || !utf8_single(*p))
		return p == end;
	static const uint32_t may_join = MIDDLE_BOTH | BIT(WB_MID_LETTER) | BIT(WB_MID_NUM);
	unsigned class = unicode_word_blocks[(unsigned char)*p] & WORD_CLASS;
	return !(may_join & BIT(class)) || p + 1 == end ||
	       (utf8_single(p[1]) && !(ascii_word(p + 1) & WORD_TOKEN));
}

/* Passes over ASCII that is no word. What stands right before a byte beyond ASCII is left: an ignored
 * character may follow, and it would belong to it. */
static const char *skip_ascii(const char *at, const char *end)
{
	const char *p = at;
	while (p < end && utf8_single(*p) && !ascii_word(p))
		p++;
	if (p == end || utf8_single(*p) || p == at)
		return p;
	for (p--; p > at && *p == ' ' && p[-1] == ' ';)
		p--;
	return p;
}

/* The short way for most of most texts: the next word, if it is ASCII and no rule beyond ASCII can apply to
 * it. Else false, with the cursor before what is not decided. */
static bool ascii_token(struct words_cursor *cur, struct words_segment *ret)
{
	const char *p = cur->at = skip_ascii(cur->at, cur->end), *end = cur->end;
	uint8_t seen = 0;
	for (; p < end && ascii_word(p); p++)
		seen |= ascii_word(p);
	if (!(seen & WORD_TOKEN) || !ascii_word_ends(p, end))
		return false;
	cut(cur, p, seen, ret);
	ret->ascii = true;
	return true;
}

bool words_segment_token(struct words_cursor *cur, struct words_segment *ret)
{
	do {
		if (!cur->middle_end && ascii_token(cur, ret))
			return true;
		if (!words_segment(cur, ret))
			return false;
	} while (!(ret->seen & WORD_TOKEN));
	return true;
}
