/* A vector for a text without any model: feature hashing (the signed hashing trick). Each word is hashed;
 * each byte of the hash chooses one of the dimensions (7 bits) and a sign (1 bit), and the word's weight is
 * added there; the sum is scaled to length 1. With eight places a word, two words that meet in one hardly
 * matter. Texts that share words come out near one another by cosine distance, no more and no less: it knows
 * nothing of meaning. Rare words weigh more, by their frequency in the whole catalogue. */
#pragma once

#include "base/span.h"

#define SAMPLE_DIMENSIONS 128
#define SAMPLE_SLOTS      (1U << 20)

/* How often each word occurs, by hash; zeroed is empty. 4 MiB. */
struct sample_words {
	uint64_t total;
	uint32_t counts[SAMPLE_SLOTS];
};

/* Cuts the next word off *rest: a run of ASCII letters and digits or of bytes past ASCII. Its hash is 64-bit
 * FNV-1a over the word with ASCII letters in lower case. False at the end. */
bool sample_next_word(struct span *rest, uint64_t *ret_hash);
/* Counts the words of a text. */
void sample_words_count(struct sample_words *words, struct span text);
/* The vector of several texts together. Without any word it is (1, 0, 0, …). */
void sample_vector(
    const struct sample_words *words, const struct span *texts, size_t count, float out[SAMPLE_DIMENSIONS]);
