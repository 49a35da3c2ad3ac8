#include "store/params.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int percent_decode(struct arena *a, struct span s, bool form, struct span *ret)
{
	char *out = arena_alloc(a, s.len), *to = out;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '%') {
			*to++ = form && s.ptr[i] == '+' ? ' ' : s.ptr[i];
			continue;
		}
		int high = i + 2 < s.len ? hex(s.ptr[i + 1]) : -1;
		int low = i + 2 < s.len ? hex(s.ptr[i + 2]) : -1;
		if (high < 0 || low < 0)
			return -E_INVALID;
		*to++ = (char)(high << 4 | low);
		i += 2;
	}
	*ret = span_between(out, to);
	return 0;
}

bool param_get(struct arena *a, struct span query, struct span name, struct span *ret_value)
{
	*ret_value = SPAN_NONE;
	while (query.len) {
		struct span value = span_cut(&query, '&');
		if (span_eq(span_cut(&value, '='), name))
			return percent_decode(a, value, true, ret_value) == 0;
	}
	return false;
}
