/* Queries: at which cut they read, and what they show (page api/query). */
#pragma once

#include "base/span.h"

struct request;

/* What is told of a query, for metrics. */
struct query_shape {
	bool known;                   /* else nothing below is */
	bool has_filter, has_rank_by; /* a multi-query: one of its queries has */
	bool multi;
	unsigned legs;           /* queries of a multi-query */
	unsigned upstream_calls; /* that it cost */
};

void query_handle(struct request *r);
