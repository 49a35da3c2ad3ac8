#include <assert.h>

#include "store/query/query_plan.h"
#include "json/write.h"

/* Sampled searches over the vectors of the namespace's own documents. Every search here compares all vectors,
 * so what the index would find and what there is to find come from the same search, and the recall is 1. */

#define NUM_DEFAULT   25
#define NUM_MAX       1000
#define TOP_K_DEFAULT 10

struct recall {
	const struct namespace *ns;
	struct arena *arena;
	uint64_t num, top_k;
	struct filter *filter;
	struct rank rank; /* given, or: */
	bool sampled;
	bool ground_truth;
};

static yyjson_val *field(yyjson_val *body, const char *name)
{
	yyjson_val *v = yyjson_obj_get(body, name);
	return yyjson_is_null(v) ? NULL : v;
}

static int parse_count(yyjson_val *body, const char *name, uint64_t max, uint64_t *ret, struct refusal *r)
{
	yyjson_val *v = field(body, name);
	if (!v)
		return 0;
	if (!yyjson_is_uint(v))
		return refuse_type(r, name, v, "usize");
	if (yyjson_get_uint(v) == 0 || yyjson_get_uint(v) > max)
		return refuse(r, 400, "💔 %s must be between 1 and %llu", name, (unsigned long long)max);
	*ret = yyjson_get_uint(v);
	return 0;
}

static int parse_rank(struct recall *rc, yyjson_val *body, struct refusal *r)
{
	yyjson_val *rank_by = field(body, "rank_by");
	rc->sampled = !rank_by;
	if (!rank_by)
		return 0;
	if (field(body, "num") && rc->num != 1)
		return refuse(r, 400, "💔 num must be null or 1 if rank_by is given");
	rc->num = 1;
	int err = rank_parse(rc->ns, rank_by, "rank_by", rc->arena, &rc->rank, r);
	if (err == 0 && rc->rank.kind != RANK_ANN && rc->rank.kind != RANK_KNN)
		return refuse(r, 400, "💔 recall's rank_by must be ANN or kNN");
	return err;
}

static int parse(struct recall *rc, yyjson_val *body, struct refusal *r)
{
	yyjson_val *filters = field(body, "filters"), *truth = field(body, "include_ground_truth");
	if (!yyjson_is_obj(body))
		return refuse_type(r, "", body, "a map");
	if (truth && !yyjson_is_bool(truth))
		return refuse_type(r, "include_ground_truth", truth, "a boolean");
	rc->ground_truth = yyjson_is_true(truth);
	int err = parse_count(body, "num", NUM_MAX, &rc->num, r);
	if (err == 0)
		err = parse_count(body, "top_k", QUERY_ROWS_MAX, &rc->top_k, r);
	if (err == 0 && !rc->ns->schema->vectors.len)
		err = refuse(r, 400, "💔 recall needs a namespace with a vector attribute");
	if (err == 0 && filters)
		err = filter_parse(rc->ns, filters, "filters", rc->arena, &rc->filter, r);
	return err < 0 ? err : parse_rank(rc, body, r);
}

static void put_truth(const struct recall *rc, const struct leg *leg, bool first, struct buf *out)
{
	struct topk rows = leg_rows(leg);
	buf_append(out, first ? SPAN("{\"query_vector\":[") : SPAN(",{\"query_vector\":["));
	for (size_t i = 0; i < leg->rank.attr->type.dims; i++) {
		if (i)
			buf_byte(out, ',');
		json_put_f32(out, leg->rank.vector[i]);
	}
	buf_lit(out, "],\"nearest_neighbors\":[");
	for (size_t i = 0; i < rows.len; i++) {
		buf_append(out, i ? SPAN(",{\"id\":") : SPAN("{\"id\":"));
		id_to_json(out, rc->ns->schema->id_kind, rc->ns->docs.at[rows.at[i].slot]->id);
		buf_lit(out, ",\"$dist\":");
		json_put_f32(out, rows.at[i].key);
		buf_byte(out, '}');
	}
	buf_lit(out, "]}");
}

/* One search; returns the number of rows found. */
static size_t search(const struct recall *rc, const struct rank *rank, bool first, struct buf *truth)
{
	struct arena *scratch = arena_new();
	struct query *q = arena_one(scratch, struct query);
	q->ns = rc->ns;
	q->arena = scratch;
	q->legs_len = 1;
	q->legs[0] = (struct leg){.rank = *rank, .ranked = true, .filter = rc->filter, .limit = rc->top_k};
	struct refusal none = {.arena = scratch};
	int err = query_run(q, &none);
	assert(err == 0); /* only groups can be too many */
	size_t found = leg_rows(&q->legs[0]).len;
	if (rc->ground_truth)
		put_truth(rc, &q->legs[0], first, truth);
	arena_free(scratch);
	return found;
}

/* Searches for the vectors of documents that lie evenly over all, with each vector attribute in turn. Returns
 * the number of searches. */
static size_t search_samples(const struct recall *rc, uint64_t *found, struct buf *truth)
{
	size_t docs = namespace_row_count(rc->ns), n = rc->num < docs ? rc->num : docs, done = 0, seen = 0;
	vec_each (&rc->ns->docs, d) {
		if (!*d || done == n || seen++ < done * docs / n)
			continue;
		const struct attr *attr = rc->ns->schema->vectors.at[done % rc->ns->schema->vectors.len];
		struct rank rank = {
		    .kind = RANK_ANN, .attr = attr, .vector = namespace_vector(rc->ns, attr, *d, rc->arena)};
		*found += search(rc, &rank, done == 0, truth);
		done++;
	}
	return done;
}

static void put_average(struct buf *out, const char *key, double sum, size_t n)
{
	buf_printf(out, "\"%s\":", key);
	json_put_f64(out, n ? sum / (double)n : 0);
}

int store_recall(
    const struct namespace *ns, yyjson_val *body, struct arena *a, struct buf *out, struct refusal *r)
{
	struct recall rc = {.ns = ns, .arena = a, .num = NUM_DEFAULT, .top_k = TOP_K_DEFAULT};
	struct buf truth = buf_new(out->max);
	uint64_t found = 0;
	size_t searches = 1;
	int err = parse(&rc, body, r);
	if (err < 0)
		return err;
	if (rc.sampled)
		searches = search_samples(&rc, &found, &truth);
	else
		found = search(&rc, &rc.rank, true, &truth);
	buf_lit(out, "{\"avg_recall\":1.0,");
	put_average(out, "avg_exhaustive_count", (double)found, searches);
	buf_byte(out, ',');
	put_average(out, "avg_ann_count", (double)found, searches);
	if (rc.ground_truth) {
		buf_lit(out, ",\"ground_truth\":[");
		buf_append(out, buf_span(&truth));
		buf_byte(out, ']');
	}
	buf_byte(out, '}');
	if (buf_status(&truth) < 0)
		err = refuse(r, 500, "the reply is %s", result_text(buf_status(&truth)));
	buf_free(&truth);
	return err;
}
