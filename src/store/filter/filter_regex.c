#include "store/filter/filter_node.h"

#include <assert.h>

#include "store/filter/regex.h"

static int search_doc(const struct filter *f, struct regex *re, const struct doc *d)
{
	assert(f->attr != FILTER_ON_ID); /* an id has no `regex` option: the schema's check came first */
	const struct value *v = doc_value(d, f->attr);
	const union scalar *items = v ? value_items(v, f->type) : NULL;
	int rc = 0;
	for (uint32_t i = 0; v && rc == 0 && i < v->count; i++)
		rc = regex_search(re, items[i].text);
	return rc;
}

/* All documents are searched here, where a search that costs too much can still refuse the request. */
int filter_parse_regex(const struct filter_leaf *leaf, struct filter *f)
{
	struct regex *re;
	const char *why;
	size_t at;
	if (!yyjson_is_str(leaf->operand))
		return filter_mismatch(leaf, SPAN("string"));
	if (regex_compile(leaf->arena, json_span(leaf->operand), &re, &why, &at) < 0)
		return filter_refuse(leaf, "invalid regex pattern at byte %zu: %s", at, why);
	f->kind = FILTER_SLOTS;
	f->slots = slots_new(leaf->arena, leaf->ns);
	for (size_t i = 0; i < leaf->ns->docs.len; i++) {
		const struct doc *d = leaf->ns->docs.at[i];
		int rc = d ? search_doc(f, re, d) : 0;
		if (rc < 0)
			return filter_refuse(leaf, "the regex pattern is too expensive for these values");
		if (rc > 0)
			slots_add(f->slots, d->slot);
	}
	return 0;
}
