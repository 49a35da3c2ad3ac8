/* The description of the interface, api/openapi.yaml, embedded when the program is built
 * (tools/embed_openapi.c): what GET /openapi.yaml and /openapi.json answer. */
#pragma once

#include "base/span.h"

extern const struct span openapi_yaml, openapi_json;
