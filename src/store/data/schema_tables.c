#include "store/data/schema_tables.h"

#include "store/data/schema.h"

static const struct span tokenizers[] = {
#define X(tokenizer, name) [tokenizer] = SPAN(name),
    TOKENIZERS(X)
#undef X
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

const char tokenizer_list[] = ""
#define X(tokenizer, name) "`" name "` "
    TOKENIZERS(X)
#undef X
    ;

struct span tokenizer_name(unsigned tokenizer)
{
	return tokenizers[tokenizer < COUNT_OF(tokenizers) ? tokenizer : (unsigned)WORD_V4];
}

int tokenizer_parse(struct span name, uint8_t *ret)
{
	for (size_t i = 0; i < COUNT_OF(tokenizers); i++) {
		if (span_eq(name, tokenizers[i])) {
			*ret = (uint8_t)i;
			return 0;
		}
	}
	return -E_NOT_FOUND;
}
