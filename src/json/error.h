/* What is wrong with a JSON text, and where. */
#pragma once

#include "base/span.h"

struct json_error {
	size_t offset;       /* byte in the text */
	const char *message; /* static text */
	struct span name;    /* the member that stands twice (-E_DUPLICATE), else empty */
};
