#include "store/data/shown.h"

#include <stdlib.h>

#define SHOWN_MAX 200

static struct span cut(struct arena *a, struct span whole)
{
	size_t len = whole.len < SHOWN_MAX ? whole.len : SHOWN_MAX;
	len = span_utf8_valid_prefix(span_of(whole.ptr, len));
	return arena_printf(a, "%.*s%s", (int)len, whole.ptr, len < whole.len ? "…" : "");
}

struct span shown(struct arena *a, yyjson_val *v)
{
	if (yyjson_is_str(v))
		return cut(a, json_span(v));
	size_t len = 0;
	char *text = yyjson_val_write(v, 0, &len);
	struct span ret = cut(a, span_of(text ? text : "", len));
	free(text);
	return ret;
}
