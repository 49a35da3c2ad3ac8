/* Answers as a client reads them. The input: which of them are to HEAD (bit by bit), a count, so many sizes
 * of pieces, and the bytes. */
#include "http_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of((const char *)data, size);
	size_t n = size > 1 ? data[1] : 0;
	if (size < n + 2)
		return 0;
	http_check_wire(&(struct wire){
	    .role = HTTP_CLIENT,
	    .asked = data[0],
	    .sizes = span_of(input.ptr + 2, n),
	    .text = span_skip(input, n + 2),
	});
	return 0;
}
