#include "store/filter/filter_node.h"
#include "store/text/text_query.h"

/* ContainsAllTokens, ContainsAnyToken, ContainsTokenSequence. What they match is found once, from the
 * postings, and kept as a set of slots. */

/* A token of the operand: the terms that it stands for (several if it is a prefix). */
struct token {
	VEC(const struct term *) terms;
	uint32_t position;
};

struct tokens {
	const struct namespace *ns;
	struct arena *arena;
	struct word_list words;
	struct token *at;
	size_t len;
};

static void tokens_free(void *arg)
{
	struct tokens *t = arg;
	for (size_t i = 0; i < t->len; i++)
		vec_free(&t->at[i].terms);
	vec_free(&t->words);
}

static bool collect(void *arg, const struct term *term)
{
	struct token *token = arg;
	vec_push(&token->terms, term);
	return true;
}

static void resolve(struct tokens *t, const struct text_index *ti, bool last_as_prefix)
{
	t->at = arena_array(t->arena, struct token, t->words.len);
	for (; t->len < t->words.len; t->len++) {
		struct word *word = &t->words.at[t->len];
		struct token *token = &t->at[t->len];
		token->position = word->position;
		const struct term *term = text_index_find(ti, word->text);
		if (last_as_prefix && t->len + 1 == t->words.len)
			text_index_prefix(ti, word->text, collect, token);
		else if (term)
			vec_push(&token->terms, term);
	}
}

static void add_token(uint64_t *slots, const struct token *token)
{
	vec_each (&token->terms, term)
		text_query_mark(slots, *term);
}

static uint64_t *any_token(const struct tokens *t)
{
	uint64_t *slots = slots_new(t->arena, t->ns);
	for (size_t i = 0; i < t->len; i++)
		add_token(slots, &t->at[i]);
	return slots;
}

static uint64_t *all_tokens(const struct tokens *t)
{
	uint64_t *slots = any_token(t);
	size_t words = t->ns->docs.len / 64 + 1;
	for (size_t i = 0; i < t->len; i++) {
		uint64_t *with = slots_new(t->arena, t->ns);
		add_token(with, &t->at[i]);
		for (size_t w = 0; w < words; w++)
			slots[w] &= with[w];
	}
	return slots;
}

static bool term_stands_at(const struct term *term, uint32_t slot, uint32_t position)
{
	const struct posting *p = term_posting(term, slot);
	for (uint32_t i = 0; p && i < p->tf; i++) {
		if (posting_positions(p)[i] == position)
			return true;
	}
	return false;
}

static bool token_stands_at(const struct token *token, uint32_t slot, uint32_t position)
{
	vec_each (&token->terms, term) {
		if (term_stands_at(*term, slot, position))
			return true;
	}
	return false;
}

/* Whether the whole sequence stands where its token `pivot` stands at `position`. */
static bool sequence_stands_around(const struct tokens *t, size_t pivot, uint32_t slot, uint32_t position)
{
	for (size_t i = 0; i < t->len; i++) {
		uint32_t expected = position + t->at[i].position - t->at[pivot].position;
		if (i != pivot && !token_stands_at(&t->at[i], slot, expected))
			return false;
	}
	return true;
}

static size_t token_documents(const struct token *token)
{
	size_t n = 0;
	vec_each (&token->terms, term)
		n += (*term)->df;
	return n;
}

static size_t rarest_token(const struct tokens *t)
{
	size_t rarest = 0;
	for (size_t i = 1; i < t->len; i++) {
		if (token_documents(&t->at[i]) < token_documents(&t->at[rarest]))
			rarest = i;
	}
	return rarest;
}

/* Tries each place of the rarest token. */
static uint64_t *token_sequence(const struct tokens *t)
{
	uint64_t *slots = slots_new(t->arena, t->ns);
	size_t pivot = rarest_token(t);
	if (t->len == 0)
		return slots;
	vec_each (&t->at[pivot].terms, term) {
		vec_each (&(*term)->postings, posting) {
			for (uint32_t i = 0; i < posting->tf && !slots_has(slots, posting->slot); i++) {
				uint32_t position = posting_positions(posting)[i];
				if (sequence_stands_around(t, pivot, posting->slot, position))
					slots_add(slots, posting->slot);
			}
		}
	}
	return slots;
}

int filter_parse_tokens(const struct filter_leaf *leaf, struct filter *f)
{
	bool last_as_prefix = false;
	struct tokens *t = arena_one(leaf->arena, struct tokens);
	*t = (struct tokens){.ns = leaf->ns, .arena = leaf->arena};
	arena_defer(leaf->arena, tokens_free, t);
	if (text_query_options(leaf->option, &last_as_prefix) < 0)
		return filter_refuse(
		    leaf, "the options of %.*s are {\"last_as_prefix\": true or false}", SPAN_FMT(leaf->op));
	int rc = text_query_words(leaf->arena, leaf->attr, leaf->operand, &t->words);
	if (rc == -E_TOO_LARGE)
		return filter_refuse(leaf, "the query is longer than %d characters", TEXT_QUERY_MAX);
	if (rc < 0)
		return filter_mismatch(leaf, leaf->attr->text.tokenizer == PRE_TOKENIZED_ARRAY
		                                 ? SPAN("[]string")
		                                 : SPAN("string or []string"));
	const struct text_index *ti = namespace_text(leaf->ns, leaf->attr);
	if (ti)
		resolve(t, ti, last_as_prefix);
	f->kind = FILTER_SLOTS;
	if (span_eq(leaf->op, SPAN("ContainsTokenSequence")))
		f->slots = token_sequence(t);
	else if (span_eq(leaf->op, SPAN("ContainsAllTokens")))
		f->slots = all_tokens(t);
	else
		f->slots = any_token(t);
	return 0;
}
