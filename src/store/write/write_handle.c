#include "base/time.h"
#include "store/cloud/cloud.h"
#include "store/handlers.h"
#include "store/write/copy_plan.h"
#include "json/write.h"

static void put_count(struct buf *out, const char *key, size_t n)
{
	buf_printf(out, ",\"%s\":%zu", key, n);
}

static void put_ids(struct buf *out, const char *key, enum id_kind kind, const struct id_list *ids)
{
	if (!ids->len)
		return;
	buf_printf(out, ",\"%s\":[", key);
	vec_each (ids, id) {
		if (id != ids->at)
			buf_byte(out, ',');
		id_to_json(out, kind, *id);
	}
	buf_byte(out, ']');
}

static void put_reply(struct call *c, const struct write_plan *p, enum id_kind kind)
{
	struct buf *out = &c->reply->body;
	buf_lit(out, "{\"status\":\"OK\",\"message\":\"documents committed successfully\"");
	put_count(out, "rows_affected", p->upserted.len + p->patched.len + p->deleted.len);
	if (p->upserts)
		put_count(out, "rows_upserted", p->upserted.len);
	if (p->patches)
		put_count(out, "rows_patched", p->patched.len);
	if (p->deletes)
		put_count(out, "rows_deleted", p->deleted.len);
	if (p->return_ids) {
		put_ids(out, "upserted_ids", kind, &p->upserted);
		put_ids(out, "patched_ids", kind, &p->patched);
		put_ids(out, "deleted_ids", kind, &p->deleted);
	}
	if (p->may_be_partial) {
		buf_lit(out, ",\"rows_remaining\":");
		json_put_bool(out, p->rows_remaining);
	}
	call_put_billing(c, p->bytes_written, p->bytes_queried);
}

/* Writers of the namespace are locked out already; readers only while the change is applied. `schema` is the
 * one in force after it. */
static void apply(struct call *c, struct holder *h, struct change *change, const struct schema *schema)
{
	struct cloud_write seen = cloud_write_begin(c, h, change, schema);
	struct namespace *fresh = h->data ? NULL : namespace_new(change->at_ns);
	pthread_rwlock_wrlock(&h->lock);
	if (fresh)
		holder_set(h, fresh);
	namespace_apply(h->data, change);
	pthread_rwlock_unlock(&h->lock);
	cloud_write_end(c, h, &seen);
}

static int with_writer(struct call *c, int (*fn)(struct call *c, struct holder *h))
{
	struct holder *h;
	int rc = call_begin_write(c, &h);
	if (rc < 0)
		return rc;
	rc = fn(c, h);
	call_end_write(c, h);
	return rc;
}

static int write_locked(struct call *c, struct holder *h)
{
	struct write_plan plan;
	int rc = refuse_read_only(c, h->data);
	if (rc < 0)
		return rc;
	rc = write_plan_make(h->data, c->ns, c->body, &c->store->limits, c->req->arena, &plan, &c->refusal);
	if (rc < 0)
		return rc;
	bool changes = write_plan_changes(&plan);
	enum id_kind kind = plan.schema->id_kind;
	rc = changes ? store_commit(c, &plan.change, plan.schema) : 0;
	if (rc == 0 && changes)
		apply(c, h, &plan.change, plan.schema);
	if (rc == 0)
		put_reply(c, &plan, kind);
	write_plan_free(&plan);
	return rc;
}

int write_handle(struct call *c)
{
	return copy_plan_wanted(c->body) ? copy_handle(c) : with_writer(c, write_locked);
}

static int update_schema_locked(struct call *c, struct holder *h)
{
	struct write_plan plan;
	if (!h->data)
		return refuse_not_found(c);
	int rc = refuse_read_only(c, h->data);
	if (rc < 0)
		return rc;
	rc = write_plan_schema(h->data, c->ns, c->body, c->req->arena, &plan, &c->refusal);
	if (rc < 0)
		return rc;
	rc = store_commit(c, &plan.change, plan.schema);
	if (rc == 0) {
		apply(c, h, &plan.change, plan.schema);
		schema_to_json(h->data->schema, &c->reply->body);
	}
	write_plan_free(&plan);
	return rc;
}

int schema_update_handle(struct call *c)
{
	return with_writer(c, update_schema_locked);
}

static int delete_locked(struct call *c, struct holder *h)
{
	struct change drop = {.ns = c->ns, .at_ns = time_wall_ns(), .drop = true};
	if (!h->data)
		return refuse_not_found(c);
	int rc = store_commit(c, &drop, h->data->schema);
	if (rc < 0)
		return rc;
	pthread_rwlock_wrlock(&h->lock);
	struct namespace *old = holder_set(h, NULL);
	pthread_rwlock_unlock(&h->lock);
	namespace_free(old);
	buf_lit(&c->reply->body, "{\"status\":\"OK\"}");
	return 0;
}

int delete_handle(struct call *c)
{
	return with_writer(c, delete_locked);
}

static int update_metadata_locked(struct call *c, struct holder *h)
{
	bool any;
	if (!h->data)
		return refuse_not_found(c);
	struct settings next = h->data->settings;
	struct change change = {.ns = c->ns, .at_ns = time_wall_ns()};
	change.settings = &next;
	int rc = settings_update(&next, c->body, change.at_ns, &any, &c->refusal);
	if (rc == 0 && any)
		rc = store_commit(c, &change, h->data->schema);
	if (rc < 0)
		return rc;
	if (any)
		apply(c, h, &change, h->data->schema);
	return metadata_v1_handle(c);
}

int metadata_update_handle(struct call *c)
{
	return with_writer(c, update_metadata_locked);
}
