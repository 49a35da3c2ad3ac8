/* Lists and maps of texts, as a manifest holds them. */
#pragma once

#include "base/span.h"

struct texts {
	const struct span *at;
	size_t len;
};

struct pair {
	struct span key, value;
};
struct pairs {
	struct pair *at;
	size_t len;
};
