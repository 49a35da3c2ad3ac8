/* Reading in pieces against the cursor over the whole: the same judgement, at the same byte, whatever the
 * cuts. The first two bytes choose them. */
#include "fuzz.h"

#include "json/flow.h"

#define WINDOW 4096 /* a key or number that is longer may be refused */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char window[WINDOW];
	struct json_scan s;
	struct json_flow f;
	enum json_flow_event event = JSON_FLOW_MORE;
	if (size < 2 || size > WINDOW)
		return 0;
	size_t piece = 1 + data[0];
	struct span text = span_of((const char *)data + 2, size - 2), left = text, rest = SPAN_NONE;
	json_scan_init(&s, text);
	int want = json_scan_end(&s);

	json_flow_init(&f);
	f.watch = data[1] % 8;
	while (event == JSON_FLOW_MORE) {
		size_t n = piece < left.len ? piece : left.len, have = rest.len;
		if (have)
			memmove(window, rest.ptr, have);
		if (n)
			memcpy(window + have, left.ptr, n);
		left = span_skip(left, n);
		json_flow_feed(&f, span_of(window, have + n), left.len == 0);
		while ((event = json_flow_next(&f)) > JSON_FLOW_MORE) {
			assert(f.scan.depth <= f.watch);
			f.want_end = data[1] & 8;
			piece = 1 + (piece * 31 + data[0]) % 300;
		}
		rest = json_flow_rest(&f);
	}
	assert((event == JSON_FLOW_DONE) == (want == 0));
	assert(want == 0 || (f.scan.status == want && json_flow_error(&f).offset == s.error.offset));
	return 0;
}
