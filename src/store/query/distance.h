/* The distances of the documents from one query vector. */
#pragma once

#include "store/data/namespace.h"
#include "store/data/vector.h"

struct distances {
	const struct vector_column *column;
	enum metric metric;
	vector_sum_fn *sum;
	const float *query;
	float norm2;
};

/* For a vector attribute and a query of as many dimensions, which has to outlive the result. */
static inline struct distances distances_from(
    const struct namespace *ns, const struct attr *attr, const float *query)
{
	const struct vector_form *form = vector_form(0);
	bool f16 = attr->type.f16, cosine = ns->schema->metric == METRIC_COSINE;
	return (struct distances){
	    .column = &ns->vectors[attr->column],
	    .metric = ns->schema->metric,
	    .sum = cosine ? form->dot[f16] : form->squares[f16],
	    .query = query,
	    .norm2 = form->norm2[0](query, attr->type.dims),
	};
}

/* Of the document in this slot. */
static inline float distance_to(const struct distances *d, uint32_t slot)
{
	const struct vector_column *c = d->column;
	float sum = d->sum(d->query, vector_row(c, slot), c->dims);
	return vector_distance(d->metric, sum, d->norm2, c->norms2 ? c->norms2[slot] : 0);
}
