#include <stdlib.h>

#include "base/time.h"
#include "store/cloud/cloud_inside.h"
#include "json/write.h"

struct cloud *cloud_new(const struct cloud_settings *settings)
{
	struct cloud *cloud = calloc(1, sizeof *cloud);
	if (!cloud)
		abort();
	pthread_mutex_init(&cloud->lock, NULL);
	cloud->start = cloud->settings = *settings;
	return cloud;
}

static void known_free(struct known *k)
{
	permits_free(&k->permits);
	vec_free(&k->builds);
	free(k->override);
	free(k);
}

struct cloud *cloud_free(struct cloud *cloud)
{
	if (!cloud)
		return NULL;
	map_each (&cloud->known, entry) {
		known_free(entry->value);
	}
	map_free(&cloud->known);
	operations_free(&cloud->operations);
	pthread_mutex_destroy(&cloud->lock);
	free(cloud);
	return NULL;
}

/* Names come from clients: what nobody set and nobody uses is forgotten when there are too many. */
static void forget_names(struct cloud *cloud)
{
	struct map kept = {0};
	map_each (&cloud->known, entry) {
		struct known *k = entry->value;
		if (k->override || k->permits.held.len)
			map_put(&kept, entry->key, k);
		else
			known_free(k);
	}
	map_free(&cloud->known);
	cloud->known = kept;
}

struct known *cloud_known(struct cloud *cloud, struct span ns)
{
	struct known *k = map_get(&cloud->known, ns);
	if (k)
		return k;
	if (cloud->known.len >= NAMES_MAX)
		forget_names(cloud);
	k = calloc(1, sizeof *k + ns.len);
	if (!k)
		abort();
	if (ns.len)
		memcpy(k->name, ns.ptr, ns.len);
	k->name_len = ns.len;
	map_put(&cloud->known, span_of(k->name, k->name_len), k);
	return k;
}

struct cloud_settings cloud_settings_of(const struct cloud *cloud, struct span ns)
{
	struct cloud_settings s = cloud->settings;
	const struct known *k = map_get(&cloud->known, ns);
	if (k && k->override)
		cloud_override_apply(k->override, &s);
	return s;
}

/* What kind of request it is */

static bool given(yyjson_val *body, const char *field)
{
	yyjson_val *v = yyjson_obj_get(body, field);
	return v && !yyjson_is_null(v);
}

bool cloud_is_copy(const struct call *c, enum cloud_class class)
{
	return class == CLOUD_WRITE && given(c->body, "copy_from_namespace");
}

/* Only upserts and deletes by id, without a condition: what disable_backpressure is for. */
static bool is_plain_write(yyjson_val *body)
{
	static const char *const others[] = {"patch_rows", "patch_columns", "upsert_condition",
	    "patch_condition", "delete_condition", "delete_by_filter", "patch_by_filter"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		if (given(body, others[i]))
			return false;
	}
	return true;
}

static uint64_t work_of(
    const struct call *c, enum cloud_class class, const struct cloud_settings *s, struct chance *chance)
{
	bool write = class == CLOUD_WRITE, operation = class == CLOUD_RECALL || cloud_is_copy(c, class);
	double p50 = (double)(operation && s->operation_p50_ms ? s->operation_p50_ms
	                      : write                          ? s->write_p50_ms
	                                                       : s->read_p50_ms);
	double p99 = (double)(operation && s->operation_p50_ms ? s->operation_p99_ms
	                      : write                          ? s->write_p99_ms
	                                                       : s->read_p99_ms);
	return (uint64_t)(chance_log_normal(chance, p50, p99) * (double)NS_PER_MS);
}

static struct visit visit_of(struct call *c, enum cloud_class class)
{
	struct cloud *cloud = c->store->cloud;
	struct visit v = {0};
	pthread_mutex_lock(&cloud->lock);
	v.settings = cloud_settings_of(cloud, c->ns);
	uint64_t number = c->quiet ? 0 : cloud_known(cloud, c->ns)->requests++;
	pthread_mutex_unlock(&cloud->lock);
	yyjson_val *level = yyjson_obj_get(yyjson_obj_get(c->body, "consistency"), "level");
	v.eventual = class == CLOUD_QUERY && yyjson_equals_str(level, "eventual");
	v.unbounded = class == CLOUD_WRITE &&
	              yyjson_is_true(yyjson_obj_get(c->body, "disable_backpressure")) &&
	              is_plain_write(c->body);
	if (c->quiet)
		return v;
	struct chance chance = chance_of(v.settings.seed, c->ns, number);
	v.mishap = mishap_draw(&chance, &v.settings, class, c->ns);
	v.work_ns = work_of(c, class, &v.settings, &chance);
	v.draw[0] = chance_draw(&chance);
	v.draw[1] = chance_draw(&chance);
	return v;
}

static int carry_out(struct call *c, struct visit *v, enum cloud_class class, int (*handle)(struct call *c))
{
	int rc = cloud_check_namespace(c, v, class);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc =
	    class == CLOUD_QUERY && v->settings.permits ? cloud_handle_with_permits(c, v, handle) : handle(c);
	c->reply->delivery.ready_ns = c->started_ns + v->wait_ns + v->work_ns;
	return rc;
}

/* Mishaps */

/* Half of the truth, or a page of somebody else's. */
static void spoil(struct call *c, const struct mishap *m)
{
	struct buf *body = &c->reply->body;
	if (m->kind == MISHAP_CUT_JSON) {
		body->len = body->len * m->permille / 1000;
		return;
	}
	buf_clear(body);
	c->reply->content_type = "text/html";
	buf_lit(body, "<html><body><h1>It works!</h1></body></html>");
}

static int fail(struct call *c, const struct visit *v)
{
	int status = v->mishap.status;
	buf_clear(&c->reply->body);
	c->refusal.status = 0;
	c->reply->delivery.headers_len = 0;
	return cloud_refuse(c, v, status, "💔 simulated failure %d", status);
}

static int spoil_reply(struct call *c, const struct visit *v, int rc)
{
	struct delivery *d = &c->reply->delivery;
	switch (v->mishap.kind) {
	case MISHAP_NONE:
		break;
	case MISHAP_STATUS:
		return fail(c, v);
	case MISHAP_CUT:
		d->cut = CUT_HEAD;
		break;
	case MISHAP_CUT_BODY:
		d->cut = CUT_BODY;
		d->cut_permille = v->mishap.permille;
		break;
	case MISHAP_CUT_JSON:
	case MISHAP_NO_JSON:
		if (rc == 0 && c->reply->status == 200)
			spoil(c, &v->mishap);
		break;
	case MISHAP_SLOW:
		d->bytes_per_s = v->settings.slow_bytes_per_s;
		break;
	}
	return rc;
}

int cloud_handle(struct call *c, enum cloud_class class, int (*handle)(struct call *c))
{
	struct visit v = visit_of(c, class);
	c->visit = &v;
	if (c->quiet)
		return handle(c);
	bool can_be_unapplied = v.mishap.kind == MISHAP_STATUS || v.mishap.kind == MISHAP_CUT;
	int rc = 0;
	if (!can_be_unapplied || v.mishap.applied) {
		if (!cloud_defer(c, &v, class))
			rc = carry_out(c, &v, class, handle);
	}
	return spoil_reply(c, &v, rc);
}
