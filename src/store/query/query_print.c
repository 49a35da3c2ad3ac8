#include "base/base64.h"
#include "base/time.h"
#include "store/query/query_plan.h"
#include "json/write.h"

/* What the service reports as its fastest time. */
#define REPORTED_MIN_MS 3

struct printer {
	const struct query *q;
	struct buf *out;
	size_t returned; /* logical bytes of the rows so far */
};

static void put_vector(struct printer *p, const float *v, size_t dims)
{
	if (p->q->vectors_base64) {
		buf_byte(p->out, '"');
		base64_encode(span_of((const char *)v, dims * sizeof *v), p->out);
		buf_byte(p->out, '"');
		return;
	}
	for (size_t i = 0; i < dims; i++) {
		buf_byte(p->out, i ? ',' : '[');
		json_put_f32(p->out, v[i]);
	}
	buf_byte(p->out, ']');
}

static void put_attribute(struct printer *p, const struct attr *attr, const struct doc *d)
{
	bool vector = attr->type.base == VALUE_VECTOR;
	const struct value *v = doc_value(d, attr->index);
	if (!v)
		return;
	bool first = false;
	json_put_key(p->out, &first, attr->name);
	if (vector)
		put_vector(p, namespace_vector(p->q->ns, attr, d, p->q->arena), attr->type.dims);
	else
		value_to_json(p->out, attr->type, v);
	p->returned += value_logical_size(attr->type, v);
}

/* The row without its closing brace. */
static void put_row(struct printer *p, const struct doc *d, const float *dist, const bool *include)
{
	const struct schema *schema = p->q->ns->schema;
	buf_lit(p->out, "{\"id\":");
	id_to_json(p->out, schema->id_kind, d->id);
	p->returned += id_logical_size(schema->id_kind, d->id);
	if (dist) {
		buf_lit(p->out, ",\"$dist\":");
		json_put_f32(p->out, *dist);
		p->returned += sizeof *dist;
	}
	vec_each (&schema->attrs, attr) {
		if (include[(*attr)->index])
			put_attribute(p, *attr, d);
	}
}

/* Keys of hits are negated where a higher score is better; zero keeps its sign. */
static float dist_of(const struct hit *hit, bool negated)
{
	return negated ? -hit->key : hit->key;
}

static void put_figures(struct printer *p, const struct leg *leg)
{
	bool first = true;
	if (leg->grouping) {
		buf_lit(p->out, "\"aggregation_groups\":");
		p->returned += grouping_print(leg->grouping, leg->limit, p->out);
	} else {
		buf_lit(p->out, "\"aggregations\":{");
		p->returned += aggregates_print(leg->aggregates, &first, p->out);
		buf_byte(p->out, '}');
	}
}

static void put_leg(struct printer *p, const struct leg *leg)
{
	if (leg->aggregates) {
		put_figures(p, leg);
		return;
	}
	struct topk rows = leg_rows(leg);
	bool distances = leg->rank.kind != RANK_ORDER;
	buf_lit(p->out, "\"rows\":[");
	for (size_t i = 0; i < rows.len; i++) {
		float dist = dist_of(&rows.at[i], leg->rank.kind == RANK_SCORE);
		if (i)
			buf_byte(p->out, ',');
		const struct doc *d = p->q->ns->docs.at[rows.at[i].slot];
		put_row(p, d, distances ? &dist : NULL, leg->include);
		if (leg->computed)
			p->returned += computed_print(leg->computed, i, d, NULL, 0, p->out);
		buf_byte(p->out, '}');
	}
	buf_byte(p->out, ']');
}

/* The attributes of a fused row are those of the legs that returned it. */
static void unite_includes(const struct query *q, uint32_t slot, bool *include)
{
	for (size_t at = 0; at < q->ns->schema->attrs.len; at++) {
		include[at] = false;
		for (size_t i = 0; i < q->legs_len; i++)
			include[at] |= (q->legs_of_slot[slot] >> i & 1) && q->legs[i].include[at];
	}
}

/* So are the computed attributes; of those with the same name the first leg's counts. */
static void put_computed_of_legs(struct printer *p, size_t row, const struct doc *d)
{
	const struct computed *before[QUERY_LEGS_MAX] = {NULL};
	size_t n = 0;
	for (size_t i = 0; i < p->q->legs_len; i++) {
		const struct computed *computed = p->q->legs[i].computed;
		if (!computed || !(p->q->legs_of_slot[d->slot] >> i & 1))
			continue;
		p->returned += computed_print(computed, row, d, before, n, p->out);
		before[n++] = computed;
	}
}

static void put_fused(struct printer *p)
{
	const struct query *q = p->q;
	bool *include = arena_array(q->arena, bool, q->ns->schema->attrs.len);
	buf_lit(p->out, "\"rows\":[");
	for (size_t i = 0; i < q->fused_hits.len; i++) {
		const struct hit *hit = &q->fused_hits.at[i];
		float dist = dist_of(hit, true);
		if (i)
			buf_byte(p->out, ',');
		const struct doc *d = q->ns->docs.at[hit->slot];
		unite_includes(q, hit->slot, include);
		put_row(p, d, &dist, include);
		put_computed_of_legs(p, i, d);
		buf_byte(p->out, '}');
	}
	buf_byte(p->out, ']');
}

static void put_results(struct printer *p)
{
	buf_lit(p->out, "\"results\":[");
	for (size_t i = 0; i < (p->q->fused ? 1 : p->q->legs_len); i++) {
		buf_append(p->out, i ? SPAN(",{") : SPAN("{"));
		if (p->q->fused)
			put_fused(p);
		else
			put_leg(p, &p->q->legs[i]);
		buf_byte(p->out, '}');
	}
	buf_byte(p->out, ']');
}

static unsigned long long reported_ms(uint64_t ns)
{
	return ns / NS_PER_MS > REPORTED_MIN_MS ? ns / NS_PER_MS : REPORTED_MIN_MS;
}

static void put_performance(struct printer *p, uint64_t started_ns)
{
	const struct namespace *ns = p->q->ns;
	const struct query_times *times = &p->q->times;
	uint64_t work_ns = time_mono_ns() - started_ns, rows = namespace_row_count(ns);
	char text[TIME_RFC3339_MAX];
	size_t len = time_format_rfc3339(ns->last_write_ns, 9, text);
	work_ns = work_ns > times->work_ns ? work_ns : times->work_ns;
	buf_printf(p->out,
	    "\"performance\":{\"cache_hit_ratio\":1.0,\"cache_temperature\":\"hot\",\"server_total_ms\":%llu,"
	    "\"query_execution_ms\":%llu,\"exhaustive_search_count\":%llu,\"approx_namespace_size\":%llu",
	    reported_ms(times->wait_ns + work_ns), reported_ms(work_ns), (unsigned long long)rows,
	    (unsigned long long)rows);
	if (ns->last_write_ns)
		buf_printf(p->out, ",\"last_included_write_at\":\"%.*s\"", (int)len, text);
	buf_byte(p->out, '}');
}

void query_print(const struct query *q, uint64_t started_ns, struct buf *out)
{
	struct printer p = {.q = q, .out = out};
	buf_byte(out, '{');
	if (q->multi)
		put_results(&p);
	else
		put_leg(&p, &q->legs[0]);
	buf_lit(out, ",\"billing\":{\"billable_logical_bytes_queried\":");
	buf_u64(out, namespace_billed_read(q->ns) * q->legs_len);
	buf_lit(out, ",\"billable_logical_bytes_returned\":");
	buf_u64(out, p.returned);
	buf_lit(out, "},");
	put_performance(&p, started_ns);
	buf_byte(out, '}');
}
