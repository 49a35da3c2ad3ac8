#include "search/words.h"

#include "search/stem.h"
#include "search/unicode_tables.h"
#include "search/utf8.h"
#include "search/words_segment.h"

const struct words_options words_defaults = {.max_token_length = WORDS_MAX_TOKEN_LENGTH};

/* The stop words of Lucene's English analyser by their length, a space after each. */
static const char *const stop_words[] = {
    "",
    "a ",
    "an as at be by if in is it no of on or to ",
    "and are but for not the was ",
    "into such that then they this will with ",
    "their there these ",
};

static bool is_stop_word(struct span word)
{
	if (word.len >= sizeof stop_words / sizeof *stop_words)
		return false;
	for (const char *p = stop_words[word.len]; *p; p += word.len + 1) {
		if (*p == *word.ptr && memcmp(p, word.ptr, word.len) == 0)
			return true;
	}
	return false;
}

static bool too_long(struct span word, uint32_t max)
{
	size_t points = 0;
	if (word.len <= max)
		return false;
	for (size_t i = 0; i < word.len; i++)
		points += (word.ptr[i] & 0xC0) != 0x80;
	return points > max;
}

static inline char lower_byte(char c)
{
	return (char)(c | (c >= 'A' && c <= 'Z' ? 0x20 : 0));
}

static struct span lower_ascii(struct arena *a, struct span word)
{
	char *to = arena_alloc(a, word.len);
	for (size_t i = 0; i < word.len; i++)
		to[i] = lower_byte(word.ptr[i]);
	return span_of(to, word.len);
}

/* Neither mapping more than doubles the length of a code point in UTF-8. */
static struct span lower(struct arena *a, struct span word)
{
	char *start = arena_alloc(a, word.len * 2), *to = start;
	for (const char *p = word.ptr, *end = p + word.len; p < end;) {
		uint32_t c;
		p += utf8_decode(p, end, &c);
		to = utf8_encode(to, unicode_lower(c));
		if (c == 0x130) /* the one that becomes two */
			to = utf8_encode(to, 0x307);
	}
	return span_between(start, to);
}

static struct span fold(struct arena *a, struct span word, bool case_sensitive)
{
	char *start = arena_alloc(a, word.len * 2), *to = start;
	for (const char *p = word.ptr, *end = p + word.len; p < end;) {
		uint32_t c;
		p += utf8_decode(p, end, &c);
		const char *ascii = unicode_fold(c);
		if (!*ascii)
			to = utf8_encode(to, c);
		for (; *ascii; ascii++)
			*to++ = case_sensitive ? *ascii : lower_byte(*ascii);
	}
	return span_between(start, to);
}

static bool is_ascii(struct span s)
{
	unsigned char all = 0;
	for (size_t i = 0; i < s.len; i++)
		all |= (unsigned char)s.ptr[i];
	return all < 0x80;
}

uint32_t words_split(struct arena *a, const struct words_options *o, struct span text,
    uint32_t first_position, struct word_list *out)
{
	struct words_cursor cur = words_cursor_of(text);
	struct words_segment segment;
	uint32_t position = first_position;
	while (words_segment_token(&cur, &segment)) {
		struct word word = {.text = segment.text, .position = position++};
		if (too_long(word.text, o->max_token_length))
			continue;
		if ((segment.seen & WORD_CASED) && !o->case_sensitive)
			word.text = segment.ascii ? lower_ascii(a, word.text) : lower(a, word.text);
		if (o->remove_stopwords && is_stop_word(word.text))
			continue;
		if (o->stemming)
			word.text = stem_word(a, o->language, word.text);
		if (o->ascii_folding && !segment.ascii && !is_ascii(word.text))
			word.text = fold(a, word.text, o->case_sensitive);
		vec_push(out, word);
	}
	return position;
}
