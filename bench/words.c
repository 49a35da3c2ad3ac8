/* Analysing texts, a kilobyte at a time as the attributes of rows are: best of seven rounds. memcpy stands
 * beside to tell how busy the machine is. Usage: words [FILE]: with a file, its text instead. */
#include <stdio.h>

#include "base/buf.h"
#include "base/time.h"
#include "search/words.h"

#define ROUNDS 7
#define PIECE  1024
#define SIZE   (4U << 20)

static struct arena *arena;
static char *copy;

static uint64_t best_of(struct span text, const struct words_options *o, uint32_t *ret_tokens)
{
	struct word_list list = {0};
	uint64_t best = UINT64_MAX;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t from = time_cpu_ns();
		*ret_tokens = 0;
		for (struct span rest = text; rest.len; rest = span_skip(rest, PIECE)) {
			struct span piece = span_of(rest.ptr, rest.len < PIECE ? rest.len : PIECE);
			list.len = 0;
			if (o)
				*ret_tokens += words_split(arena, o, piece, 0, &list);
			else
				memcpy(copy, piece.ptr, piece.len);
			__asm__ volatile("" : : "r"(copy), "r"(list.at) : "memory");
			arena_reset(arena);
		}
		uint64_t ns = time_cpu_ns() - from;
		best = ns < best ? ns : best;
	}
	vec_free(&list);
	return best;
}

static void measure(const char *what, struct span text)
{
	static const struct {
		const char *name;
		struct words_options o;
	} cases[] = {
	    {"memcpy", {0}},
	    {"as it stands", {.max_token_length = WORDS_MAX_TOKEN_LENGTH, .case_sensitive = true}},
	    {"lower case", {.max_token_length = WORDS_MAX_TOKEN_LENGTH}},
	    {"stop words", {.max_token_length = WORDS_MAX_TOKEN_LENGTH, .remove_stopwords = true}},
	    {"stemming", {.max_token_length = WORDS_MAX_TOKEN_LENGTH, .stemming = true}},
	    {"folding", {.max_token_length = WORDS_MAX_TOKEN_LENGTH, .ascii_folding = true}},
	};
	printf("%s: %zu bytes\n", what, text.len);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t tokens;
		uint64_t ns = best_of(text, i ? &cases[i].o : NULL, &tokens);
		printf("  %-14s %8.0f MB/s %10u tokens\n", cases[i].name, (double)text.len * 1e3 / (double)ns,
		    tokens);
	}
}

static const struct {
	const char *what, *sentence;
} samples[] = {
    {"English",
        "The store keeps what it was given, and it doesn't forget: 3.5 million rows, each with a title. "},
    {"Russian", "Хранилище помнит всё, что в него положили: три с половиной миллиона строк, у каждой имя. "},
    {"Japanese", "この倉庫は預けたものを忘れない。タワーは三百万行のデータを持つ。"},
    {"French",
        "L’entrepôt n’oublie rien de ce qu’on lui a confié : des millions de lignes, été comme hiver. "},
};

int main(int argc, char **argv)
{
	struct buf b = buf_new(1UL << 30);
	arena = arena_new();
	copy = malloc(PIECE);
	for (size_t i = 0; argc < 2 && i < sizeof samples / sizeof *samples; i++) {
		buf_clear(&b);
		while (b.len < SIZE)
			buf_append(&b, span_str(samples[i].sentence));
		measure(samples[i].what, buf_span(&b));
	}
	if (argc > 1) {
		FILE *f = fopen(argv[1], "rb");
		for (size_t n = 1; f && n > 0; buf_commit(&b, n))
			n = fread(buf_reserve(&b, 65536), 1, 65536, f);
		if (!f || fclose(f) != 0)
			return 1;
		measure(argv[1], buf_span(&b));
	}
	free(copy);
	arena_free(arena);
	buf_free(&b);
	return 0;
}
