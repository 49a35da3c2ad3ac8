#include "store/write/write_planner.h"

#include "base/time.h"

static int plan_settings(struct planner *p, yyjson_val *body)
{
	struct settings *s = &p->plan->settings;
	yyjson_val *encryption = write_field(body, "encryption"), *sharding = write_field(body, "sharding");
	int rc = encryption ? encryption_from_json("encryption", encryption, &s->key_name, p->refusal) : 0;
	if (rc == 0 && sharding)
		rc = sharding_from_json("sharding", sharding, &s->shards, p->refusal);
	if (rc < 0)
		return rc;
	if (!p->ns && (s->key_name.len || s->shards))
		p->plan->change.settings = s;
	if (p->ns && sharding && s->shards != p->ns->settings.shards)
		return refuse(p->refusal, 400,
		    "💔 sharding is fixed when a namespace is created: this one has %s, not %u shards",
		    p->ns->settings.shards ? arena_printf(p->arena, "%u shards", p->ns->settings.shards).ptr
		                           : "no sharding",
		    s->shards);
	return 0;
}

static int plan_metric(struct planner *p, yyjson_val *body)
{
	yyjson_val *v = write_field(body, "distance_metric");
	enum metric metric;
	int rc = v ? metric_from_json("distance_metric", v, &metric, p->refusal) : 0;
	if (!v || rc < 0)
		return rc;
	if (!p->ns)
		p->schema->metric = metric;
	else if (p->schema->vectors.len && p->schema->metric != metric)
		return refuse(p->refusal, 400, "💔 distance metric mismatch, expected %.*s, got %.*s",
		    SPAN_FMT(metric_name(p->schema->metric)), SPAN_FMT(metric_name(metric)));
	return 0;
}

/* What is known before the rows are read: `create_namespace: false` never creates, and a filter has nothing
 * to be read against. */
static int check_existence(struct planner *p, yyjson_val *body, struct span name)
{
	yyjson_val *create = write_field(body, "create_namespace");
	bool filters = write_field(body, "delete_by_filter") || write_field(body, "patch_by_filter");
	if (p->ns || yyjson_is_true(create) || (!create && (p->plan->upserts || !filters)))
		return 0;
	return refuse_missing(p->refusal, name);
}

/* A new namespace has documents, or `create_namespace` and a type of ids. */
static int check_created(struct planner *p, yyjson_val *body, struct span name)
{
	if (p->ns || p->plan->upserted.len)
		return 0;
	if (!write_flag(body, "create_namespace"))
		return refuse_missing(p->refusal, name);
	if (!p->schema->has_id_kind)
		return refuse(p->refusal, 400,
		    "💔 creating an empty namespace requires the type of `id` to be declared in `schema`");
	return 0;
}

static int check_something_to_do(struct planner *p, yyjson_val *body)
{
	if (p->in_order.len || write_field(body, "schema") || write_field(body, "delete_by_filter") ||
	    write_field(body, "patch_by_filter") || write_flag(body, "create_namespace"))
		return 0;
	return refuse(p->refusal, 400, "💔 no writes provided");
}

static void free_view_schema(void *arg)
{
	schema_free(arg);
}

/* Options that the request changes do not hold for its own filters: their indexes do not exist yet. */
static void make_view(struct planner *p)
{
	p->view = p->ns ? *p->ns : (struct namespace){0};
	p->view.schema = p->schema;
	if (!p->ns)
		return;
	struct schema *s = schema_clone(p->ns->schema);
	arena_defer(p->arena, free_view_schema, s);
	for (size_t i = s->attrs.len; i < p->schema->attrs.len; i++)
		schema_add(s, p->schema->attrs.at[i]);
	s->has_id_kind = p->schema->has_id_kind;
	s->id_kind = p->schema->id_kind;
	p->view.schema = s;
}

static int plan_conditions(struct planner *p, yyjson_val *body)
{
	static const char *const names[OPERATIONS] = {
	    [UPSERT] = "upsert_condition", [PATCH] = "patch_condition", [DELETE] = "delete_condition"};
	for (enum operation op = UPSERT; op < OPERATIONS; op++) {
		yyjson_val *v = write_field(body, names[op]);
		int rc =
		    v ? condition_parse(&p->view, v, names[op], p->arena, &p->conditions[op], p->refusal) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static bool has_filters(yyjson_val *body)
{
	static const char *const names[] = {
	    "upsert_condition", "patch_condition", "delete_condition", "delete_by_filter", "patch_by_filter"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (write_field(body, names[i]))
			return true;
	}
	return false;
}

static int plan_operations(struct planner *p, yyjson_val *body, const struct write_limits *limits)
{
	int rc = rows_infer(p, body);
	if (rc == 0)
		rc = check_existence(p, body, p->plan->change.ns);
	if (rc == 0)
		rc = filter_writes_infer(p, body);
	if (rc < 0)
		return rc;
	if (has_filters(body)) {
		make_view(p);
		rc = plan_conditions(p, body);
	}
	if (rc == 0)
		rc = filter_writes_plan(p, body, limits);
	return rc < 0 ? rc : rows_plan(p, body);
}

/* One read for each write by filter, and one for all that looks at documents by their ids. */
static void bill_reads(struct planner *p, yyjson_val *body)
{
	struct write_plan *plan = p->plan;
	bool by_id = write_field(body, "patch_rows") || write_field(body, "patch_columns") ||
	             (plan->upserts && p->conditions[UPSERT]) ||
	             (write_field(body, "deletes") && p->conditions[DELETE]);
	unsigned reads = by_id + (write_field(body, "delete_by_filter") != NULL) +
	                 (write_field(body, "patch_by_filter") != NULL);
	static const struct namespace none;
	plan->bytes_queried = reads * namespace_billed_read(p->ns ? p->ns : &none);
}

static void planner_begin(struct planner *p, const struct namespace *ns, struct span name)
{
	p->ns = ns;
	p->schema = ns ? schema_clone(ns->schema) : schema_new();
	p->values = arena_array(p->arena, struct value, ATTRS_MAX);
	p->merged = arena_array(p->arena, struct value, ATTRS_MAX);
	p->row_of = arena_array(p->arena, uint32_t, ATTRS_MAX);
	p->vectors = arena_array(p->arena, const void *, VECTOR_COLUMNS_MAX);
	p->plan->schema = p->schema;
	p->plan->change = (struct change){.ns = name, .at_ns = time_wall_ns(), .create = !ns};
}

/* Keeps the plan's new schema only if something in it is new. */
static int planner_end(struct planner *p, int rc, bool schema_given)
{
	struct write_plan *plan = p->plan;
	const struct schema *old = p->ns ? p->ns->schema : NULL;
	if (rc == 0)
		stage_finish(p);
	stage_free(p);
	if (!p->schema->vectors.len)
		p->schema->metric = METRIC_NONE;
	if (schema_given || !old || old->attrs.len != p->schema->attrs.len ||
	    old->has_id_kind != p->schema->has_id_kind)
		plan->change.schema = p->schema;
	else
		plan->spare = p->schema;
	plan->change.rows = plan->upserts || plan->patches || plan->deletes;
	if (rc < 0)
		write_plan_free(plan);
	return rc;
}

int write_plan_make(const struct namespace *ns, struct span name, yyjson_val *body,
    const struct write_limits *limits, struct arena *a, struct write_plan *ret_plan, struct refusal *r)
{
	struct planner p = {.plan = ret_plan, .arena = a, .refusal = r};
	yyjson_val *schema = write_field(body, "schema");
	int rc = write_fields_check(body, r);
	if (rc < 0)
		return rc;
	*ret_plan = (struct write_plan){
	    .upserts = write_field(body, "upsert_rows") || write_field(body, "upsert_columns"),
	    .patches = write_field(body, "patch_rows") || write_field(body, "patch_columns") ||
	               write_field(body, "patch_by_filter"),
	    .deletes = write_field(body, "deletes") || write_field(body, "delete_by_filter"),
	    .return_ids = write_flag(body, "return_affected_ids")};
	planner_begin(&p, ns, name);
	rc = plan_settings(&p, body);
	if (rc == 0)
		rc = plan_metric(&p, body);
	if (rc == 0 && schema)
		rc = schema_plan(p.schema, schema, !ns, "schema", r);
	if (rc == 0)
		rc = plan_operations(&p, body, limits);
	if (rc == 0)
		rc = check_something_to_do(&p, body);
	if (rc == 0)
		rc = check_created(&p, body, name);
	if (rc == 0)
		bill_reads(&p, body);
	return planner_end(&p, rc, schema != NULL);
}

int write_plan_schema(const struct namespace *ns, struct span name, yyjson_val *body, struct arena *a,
    struct write_plan *ret_plan, struct refusal *r)
{
	struct planner p = {.plan = ret_plan, .arena = a, .refusal = r};
	*ret_plan = (struct write_plan){0};
	planner_begin(&p, ns, name);
	return planner_end(&p, schema_plan(p.schema, body, false, "", r), true);
}

bool write_plan_changes(const struct write_plan *p)
{
	return p->change.create || p->change.rows || p->change.schema;
}

void write_plan_free(struct write_plan *p)
{
	p->spare = schema_free(p->spare);
	change_free(&p->change);
	vec_free(&p->upserted);
	vec_free(&p->patched);
	vec_free(&p->deleted);
}
