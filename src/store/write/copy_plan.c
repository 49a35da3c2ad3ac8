#include "store/write/copy_plan.h"

#include "store/write/write_fields.h"

#define COPY   "copy_from_namespace"
#define BRANCH "branch_from_namespace"

bool copy_plan_wanted(yyjson_val *body)
{
	return write_field(body, COPY) || write_field(body, BRANCH);
}

/* This store is one organisation in one region, which have no names. */
static int check_elsewhere(const struct copy_plan *p, yyjson_val *json, struct refusal *r)
{
	static const char *const elsewhere[] = {"source_api_key", "source_region"};
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) {
		yyjson_val *v = write_field(json, elsewhere[i]);
		const char *path = arena_printf(r->arena, "%s.%s", p->field, elsewhere[i]).ptr;
		if (v && !yyjson_is_str(v))
			return refuse_type(r, path, v, "a string");
		if (yyjson_get_len(v))
			return refuse(r, 400,
			    "💔 %s: this local store has one organisation and one region, leave it out", path);
	}
	return 0;
}

static int take_source(struct copy_plan *p, yyjson_val *json, struct refusal *r)
{
	yyjson_val *name = yyjson_is_str(json) ? json : yyjson_obj_get(json, "source_namespace");
	yyjson_val *encryption = write_field(json, "dest_encryption");
	if (!yyjson_is_str(json) && !yyjson_is_obj(json))
		return refuse_type(r, p->field, json, "a string or a map");
	if (!name)
		return refuse_shape(r, p->field, "missing field `source_namespace`");
	if (!yyjson_is_str(name))
		return refuse_type(
		    r, arena_printf(r->arena, "%s.source_namespace", p->field).ptr, name, "a string");
	p->source = json_span(name);
	int rc = check_elsewhere(p, json, r);
	if (rc == 0 && encryption)
		rc = encryption_from_json(arena_printf(r->arena, "%s.dest_encryption", p->field).ptr,
		    encryption, &p->set.key_name, r);
	return rc;
}

static int take_settings(struct copy_plan *p, yyjson_val *body, struct refusal *r)
{
	yyjson_val *encryption = write_field(body, "encryption"), *sharding = write_field(body, "sharding");
	struct span inner = p->set.key_name;
	int rc = encryption ? encryption_from_json("encryption", encryption, &p->set.key_name, r) : 0;
	if (rc == 0 && inner.len && encryption && !span_eq(inner, p->set.key_name))
		rc = refuse(r, 400, "💔 `encryption` and `%s.dest_encryption` differ", p->field);
	if (rc == 0 && sharding)
		rc = sharding_from_json("sharding", sharding, &p->set.shards, r);
	return rc;
}

int copy_plan_make(yyjson_val *body, struct copy_plan *ret_plan, struct refusal *r)
{
	yyjson_val *copy = write_field(body, COPY), *branch = write_field(body, BRANCH);
	struct copy_plan p = {.field = branch ? BRANCH : COPY, .branch = branch != NULL};
	int rc = write_fields_check(body, r);
	const char *beside = write_fields_beside_copy(body);
	if (rc == 0 && (beside || (copy && branch)))
		rc = refuse(r, 400, "💔 `%s` cannot be combined with `%s`", p.field, beside ? beside : COPY);
	if (rc == 0)
		rc = take_source(&p, branch ? branch : copy, r);
	if (rc == 0)
		rc = take_settings(&p, body, r);
	if (rc == 0)
		*ret_plan = p;
	return rc;
}

int copy_plan_settle(struct copy_plan *p, const struct settings *source, struct refusal *r)
{
	if (!p->branch)
		return 0;
	if (source->shards || p->set.shards)
		return refuse(r, 400, "💔 branching is not available for sharded namespaces");
	if (p->set.key_name.len && !span_eq(p->set.key_name, source->key_name))
		return refuse(r, 400, "💔 a branch has the encryption of its parent");
	p->set.key_name = source->key_name;
	p->set.read_only = source->read_only;
	p->set.parent = p->source;
	return 0;
}
