#include "cli/sample_vector.h"

#include <math.h>

#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static bool is_letter(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

bool sample_next_word(struct span *rest, uint64_t *ret_hash)
{
	const unsigned char *p = (const unsigned char *)rest->ptr;
	uint64_t hash = FNV_BASIS;
	size_t from = 0, to;
	while (from < rest->len && !is_letter(p[from]))
		from++;
	for (to = from; to < rest->len && is_letter(p[to]); to++) {
		unsigned char c = p[to] >= 'A' && p[to] <= 'Z' ? p[to] | 0x20 : p[to];
		hash = (hash ^ c) * FNV_PRIME;
	}
	*rest = span_skip(*rest, to);
	*ret_hash = hash;
	return to > from;
}

/* FNV-1a mixes its high bits poorly for short words. */
static uint64_t mix(uint64_t hash)
{
	return (hash ^ hash >> 32) * 0x9e3779b97f4a7c15u;
}

static uint32_t slot_of(uint64_t hash)
{
	return (uint32_t)(mix(hash) >> 40) % SAMPLE_SLOTS;
}

void sample_words_count(struct sample_words *words, struct span text)
{
	for (uint64_t hash; sample_next_word(&text, &hash); words->total++)
		words->counts[slot_of(hash)]++;
}

static double weight_of(const struct sample_words *words, uint64_t hash)
{
	return log1p((double)words->total / (1.0 + words->counts[slot_of(hash)]));
}

void sample_vector(
    const struct sample_words *words, const struct span *texts, size_t count, float out[SAMPLE_DIMENSIONS])
{
	double sums[SAMPLE_DIMENSIONS] = {0}, square = 0;
	for (size_t i = 0; i < count; i++) {
		struct span rest = texts[i];
		for (uint64_t hash; sample_next_word(&rest, &hash);) {
			double weight = weight_of(words, hash);
			uint64_t bytes = mix(hash);
			for (int j = 0; j < 8; j++, bytes >>= 8)
				sums[bytes % SAMPLE_DIMENSIONS] += bytes & 0x80 ? weight : -weight;
		}
	}
	for (size_t i = 0; i < SAMPLE_DIMENSIONS; i++)
		square += sums[i] * sums[i];
	if (square == 0)
		sums[0] = square = 1;
	for (size_t i = 0; i < SAMPLE_DIMENSIONS; i++)
		out[i] = (float)(sums[i] / sqrt(square));
}
