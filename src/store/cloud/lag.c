/* The lagging index where the store reads and writes. */
#include "base/time.h"
#include "store/cloud/cloud_inside.h"

struct tail_rules cloud_rules(const struct cloud_settings *s)
{
	return (struct tail_rules){s->index_lag_ms * NS_PER_MS, s->index_bytes_per_s, s->eventual_bytes};
}

struct tail_rules cloud_tail_rules(struct cloud *cloud, struct span ns)
{
	pthread_mutex_lock(&cloud->lock);
	struct cloud_settings s = cloud_settings_of(cloud, ns);
	pthread_mutex_unlock(&cloud->lock);
	return cloud_rules(&s);
}

static uint64_t bytes_of(const struct change *change)
{
	uint64_t sum = 0;
	vec_each (&change->puts, put) {
		sum += put->doc->logical_size;
	}
	vec_each (&change->deletes, id) {
		sum += id->len;
	}
	return sum;
}

/* Makes the tail, or does away with one that is no longer needed. */
static void renew_tail(struct holder *h, struct tail_rules rules, uint64_t created_ns)
{
	struct tail *t = h->tail;
	uint64_t now_ns = time_mono_ns();
	if (!t && tail_rules_lag(rules))
		t = tail_new(h->data, created_ns);
	else if (t && !tail_rules_lag(rules) && !tail_state(t, rules, now_ns).unindexed_bytes)
		t = NULL;
	if (t == h->tail)
		return;
	pthread_rwlock_wrlock(&h->lock);
	struct tail *old = h->tail;
	h->tail = t;
	pthread_rwlock_unlock(&h->lock);
	tail_free(old);
}

static bool needs_build(const struct attr *is, const struct attr *was)
{
	return (is->full_text && !was->full_text) || (is->filterable && !was->filterable) ||
	       (is->glob && !was->glob) || (is->regex && !was->regex) || (is->fuzzy && !was->fuzzy);
}

/* Indexes that this schema wants and the old one did not, over documents that are there. */
static void note_builds(struct cloud *cloud, const struct holder *h, const struct schema *schema)
{
	const struct schema *old = h->data->schema;
	pthread_mutex_lock(&cloud->lock);
	struct known *k = cloud_known(cloud, h->name);
	uint64_t now_ns = time_mono_ns(),
	         build_ns = cloud_settings_of(cloud, h->name).index_build_ms * NS_PER_MS;
	size_t n = 0;
	vec_each (&k->builds, b) { /* those that are done go */
		if (now_ns - b->began_ns < build_ns)
			k->builds.at[n++] = *b;
	}
	k->builds.len = n;
	for (size_t i = 0; build_ns && i < old->attrs.len; i++) {
		const struct attr *attr = schema->attrs.at[i];
		if (!needs_build(attr, old->attrs.at[i]))
			continue;
		struct build b = {
		    .attr_len = attr->name.len, .created_ns = h->data->created_ns, .began_ns = now_ns};
		memcpy(b.attr, attr->name.ptr, attr->name.len);
		vec_push(&k->builds, b);
	}
	pthread_mutex_unlock(&cloud->lock);
}

struct cloud_write cloud_write_begin(
    struct call *c, struct holder *h, const struct change *change, const struct schema *schema)
{
	struct cloud *cloud = c->store->cloud;
	struct cloud_write w = {.schema = change->schema};
	if (!cloud)
		return w;
	if (h->data && change->schema && namespace_row_count(h->data))
		note_builds(cloud, h, change->schema);
	renew_tail(h, cloud_tail_rules(cloud, h->name), change->at_ns);
	if (h->tail && (change->puts.len || change->deletes.len)) {
		w.record = tail_record(change, schema);
		w.bytes = bytes_of(change);
	}
	return w;
}

void cloud_write_end(struct call *c, struct holder *h, struct cloud_write *w)
{
	if (!h->tail)
		return;
	if (w->schema)
		tail_set_schema(h->tail, h->data->schema, h->data->updated_ns);
	if (w->record.len)
		tail_push(
		    h->tail, w->record, h->data, w->bytes, time_mono_ns(), c->visit && c->visit->unbounded);
}

int call_begin_view(struct call *c, struct view *ret_view)
{
	struct holder *h;
	int rc = call_begin_read(c, &h);
	if (rc < 0)
		return rc;
	struct tail *tail = h->tail;
	struct view view = {.holder = h, .ns = h->data};
	view.lagging = tail && c->visit && c->visit->eventual;
	if (view.lagging)
		view.ns = tail_begin_read(tail, cloud_tail_rules(c->store->cloud, c->ns), time_mono_ns());
	*ret_view = view;
	return 0;
}

void call_end_view(struct call *c, struct view *view)
{
	if (view->lagging)
		tail_end_read(view->holder->tail);
	call_end_read(c, view->holder);
}

struct tail_state call_index_state(struct call *c, const struct holder *h)
{
	if (h->tail)
		return tail_state(h->tail, cloud_tail_rules(c->store->cloud, c->ns), time_mono_ns());
	return (struct tail_state){
	    .rows = namespace_row_count(h->data), .logical_bytes = h->data->logical_bytes};
}
