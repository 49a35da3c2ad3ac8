/* How a value of the request is quoted in the text of an error. */
#pragma once

#include "json/doc.h"

/* A string's text, else the JSON; cut where it gets long. In the arena. */
struct span shown(struct arena *a, yyjson_val *v);
