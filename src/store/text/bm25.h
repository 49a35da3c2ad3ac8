/* The BM25 formula, in f32:
 *   score = Σ over the terms  idf · document part · query part
 *   idf = ln(1 + (N − df + 0.5) / (df + 0.5))        query part = (k3 + 1)·qtf / (k3 + qtf)
 *   document part = tf·(k1 + 1) / (tf + k1·(1 − b + b·dl / avgdl)) */
#pragma once

#include <math.h>
#include <stdint.h>

struct bm25 {
	float k1, b, k3;
	float documents;      /* N: those that have the attribute */
	float average_length; /* avgdl */
};

/* What does not depend on the document: idf · query part · (k1 + 1), for a term that stands in df documents
 * and qtf times in the query. Multiplied in this order the scores equal the service's to the last bit. */
static inline float bm25_term_weight(const struct bm25 *p, uint32_t df, uint32_t qtf)
{
	float idf = logf(1.0F + (p->documents - (float)df + 0.5F) / ((float)df + 0.5F));
	float query_part = (p->k3 + 1.0F) * (float)qtf / (p->k3 + (float)qtf);
	return idf * query_part * (p->k1 + 1.0F);
}

/* What the term adds to a document of `length` tokens, tf of which are the term. */
static inline float bm25_score(const struct bm25 *p, float term_weight, uint32_t tf, uint32_t length)
{
	float norm = p->k1 * (1.0F - p->b + p->b * (float)length / p->average_length);
	return term_weight * ((float)tf / ((float)tf + norm));
}
