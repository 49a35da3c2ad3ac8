/* Random edits of a text, and the same on yyjson's tree of it: the results are the same document. The input
 * is a length, so many bytes that choose the edits, and the text. */
#include "fuzz.h"

#include <stdlib.h>

#include "json/doc.h"
#include "json/scan.h"
#include "json/splice.h"

struct edit {
	struct json_splice splice;
	struct arena *arena;
	yyjson_mut_doc *tree;
	struct span choices;
};

static unsigned choose(struct edit *e)
{
	unsigned c = e->choices.len ? (unsigned char)e->choices.ptr[0] : 0;
	if (e->choices.len)
		e->choices = span_skip(e->choices, 1);
	return c;
}

static void edit_value(struct edit *e, struct json_scan *s, yyjson_mut_val *val);

static void edit_array(
    struct edit *e, struct json_scan *s, struct span raw, yyjson_mut_val *val, unsigned add)
{
	yyjson_mut_arr_iter it = yyjson_mut_arr_iter_with(val);
	json_scan_enter(s, JSON_ARRAY);
	while (json_scan_element(s))
		edit_value(e, s, yyjson_mut_arr_iter_next(&it));
	for (; add; add--) {
		json_splice_add(&e->splice, raw, SPAN("\"new\","));
		yyjson_mut_arr_prepend(val, yyjson_mut_str(e->tree, "new"));
	}
}

/* The plain name of some member, or a name that is none. */
static struct span some_name(struct edit *e, struct json_scan at)
{
	struct span key, name = SPAN("none");
	unsigned i = choose(e) % 8;
	json_scan_enter(&at, JSON_OBJECT);
	while (i-- > 0 && json_scan_member(&at, &key))
		name = json_unescape(e->arena, key);
	return name;
}

static void edit_object(
    struct edit *e, struct json_scan *s, struct span raw, yyjson_mut_val *val, unsigned add)
{
	struct span key, names[2] = {some_name(e, *s), some_name(e, *s)};
	size_t before = yyjson_mut_obj_size(val);
	size_t removed = json_splice_remove(&e->splice, raw, names, 2);
	for (int i = 0; i < 2; i++)
		yyjson_mut_obj_remove_keyn(val, names[i].ptr, names[i].len);
	assert(removed == before - yyjson_mut_obj_size(val));

	yyjson_mut_obj_iter it = yyjson_mut_obj_iter_with(val);
	json_scan_enter(s, JSON_OBJECT);
	while (json_scan_member(s, &key)) {
		if (!json_string_eq(key, names[0]) && !json_string_eq(key, names[1]))
			edit_value(e, s, yyjson_mut_obj_iter_get_val(yyjson_mut_obj_iter_next(&it)));
	}
	for (; add; add--) {
		json_splice_add(&e->splice, raw, SPAN("\"key\":\"new\","));
		yyjson_mut_obj_insert(val, yyjson_mut_str(e->tree, "key"), yyjson_mut_str(e->tree, "new"), 0);
	}
}

static void edit_value(struct edit *e, struct json_scan *s, yyjson_mut_val *val)
{
	unsigned choice = choose(e), add = choice / 4 % 3;
	struct json_scan behind = *s;
	struct span raw;
	json_scan_value(&behind, &raw);
	if (choice % 4 == 3) {
		json_splice_replace(&e->splice, raw, SPAN("\"replaced\""));
		yyjson_mut_set_str(val, "replaced");
		*s = behind;
	} else if (json_type_of(raw) == JSON_ARRAY) {
		edit_array(e, s, raw, val, add);
	} else if (json_type_of(raw) == JSON_OBJECT) {
		edit_object(e, s, raw, val, add);
	} else {
		*s = behind;
	}
	assert(s->status == 0 && s->at == behind.at);
}

static void same_document(struct edit *e, struct span got)
{
	size_t want_len, got_len;
	yyjson_doc *doc = yyjson_read(got.ptr, got.len, YYJSON_READ_NUMBER_AS_RAW);
	assert(doc);
	char *want_text = yyjson_mut_write(e->tree, 0, &want_len), *got_text = yyjson_write(doc, 0, &got_len);
	assert(want_text && got_text);
	assert(span_eq(span_of(want_text, want_len), span_of(got_text, got_len)));
	free(want_text);
	free(got_text);
	yyjson_doc_free(doc);
}

static void check_pieces(struct edit *e, struct span got)
{
	size_t n;
	struct span *pieces = json_splice_pieces(&e->splice, e->arena, &n);
	assert(got.len == e->splice.len);
	for (size_t i = 0; i < n; i++) {
		assert(pieces[i].len && span_starts(got, pieces[i]));
		got = span_skip(got, pieces[i].len);
	}
	assert(got.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of((const char *)data, size);
	size_t n = size ? data[0] : 0;
	if (size < n + 1)
		return 0;
	struct span text = span_skip(input, n + 1);
	struct json_scan s;
	json_scan_init(&s, text);
	if (json_scan_end(&s) < 0)
		return 0;
	yyjson_doc *doc = yyjson_read(text.ptr, text.len, YYJSON_READ_NUMBER_AS_RAW);
	struct edit e = {.arena = arena_new(),
	    .tree = yyjson_doc_mut_copy(doc, NULL),
	    .choices = span_of(input.ptr + 1, n)};
	struct buf out = buf_new(SIZE_MAX);
	json_splice_init(&e.splice, text);
	json_scan_init(&s, text);
	edit_value(&e, &s, yyjson_mut_doc_get_root(e.tree));
	json_splice_append(&e.splice, &out);
	assert(buf_status(&out) == 0);
	same_document(&e, buf_span(&out));
	check_pieces(&e, buf_span(&out));

	buf_free(&out);
	json_splice_free(&e.splice);
	yyjson_mut_doc_free(e.tree);
	yyjson_doc_free(doc);
	arena_free(e.arena);
	return 0;
}
