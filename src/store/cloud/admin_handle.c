/* GET and PATCH /_admin/cloud: the settings of the simulation, those of some namespaces beside them. */
#include <stdlib.h>

#include "store/cloud/cloud_inside.h"
#include "json/write.h"

int cloud_settings_handle(struct call *c)
{
	struct cloud *cloud = c->store->cloud;
	struct buf *out = &c->reply->body;
	bool first = true, first_name = true;
	buf_byte(out, '{');
	json_put_key(out, &first, SPAN("settings"));
	pthread_mutex_lock(&cloud->lock);
	cloud_settings_put(&cloud->settings, out);
	json_put_key(out, &first, SPAN("namespaces"));
	buf_byte(out, '{');
	map_each (&cloud->known, entry) {
		const struct known *k = entry->value;
		if (!k->override)
			continue;
		json_put_key(out, &first_name, entry->key);
		cloud_override_put(k->override, out);
	}
	pthread_mutex_unlock(&cloud->lock);
	buf_lit(out, "}}");
	return 0;
}

static int refuse_setting(struct call *c, struct span name, int rc, const char *wanted)
{
	if (rc == -E_NOT_FOUND)
		return refuse(&c->refusal, 400, "there is no setting `%.*s`", SPAN_FMT(name));
	return refuse(&c->refusal, 400, "`%.*s` must be %s", SPAN_FMT(name), wanted);
}

/* A setting's value as the text that a flag would have. */
static int take_text(struct call *c, struct span name, yyjson_val *v, struct span *ret)
{
	struct arena *a = c->req->arena;
	if (yyjson_is_uint(v))
		*ret = arena_printf(a, "%llu", (unsigned long long)yyjson_get_uint(v));
	else if (yyjson_is_num(v))
		*ret = arena_printf(a, "%.17g", yyjson_get_num(v));
	else if (yyjson_is_str(v))
		*ret = json_span(v);
	else
		return refuse_setting(c, name, -E_INVALID, "a number, a text or null");
	return 0;
}

struct changed_name {
	struct span name;
	struct cloud_override override;
};

/* What a request changes: everything is checked here before anything is put in force. */
struct update {
	struct cloud_settings settings;
	VEC(struct changed_name) names;
};

/* null: as it was at the start. */
static int update_setting(struct call *c, struct update *u, struct span name, yyjson_val *value)
{
	struct span text;
	const char *wanted = NULL;
	int rc;
	if (yyjson_is_null(value))
		rc = cloud_settings_reset(&u->settings, name, &c->store->cloud->start);
	else if (take_text(c, name, value, &text) < 0)
		return -E_INVALID;
	else
		rc = cloud_settings_set(&u->settings, name, text, &wanted);
	return rc < 0 ? refuse_setting(c, name, rc, wanted) : 0;
}

/* null: like the others in this. */
static int update_override(struct call *c, struct cloud_override *o, struct span name, yyjson_val *value)
{
	struct span text;
	const char *wanted = NULL;
	int rc;
	if (yyjson_is_null(value))
		rc = cloud_override_clear(o, name);
	else if (take_text(c, name, value, &text) < 0)
		return -E_INVALID;
	else
		rc = cloud_override_set(o, name, text, &wanted);
	return rc < 0 ? refuse_setting(c, name, rc, wanted) : 0;
}

/* null: the namespace is like the others again. */
static int update_name(struct call *c, struct update *u, struct span ns, yyjson_val *json)
{
	const struct known *k = map_get(&c->store->cloud->known, ns);
	struct changed_name n = {.name = ns};
	yyjson_val *key, *value;
	size_t i, max;
	if (!yyjson_is_null(json) && !yyjson_is_obj(json))
		return refuse(&c->refusal, 400, "`namespaces.%.*s` must be a map or null", SPAN_FMT(ns));
	if (ns.len > NAMESPACE_NAME_MAX)
		return refuse(&c->refusal, 400, "`namespaces`: a name is too long");
	if (k && k->override && !yyjson_is_null(json))
		n.override = *k->override;
	yyjson_obj_foreach(json, i, max, key, value)
	{
		if (update_override(c, &n.override, json_span(key), value) < 0)
			return -E_INVALID;
	}
	vec_push(&u->names, n);
	return 0;
}

static int read_update(struct call *c, struct update *u)
{
	yyjson_val *key, *value, *ns, *json;
	size_t i, max, k, names;
	if (!yyjson_is_obj(c->body))
		return refuse_type(&c->refusal, "", c->body, "a map");
	yyjson_obj_foreach(c->body, i, max, key, value)
	{
		bool are_names = yyjson_equals_str(key, "namespaces");
		int rc = are_names ? 0 : update_setting(c, u, json_span(key), value);
		if (are_names && !yyjson_is_obj(value))
			return refuse_type(&c->refusal, "namespaces", value, "a map");
		yyjson_obj_foreach(are_names ? value : NULL, k, names, ns, json)
		{
			rc = rc < 0 ? rc : update_name(c, u, json_span(ns), json);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_update(struct call *c, const struct update *u)
{
	const char *problem = cloud_settings_problem(&u->settings);
	vec_each (&u->names, n) {
		struct cloud_settings s = u->settings;
		cloud_override_apply(&n->override, &s);
		problem = problem ? problem : cloud_settings_problem(&s);
	}
	if (problem)
		return refuse(&c->refusal, 400, "%s", problem);
	if (c->store->cloud->overrides + u->names.len > OVERRIDES_MAX)
		return refuse(
		    &c->refusal, 400, "at most %d namespaces can have settings of their own", OVERRIDES_MAX);
	return 0;
}

static void put_in_force(struct cloud *cloud, const struct update *u)
{
	cloud->settings = u->settings;
	vec_each (&u->names, n) {
		struct known *k = cloud_known(cloud, n->name);
		bool none = cloud_override_empty(&n->override);
		if (none && !k->override)
			continue;
		if (!k->override) {
			k->override = malloc(sizeof *k->override);
			if (!k->override)
				abort();
			cloud->overrides++;
		}
		*k->override = n->override;
		if (none) {
			free(k->override);
			k->override = NULL;
			cloud->overrides--;
		}
	}
}

int cloud_settings_update_handle(struct call *c)
{
	struct cloud *cloud = c->store->cloud;
	pthread_mutex_lock(&cloud->lock);
	struct update u = {.settings = cloud->settings};
	int rc = read_update(c, &u);
	if (rc == 0)
		rc = check_update(c, &u);
	if (rc == 0)
		put_in_force(cloud, &u);
	pthread_mutex_unlock(&cloud->lock);
	vec_free(&u.names);
	return rc < 0 ? rc : cloud_settings_handle(c);
}
