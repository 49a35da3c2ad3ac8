/* The API description, put into the program by the build from api/openapi.yaml. */
#pragma once

#include "base/span.h"

extern const struct span openapi_json, openapi_yaml;
