/* What every unit test includes: cmocka with the headers it wants before it. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/span.h"

#define assert_span(got, want)                                                                               \
	do {                                                                                                 \
		struct span got_ = (got), want_ = span_str(want);                                            \
		if (!span_eq(got_, want_))                                                                   \
			fail_msg("got \"%.*s\", want \"%.*s\"", SPAN_FMT(got_), SPAN_FMT(want_));            \
	} while (0)

#define COUNT(array) (sizeof(array) / sizeof *(array))
