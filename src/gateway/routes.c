#include "gateway/routes.h"

#include "gateway/edge/request.h"
#include "gateway/query/query.h"
#include "gateway/relay/relay.h"
#include "gateway/schema/schema.h"
#include "gateway/status/status.h"
#include "gateway/write/write.h"

static const struct route routes[] = {
#define X(id_, method_, pattern_, scope_, handler_, flags_, meaning_)                                        \
	{.id = ROUTE_##id_,                                                                                  \
	    .method = METHOD_##method_,                                                                      \
	    .pattern = {"" pattern_, sizeof(pattern_) - 1},                                                  \
	    .scope = SCOPE_##scope_,                                                                         \
	    .handle = handler_##_handle,                                                                     \
	    .flags = (flags_)},
    ROUTES_TABLE(X)
#undef X
};

/* Whether the path fits the pattern, segment by segment; a variable takes any one that is not empty. */
static bool fits(struct span pattern, struct span path, struct span *ret_namespace)
{
	struct span ns = SPAN_NONE;
	while (pattern.len && path.len) {
		if (pattern.ptr[0] != '{') {
			size_t fixed = span_find(pattern, '{');
			if (!span_starts(path, span_of(pattern.ptr, fixed)))
				return false;
			pattern = span_skip(pattern, fixed);
			path = span_skip(path, fixed);
			continue;
		}
		struct span value = span_of(path.ptr, span_find(path, '/'));
		if (span_starts(pattern, SPAN("{ns}")))
			ns = value;
		pattern = span_skip(pattern, span_find(pattern, '}') + 1);
		path = span_skip(path, value.len);
		if (value.len == 0)
			return false;
	}
	*ret_namespace = ns;
	return pattern.len == 0 && path.len == 0;
}

const struct route *route_find(enum http_method method, struct span path, struct span *ret_namespace)
{
	enum http_method wanted = method == METHOD_HEAD ? METHOD_GET : method;
	for (size_t i = 0; i < ROUTES_COUNT; i++) {
		if (routes[i].method == wanted && fits(routes[i].pattern, path, ret_namespace))
			return &routes[i];
	}
	return NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int route_decode_segment(struct span segment, char *out, size_t max, size_t *ret_len)
{
	size_t n = 0;
	for (size_t i = 0; i < segment.len; i++) {
		char c = segment.ptr[i];
		if (c == '%') {
			int hi = i + 2 <= segment.len - 1 ? hex_digit(segment.ptr[i + 1]) : -1;
			int lo = hi < 0 ? -1 : hex_digit(segment.ptr[i + 2]);
			if (lo < 0)
				return -E_INVALID;
			c = (char)(hi << 4 | lo);
			i += 2;
		}
		if (n == max)
			return -E_INVALID;
		out[n++] = c;
	}
	*ret_len = n;
	return 0;
}
