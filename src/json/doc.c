#include "json/doc.h"

#include <stdlib.h>

static void free_doc(void *doc)
{
	yyjson_doc_free(doc);
}

int json_parse(struct arena *a, struct span text, yyjson_val **ret_root, struct json_error *err)
{
	yyjson_read_err e;
	/* yyjson grows its pool by realloc; the arena only owns the result. */
	yyjson_doc *doc =
	    yyjson_read_opts((char *)(uintptr_t)text.ptr, text.len, YYJSON_READ_NOFLAG, NULL, &e);
	if (!doc) {
		if (err)
			*err = (struct json_error){.offset = e.pos, .message = e.msg};
		return -E_JSON;
	}
	arena_defer(a, free_doc, doc);
	*ret_root = yyjson_doc_get_root(doc);
	return 0;
}
