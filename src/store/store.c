#include "store/store.h"

#include <stdlib.h>

#include "base/time.h"
#include "store/cloud/cloud.h"
#include "store/handlers.h"
#include "store/params.h"
#include "json/write.h"

#define REPLY_MAX_DEFAULT   ((size_t)1 << 30)
#define DELETE_ROWS_DEFAULT 5000000
#define PATCH_ROWS_DEFAULT  50000
#define RECORD_MAX          ((size_t)UINT32_MAX)
#define SERVER_MS_MIN       3 /* the service rarely reports less, and its clients' tests count on more than 2 */

/* The file is rewritten at open if it is larger than this many times what it needs, and than this size. */
#define REWRITE_FACTOR     2
#define REWRITE_MIN_BYTES  ((uint64_t)1 << 20)
#define REWRITE_PIECE_ROWS 1000

/* Replay */

static const struct schema *schema_of(void *arg, struct span name)
{
	struct store *st = arg;
	struct holder *h = catalog_take(&st->catalog, name, false);
	const struct schema *s = h && h->data ? h->data->schema : NULL;
	if (h)
		catalog_release(&st->catalog, h);
	return s;
}

/* The namespace that a copy begins with: what the log has made of its source up to here. */
static struct namespace *replay_copy(struct store *st, const struct change *change)
{
	struct holder *source = catalog_take(&st->catalog, change->source, false);
	struct namespace *copy = source && source->data ? namespace_copy(source->data, change->at_ns) : NULL;
	if (source)
		catalog_release(&st->catalog, source);
	return copy;
}

static int replay_into(struct store *st, struct holder *h, struct change *change)
{
	if (change->drop) {
		namespace_free(holder_set(h, NULL));
		return 0;
	}
	if (change->create)
		namespace_free(holder_set(
		    h, change->source.len ? replay_copy(st, change) : namespace_new(change->at_ns)));
	if (!h->data)
		return -E_CORRUPT;
	namespace_apply(h->data, change);
	return 0;
}

int store_replay(void *arg, struct span record)
{
	struct store *st = arg;
	struct arena *a = arena_new();
	struct change change;
	int rc = change_decode(a, record, schema_of, st, &change);
	if (rc == 0) {
		struct holder *h = catalog_take(&st->catalog, change.ns, true);
		rc = h ? replay_into(st, h, &change) : -E_FULL;
		if (h)
			catalog_release(&st->catalog, h);
		change_free(&change);
	}
	arena_free(a);
	return rc;
}

/* Rewriting */

/* A change that puts documents which the namespace owns: only good for being encoded. */
static int add_piece(
    struct commit_log *log, struct buf *scratch, struct change *piece, const struct schema *s)
{
	buf_clear(scratch);
	change_encode(piece, s, scratch);
	piece->puts.len = 0;
	piece->schema = NULL;
	piece->settings = NULL;
	piece->create = false;
	int rc = buf_status(scratch);
	return rc < 0 ? rc : commit_log_add(log, buf_span(scratch));
}

static int add_namespace(struct commit_log *log, struct buf *scratch, struct arena *a, const struct holder *h)
{
	struct namespace *ns = h->data;
	struct change piece = {.ns = h->name,
	    .at_ns = ns->created_ns,
	    .create = true,
	    .schema = ns->schema,
	    .settings = &ns->settings};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < ns->docs.len; i++) {
		if (!ns->docs.at[i])
			continue;
		struct put put = {.doc = ns->docs.at[i], .vectors = namespace_vectors(ns, a, (uint32_t)i)};
		vec_push(&piece.puts, put);
		if (piece.puts.len == REWRITE_PIECE_ROWS)
			rc = add_piece(log, scratch, &piece, ns->schema);
	}
	/* Two more, so that the replay ends with the times as they are. */
	if (rc == 0) {
		rc = add_piece(log, scratch, &piece, ns->schema);
		piece.rows = true;
		piece.at_ns = ns->last_write_ns;
	}
	if (rc == 0) {
		rc = add_piece(log, scratch, &piece, ns->schema);
		piece.rows = false;
		piece.at_ns = ns->updated_ns;
	}
	if (rc == 0)
		rc = add_piece(log, scratch, &piece, ns->schema);
	vec_free(&piece.puts);
	return rc;
}

static int add_everything(void *arg, struct commit_log *log)
{
	struct store *st = arg;
	struct buf scratch = buf_new(RECORD_MAX);
	int rc = 0;
	vec_each (&st->catalog.by_name, h) {
		struct arena *a = arena_new();
		if (rc == 0 && (*h)->data)
			rc = add_namespace(log, &scratch, a, *h);
		arena_free(a);
	}
	buf_free(&scratch);
	return rc;
}

static uint64_t bytes_needed(const struct namespace *ns)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < ns->docs.len; i++)
		sum += ns->docs.at[i] ? change_doc_size(ns->schema, ns->docs.at[i]) : 0;
	return sum;
}

static void rewrite_if_worthwhile(struct store *st, struct store_report *report)
{
	uint64_t size = commit_log_size(st->log), needed = 0;
	vec_each (&st->catalog.by_name, h) {
		needed += (*h)->data ? bytes_needed((*h)->data) : 0;
	}
	if (size < REWRITE_MIN_BYTES || size / REWRITE_FACTOR < needed)
		return;
	report->rewrite_rc = commit_log_rewrite(st->log, add_everything, st);
	report->bytes_before = size;
	report->bytes_after = commit_log_size(st->log);
}

/* Opening */

int store_open(const char *dir, const struct store_options *opts, struct arena *a, struct store **ret_store,
    struct store_report *ret_report)
{
	struct store *st = calloc(1, sizeof *st);
	if (!st)
		abort();
	*ret_report = (struct store_report){0};
	st->reply_max = opts && opts->reply_max ? opts->reply_max : REPLY_MAX_DEFAULT;
	st->limits = (struct write_limits){
	    .delete_rows = opts && opts->delete_rows_max ? opts->delete_rows_max : DELETE_ROWS_DEFAULT,
	    .patch_rows = opts && opts->patch_rows_max ? opts->patch_rows_max : PATCH_ROWS_DEFAULT};
	catalog_init(&st->catalog);
	st->cloud = opts && opts->cloud ? cloud_new(opts->cloud) : NULL;
	st->admin = st->cloud && opts->admin;
	int rc = dir ? commit_log_open(dir, store_replay, st, a, &st->log, &ret_report->problem) : 0;
	if (rc < 0) {
		store_close(st);
		return rc;
	}
	if (dir) {
		ret_report->bytes_cut = commit_log_cut(st->log);
		rewrite_if_worthwhile(st, ret_report);
	}
	*ret_store = st;
	return 0;
}

struct store *store_close(struct store *st)
{
	if (st) {
		commit_log_close(st->log);
		catalog_free(&st->catalog);
		cloud_free(st->cloud);
		free(st);
	}
	return NULL;
}

/* What handlers share */

int store_commit(struct call *c, const struct change *change, const struct schema *schema)
{
	if (!c->store->log)
		return 0;
	struct buf record = buf_new(RECORD_MAX);
	change_encode(change, schema, &record);
	int rc = buf_status(&record);
	if (rc == 0)
		rc = commit_log_append(c->store->log, buf_span(&record));
	buf_free(&record);
	if (rc < 0)
		return refuse(&c->refusal, 500, "the write could not be made durable: %s", result_text(rc));
	return 0;
}

uint64_t call_ms(const struct call *c)
{
	uint64_t ns = time_mono_ns() - c->started_ns, modelled_ns = c->visit ? c->visit->work_ns : 0;
	uint64_t ms = (ns > modelled_ns ? ns : modelled_ns) / NS_PER_MS;
	return ms < SERVER_MS_MIN ? SERVER_MS_MIN : ms;
}

int refuse_not_found(struct call *c)
{
	return refuse_missing(&c->refusal, c->ns);
}

int refuse_too_many(struct call *c)
{
	return refuse(&c->refusal, 400, "💔 this store can have at most %d namespaces", CATALOG_MAX);
}

int refuse_read_only(struct call *c, const struct namespace *ns)
{
	if (!ns || !ns->settings.read_only)
		return 0;
	return refuse(&c->refusal, 400, "💔 Writes not permitted. This namespace is read-only.");
}

int call_begin_read(struct call *c, struct holder **ret_holder)
{
	struct holder *h = catalog_take(&c->store->catalog, c->ns, false);
	if (!h)
		return refuse_not_found(c);
	pthread_rwlock_rdlock(&h->lock);
	if (!h->data) {
		call_end_read(c, h);
		return refuse_not_found(c);
	}
	*ret_holder = h;
	return 0;
}

void call_end_read(struct call *c, struct holder *h)
{
	pthread_rwlock_unlock(&h->lock);
	catalog_release(&c->store->catalog, h);
}

int call_begin_write(struct call *c, struct holder **ret_holder)
{
	struct holder *h = catalog_take(&c->store->catalog, c->ns, true);
	if (!h)
		return refuse_too_many(c);
	pthread_mutex_lock(&h->writer);
	*ret_holder = h;
	return 0;
}

void call_end_write(struct call *c, struct holder *h)
{
	pthread_mutex_unlock(&h->writer);
	catalog_release(&c->store->catalog, h);
}

void call_put_billing(const struct call *c, uint64_t bytes_written, uint64_t bytes_queried)
{
	struct buf *out = &c->reply->body;
	buf_lit(out, ",\"billing\":{\"billable_logical_bytes_written\":");
	buf_u64(out, bytes_written);
	if (bytes_queried) {
		buf_lit(out, ",\"query\":{\"billable_logical_bytes_queried\":");
		buf_u64(out, bytes_queried);
		buf_lit(out, ",\"billable_logical_bytes_returned\":0}");
	}
	buf_lit(out, "},\"performance\":{\"server_total_ms\":");
	buf_u64(out, call_ms(c));
	buf_lit(out, "}}");
}

/* Routes */

enum body_use { NO_BODY, BODY, OPTIONAL_BODY };

static const struct route {
	const char *method, *path; /* {} stands for the namespace, * for any one segment */
	int (*handle)(struct call *c);
	enum body_use body;
	enum route_kind {
		KIND_METADATA = CLOUD_METADATA,
		KIND_QUERY = CLOUD_QUERY,
		KIND_WRITE = CLOUD_WRITE,
		KIND_RECALL = CLOUD_RECALL,
		KIND_EXACT, /* never simulated */
		KIND_ADMIN, /* the same; only there if it is switched on */
	} kind;
} routes[] = {
    {"GET", "/v1/namespaces", list_handle, NO_BODY, KIND_METADATA},
    {"POST", "/v2/namespaces/{}", write_handle, BODY, KIND_WRITE},
    {"DELETE", "/v2/namespaces/{}", delete_handle, NO_BODY, KIND_WRITE},
    {"POST", "/v2/namespaces/{}/query", query_handle, BODY, KIND_QUERY},
    {"POST", "/v2/namespaces/{}/explain_query", explain_handle, BODY, KIND_METADATA},
    {"GET", "/v2/namespaces/{}/metadata", metadata_v2_handle, NO_BODY, KIND_METADATA},
    {"GET", "/v1/namespaces/{}/metadata", metadata_v1_handle, NO_BODY, KIND_METADATA},
    {"PATCH", "/v1/namespaces/{}/metadata", metadata_update_handle, BODY, KIND_WRITE},
    {"GET", "/v1/namespaces/{}/schema", schema_handle, NO_BODY, KIND_METADATA},
    {"POST", "/v1/namespaces/{}/schema", schema_update_handle, BODY, KIND_WRITE},
    {"GET", "/v1/namespaces/{}/hint_cache_warm", warm_handle, NO_BODY, KIND_METADATA},
    {"POST", "/v1/namespaces/{}/_debug/recall", recall_handle, OPTIONAL_BODY, KIND_RECALL},
    {"GET", "/v1/namespaces/{}/operations/*", operation_handle, NO_BODY, KIND_EXACT},
    {"GET", "/_admin/cloud", cloud_settings_handle, NO_BODY, KIND_ADMIN},
    {"PATCH", "/_admin/cloud", cloud_settings_update_handle, BODY, KIND_ADMIN},
};

static bool path_matches(const char *pattern, struct span path, struct span *ret_ns)
{
	struct span want = span_str(pattern);
	while (want.len && path.len) {
		bool more_want = span_find(want, '/') < want.len, more_path = span_find(path, '/') < path.len;
		struct span w = span_cut(&want, '/'), p = span_cut(&path, '/');
		if (span_eq(w, SPAN("{}")))
			*ret_ns = p;
		else if (!span_eq(w, SPAN("*")) && !span_eq(w, p))
			return false;
		if (more_want != more_path)
			return false;
	}
	return !want.len && !path.len;
}

/* The route, or NULL; *ret_other: the path is known, the method is not. */
static const struct route *route_find(
    const struct store *st, const struct store_request *req, struct span *ret_ns, bool *ret_other)
{
	struct span method = span_eq(req->method, SPAN("HEAD")) ? SPAN("GET") : req->method;
	*ret_other = false;
	for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
		if (!path_matches(routes[i].path, req->path, ret_ns) ||
		    (routes[i].kind == KIND_ADMIN && !st->admin))
			continue;
		if (span_eq(method, span_str(routes[i].method)))
			return &routes[i];
		*ret_other = true;
	}
	return NULL;
}

static int reply_plain(struct call *c, struct span text)
{
	c->reply->status = 400;
	c->reply->content_type = "text/plain; charset=utf-8";
	buf_append(&c->reply->body, text);
	return 0;
}

static bool name_fits(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char ch = name.ptr[i], low = (char)(ch | 32);
		if ((low < 'a' || low > 'z') && (ch < '0' || ch > '9') && ch != '-' && ch != '_' && ch != '.')
			return false;
	}
	return name.len > 0;
}

static int read_body(struct call *c, enum body_use use)
{
	struct json_error err;
	struct span text = c->req->body;
	if (use == NO_BODY)
		return 0;
	if (use == OPTIONAL_BODY && !text.len)
		text = SPAN("{}");
	if (json_parse(c->req->arena, text, &c->body, &err) < 0)
		return refuse(&c->refusal, 400, "Failed to parse the request body as JSON: %s at byte %zu",
		    err.message, err.offset);
	return 0;
}

static int run(struct call *c, const struct route *route)
{
	if (strstr(route->path, "{}")) {
		if (percent_decode(c->req->arena, c->ns, false, &c->ns) < 0 || !name_fits(c->ns))
			return reply_plain(c, SPAN("Invalid URL: Namespace contains invalid characters, must "
			                           "be [A-Za-z0-9-_.]"));
		if (c->ns.len > NAMESPACE_NAME_MAX)
			return reply_plain(c,
			    arena_printf(c->req->arena,
			        "Invalid URL: Namespace `%.*s` is too long, limit is currently %d characters",
			        SPAN_FMT(c->ns), NAMESPACE_NAME_MAX));
	}
	int rc = read_body(c, route->body);
	if (rc < 0)
		return rc;
	if (c->store->cloud && route->kind < KIND_EXACT)
		return cloud_handle(c, (enum cloud_class)route->kind, route->handle);
	return route->handle(c);
}

static void put_error(struct store_reply *reply, int status, struct span text, struct span attribute)
{
	bool first = false;
	buf_clear(&reply->body);
	reply->status = status;
	reply->content_type = "application/json";
	buf_lit(&reply->body, "{\"status\":\"error\",\"error\":");
	json_put_string(&reply->body, text);
	if (attribute.len) {
		json_put_key(&reply->body, &first, SPAN("attribute"));
		json_put_string(&reply->body, attribute);
	}
	buf_lit(&reply->body, "}");
}

void store_reply_error(struct store_reply *ret_reply, int status, struct span text)
{
	*ret_reply = (struct store_reply){.body = buf_new(REPLY_MAX_DEFAULT)};
	put_error(ret_reply, status, text, SPAN_NONE);
}

void store_handle(struct store *st, const struct store_request *req, struct store_reply *ret_reply)
{
	if (st->cloud)
		cloud_run_due(st);
	store_answer(st, req, false, ret_reply);
}

void store_answer(
    struct store *st, const struct store_request *req, bool quiet, struct store_reply *ret_reply)
{
	struct call c = {
	    .store = st, .req = req, .reply = ret_reply, .started_ns = time_mono_ns(), .quiet = quiet};
	bool other;
	c.refusal.arena = req->arena;
	*ret_reply = (struct store_reply){
	    .status = 200, .content_type = "application/json", .body = buf_new(st->reply_max)};
	const struct route *route = route_find(st, req, &c.ns, &other);
	int rc = 0;
	if (route)
		rc = run(&c, route);
	else if (other)
		rc =
		    refuse(&c.refusal, 405, "this path does not have the method %.*s", SPAN_FMT(req->method));
	else
		rc = refuse(&c.refusal, 404, "there is no such path: %.*s", SPAN_FMT(req->path));
	if (rc == 0 && buf_status(&ret_reply->body) < 0)
		rc = refuse(&c.refusal, 500, "the reply is %s", result_text(buf_status(&ret_reply->body)));
	if (rc < 0)
		put_error(ret_reply, c.refusal.status ? c.refusal.status : 500, c.refusal.text,
		    c.refusal.attribute);
}
