/* Any bytes as a text to analyse; the first one chooses the options. */
#include "fuzz.h"

#include "search/unicode_tables.h"
#include "search/words.h"
#include "search/words_segment.h"

static struct words_options options(uint8_t choice)
{
	return (struct words_options){
	    .case_sensitive = choice & 1,
	    .ascii_folding = choice & 2,
	    .remove_stopwords = choice & 4,
	    .stemming = choice & 8 && !(choice & 1),
	    .language = choice >> 3 < LANGUAGES_LEN ? choice >> 3 : LANGUAGE_ENGLISH,
	    .max_token_length = choice & 0xF0 ? choice >> 4 : WORDS_MAX_TOKEN_LENGTH,
	};
}

/* Segments are not empty and make up the text; the short way finds the same tokens. */
static void segments_cover(struct span text)
{
	struct words_cursor cur = words_cursor_of(text), tokens = cur;
	struct words_segment segment, token;
	const char *at = text.ptr;
	while (words_segment(&cur, &segment)) {
		assert(segment.text.ptr == at && segment.text.len);
		at += segment.text.len;
		if (segment.seen & WORD_TOKEN) {
			assert(words_segment_token(&tokens, &token) && token.text.ptr == segment.text.ptr);
			assert(token.text.len == segment.text.len &&
			       !((token.seen ^ segment.seen) & ~WORD_CLASS));
		}
	}
	assert(!words_segment_token(&tokens, &token));
	assert(at == text.ptr + text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct span text = span_of((const char *)data + 1, size - 1);
	struct words_options o = options(data[0]);
	struct word_list list = {0};
	struct arena *a = arena_new();
	segments_cover(text);
	uint32_t next = 7, end = words_split(a, &o, text, next, &list);
	for (size_t i = 0; i < list.len; i++) {
		struct word *word = &list.at[i];
		assert(
		    (word->text.len || o.stemming) && span_utf8_valid_prefix(word->text) == word->text.len);
		assert(word->position >= next && word->position < end);
		next = word->position + 1;
	}
	vec_free(&list);
	arena_free(a);
	return 0;
}
