/* Requests as a server reads them. The input: a count, so many sizes of pieces, and the bytes. */
#include "http_kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = span_of((const char *)data, size);
	size_t n = size ? data[0] : 0;
	if (size < n + 1)
		return 0;
	http_check_wire(&(struct wire){
	    .role = HTTP_SERVER,
	    .sizes = span_of(input.ptr + 1, n),
	    .text = span_skip(input, n + 1),
	});
	return 0;
}
