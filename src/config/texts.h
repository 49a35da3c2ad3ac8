/* A list of texts, as a manifest holds it. */
#pragma once

#include "base/span.h"

struct texts {
	const struct span *at;
	size_t len;
};
