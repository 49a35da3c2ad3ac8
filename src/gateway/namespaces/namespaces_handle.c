/* GET /v2/namespaces. One page asks the stores in turn for names, each at most once, until it is full; then
 * for the metadata of each name, a few at a time. The row says why where that fails: the page never does. */
#include "gateway/namespaces/namespaces.h"

#include "gateway/edge/request.h"
#include "gateway/namespaces/listing_cache.h"
#include "gateway/namespaces/namespaces_plan.h"
#include "gateway/worker.h"
#include "rt/coro.h"

#define FAN_OUT      16
#define METADATA_MAX ((size_t)1 << 20)
#define NAMES_MAX    ((size_t)1 << 20)
#define ROWS_NS      (20 * NS_PER_S) /* for all metadata of a page: who has none by then is told without */

struct row {
	struct span name, text; /* text: as JSON, empty until it was tried */
	const struct config_store *store;
};

struct listing {
	struct request *request;
	struct listing_page *page;
	struct listing_query query; /* moves on from store to store */
	VEC(struct row) rows;
	size_t next; /* the row that is tried next */
	struct span cursor;
};

static void fail(struct listing *l, enum error_id error, struct span message)
{
	l->page->state = LISTING_FAILED;
	l->page->error = error;
	buf_append(&l->page->body, message);
}

static int get(
    struct request *r, const struct config_store *store, const struct buf *target, struct buf *body)
{
	metric_add(r->worker->inflight, 1);
	int status = upstream_get(worker_upstream(r->config, store), buf_span(target), body);
	metric_add(r->worker->inflight, -1);
	return status;
}

/* Names */

/* An Index gives its namespace to one store; what others have under that name nobody can reach. */
static bool reachable(const struct config *cfg, const struct config_store *store, struct span name)
{
	const struct config_index *index = config_index(cfg, name);
	return !index || index->store == store;
}

/* Adds what the store lists, and moves the query to what comes after; false if it did not answer soundly. */
static bool list_store(struct listing *l, const struct config_store *store, uint64_t want)
{
	struct request *r = l->request;
	struct arena *a = r->x->arena;
	struct buf target = buf_new(4 * LISTING_TEXT_MAX), body = buf_new(NAMES_MAX);
	struct listing_names got = {0};
	listing_put_target(&target, &l->query, want);
	int status = get(r, store, &target, &body);
	int rc = status == 200 ? buf_status(&body) : -E_INVALID;
	if (rc == 0)
		rc = listing_read_names(a, arena_copy(a, buf_span(&body)), want, &got);
	buf_free(&target);
	buf_free(&body);
	if (status == 400 && l->query.at.len)
		fail(l, ERROR_VALIDATION_ERROR, SPAN("cursor: the store does not know it"));
	else if (status < 0)
		fail(l, ERROR_UPSTREAM_ERROR,
		    arena_printf(a, "the store \"%.*s\" cannot be reached: %s", SPAN_FMT(store->name),
		        result_text(status)));
	else if (status != 200)
		fail(l, ERROR_UPSTREAM_ERROR,
		    arena_printf(a, "the store \"%.*s\" answered %d to the list of its namespaces",
		        SPAN_FMT(store->name), status));
	else if (rc < 0)
		fail(l, ERROR_UPSTREAM_ERROR,
		    arena_printf(a, "the list of namespaces of the store \"%.*s\" cannot be read",
		        SPAN_FMT(store->name)));
	vec_each (&got.names, name) {
		if (reachable(r->config->config, store, *name))
			vec_push(&l->rows, ((struct row){.name = *name, .store = store}));
	}
	vec_free(&got.names);
	l->query.at = got.next;
	return rc == 0;
}

/* The names of one page. Where a store has more, or the page is full, the cursor says how it goes on. */
static bool list_names(struct listing *l)
{
	const struct config *cfg = l->request->config->config;
	const struct config_store *store = cfg->stores, *end = cfg->stores + cfg->store_count;
	if (l->query.store.len)
		store = config_store_named(cfg, l->query.store);
	if (!store) {
		fail(l, ERROR_VALIDATION_ERROR, SPAN("cursor: there is no such store any more"));
		return false;
	}
	for (; store < end; store++) {
		if (l->rows.len == l->query.page_size) {
			l->cursor = listing_cursor(l->request->x->arena, store->name, SPAN_NONE);
			return true;
		}
		if (!list_store(l, store, l->query.page_size - l->rows.len))
			return false;
		if (l->query.at.len) {
			l->cursor = listing_cursor(l->request->x->arena, store->name, l->query.at);
			return true;
		}
	}
	return true;
}

/* Rows */

static void put_row(struct listing *l, struct row *row, struct span metadata, const char *error)
{
	struct request *r = l->request;
	struct buf text = buf_new(1 << 20);
	const struct config_index *index = config_index(r->config->config, row->name);
	struct listing_row told = {
	    .name = row->name,
	    .labels = index ? &index->labels : NULL,
	    .metadata = metadata,
	    .observed_ms = time_wall_ms(),
	    .error = error,
	};
	listing_put_row(r->x->arena, &told, &text);
	row->text = arena_copy(r->x->arena, buf_span(&text));
	buf_free(&text);
}

static void fetch_row(struct listing *l, struct row *row)
{
	struct request *r = l->request;
	struct buf target = buf_new(LISTING_TEXT_MAX), body = buf_new(METADATA_MAX);
	if (!listing_good_name(row->name)) {
		put_row(l, row, SPAN_NONE, "the name cannot be asked for");
		return;
	}
	listing_put_metadata_target(&target, row->name);
	int status = get(r, row->store, &target, &body);
	if (status == 200 && buf_status(&body) == 0)
		put_row(l, row, buf_span(&body), NULL);
	else if (status == 200)
		put_row(l, row, SPAN_NONE, "the store's metadata is too long");
	else if (status == -E_CANCELLED)
		put_row(l, row, SPAN_NONE, "the store did not answer in time");
	else if (status < 0)
		put_row(l, row, SPAN_NONE, result_text(status));
	else
		put_row(l, row, SPAN_NONE, arena_printf(r->x->arena, "the store answered %d", status).ptr);
	buf_free(&target);
	buf_free(&body);
}

static void fetch_rows(void *arg)
{
	struct listing *l = arg;
	while (l->next < l->rows.len && !coro_cancelled(coro_self()))
		fetch_row(l, &l->rows.at[l->next++]);
}

/* False if the client has gone. */
static bool fetch_all(struct listing *l)
{
	struct group fan = {0};
	for (size_t i = 0; i < FAN_OUT && i < l->rows.len; i++)
		group_start(&fan, fetch_rows, l);
	if (group_join(&fan, deadline_in(ROWS_NS)) == -E_CANCELLED)
		return false;
	while (l->next < l->rows.len)
		put_row(l, &l->rows.at[l->next++], SPAN_NONE, "the store did not answer in time");
	return true;
}

/* The page */

static void put_page(struct listing *l)
{
	struct buf *out = &l->page->body;
	buf_lit(out, "{\"namespaces\":[");
	for (size_t i = 0; i < l->rows.len; i++) {
		if (i)
			buf_byte(out, ',');
		buf_append(out, l->rows.at[i].text);
	}
	buf_byte(out, ']');
	if (l->cursor.len) {
		buf_lit(out, ",\"next_cursor\":\"");
		buf_append(out, l->cursor);
		buf_byte(out, '"');
	}
	buf_byte(out, '}');
	l->page->state = LISTING_MADE;
	if (buf_status(out) < 0) {
		buf_clear(out);
		fail(l, ERROR_INTERNAL_ERROR, SPAN("the page is too long: ask for a shorter one"));
	}
}

static void make_page(struct request *r, const struct listing_query *query, struct listing_page *page)
{
	struct listing l = {.request = r, .page = page, .query = *query};
	uint64_t began = time_mono_ns();
	if (!list_names(&l))
		r->upstream_failed = page->error == ERROR_UPSTREAM_ERROR;
	else if (fetch_all(&l))
		put_page(&l);
	if (coro_cancelled(coro_self()))
		page->state = LISTING_ABANDONED;
	r->upstream_ns += time_mono_ns() - began;
	vec_free(&l.rows);
	listing_cache_made(r->worker->listings, page);
}

static struct span page_key(struct request *r, const struct listing_query *q)
{
	return arena_printf(r->x->arena, "%llu %llu %zu:%.*s %.*s %.*s",
	    (unsigned long long)r->config->number, (unsigned long long)q->page_size, q->prefix.len,
	    SPAN_FMT(q->prefix), SPAN_FMT(q->store), SPAN_FMT(q->at));
}

static void answer(struct request *r, const struct listing_page *page)
{
	if (page->state == LISTING_MADE)
		request_reply(r, 200, SPAN("application/json"), buf_span(&page->body));
	else if (page->state == LISTING_FAILED)
		request_error(r, page->error, "%.*s", SPAN_FMT(buf_span(&page->body)));
	else
		reply_abort(r->x, "client closed the connection");
}

void namespaces_handle(struct request *r)
{
	struct listing_query query;
	struct listing_page *page;
	const char *why;
	if (listing_read_query(r->x->arena, r->x->req->query, &query, &why) < 0) {
		request_error(r, ERROR_VALIDATION_ERROR, "%s", why);
		return;
	}
	int rc = listing_cache_take(
	    r->worker->listings, page_key(r, &query), r->worker->gateway->deletions, &page);
	if (rc == -E_TIMEOUT) {
		request_error(r, ERROR_UNAVAILABLE, "too many listings are being made");
		return;
	}
	if (rc < 0) {
		reply_abort(r->x, "client closed the connection");
		return;
	}
	if (page->state == LISTING_MAKING)
		make_page(r, &query, page);
	answer(r, page);
	listing_page_unref(page);
}
