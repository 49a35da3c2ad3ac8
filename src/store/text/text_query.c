#include "store/text/text_query.h"

#include "store/filter/codepoint.h"

static bool is_operand(const struct attr *attr, yyjson_val *operand)
{
	size_t i, n;
	yyjson_val *item;
	if (yyjson_is_str(operand))
		return attr->text.tokenizer != PRE_TOKENIZED_ARRAY;
	yyjson_arr_foreach(operand, i, n, item)
	{
		if (!yyjson_is_str(item))
			return false;
	}
	return yyjson_is_arr(operand);
}

int text_query_words(struct arena *a, const struct attr *attr, yyjson_val *operand, struct word_list *out)
{
	if (!is_operand(attr, operand))
		return -E_INVALID;
	bool alone = yyjson_is_str(operand);
	size_t n = alone ? 1 : yyjson_arr_size(operand), length = 0;
	yyjson_val *item = alone ? operand : yyjson_arr_get_first(operand);
	uint32_t position = 0;
	for (size_t i = 0; i < n; i++, item = unsafe_yyjson_get_next(item)) {
		struct span text = json_span(item);
		length += codepoint_count(text);
		if (length > TEXT_QUERY_MAX)
			return -E_TOO_LARGE;
		if (attr->text.tokenizer == PRE_TOKENIZED_ARRAY)
			vec_push(out, ((struct word){text, position++}));
		else
			position = words_split(a, &attr->text.words, text, position, out);
	}
	return 0;
}

int text_query_options(yyjson_val *options, bool *ret_last_as_prefix)
{
	yyjson_val *prefix = yyjson_obj_get(options, "last_as_prefix");
	if ((options && !yyjson_is_obj(options)) || (prefix && !yyjson_is_bool(prefix)))
		return -E_INVALID;
	*ret_last_as_prefix = yyjson_get_bool(prefix);
	return 0;
}

void text_query_mark(uint64_t *slots, const struct term *term)
{
	vec_each (&term->postings, posting) {
		if (posting->tf)
			slots_add(slots, posting->slot);
	}
}

static bool mark(void *slots, const struct term *term)
{
	text_query_mark(slots, term);
	return true;
}

uint64_t *text_query_prefix(
    struct arena *a, const struct namespace *ns, const struct text_index *ti, struct span prefix)
{
	uint64_t *slots = slots_new(a, ns);
	text_index_prefix(ti, prefix, mark, slots);
	return slots;
}
