/* Requests to a store in memory: each line is a body, the first byte of a line chooses the route, A the
 * first. Whatever comes, the answer is JSON with a status of 200, 400, 404 or 422, and a refused write
 * changes nothing. Its index lags, but eventual queries may see what is not indexed: the namespace that
 * trails behind shows the same as the one that leads. */
#include "fuzz.h"

#include "store/cloud/cloud_settings.h"
#include "store/store.h"
#include "json/doc.h"

static const struct {
	struct span method, path;
} routes[] = {
    {SPAN("POST"), SPAN("/v2/namespaces/n")},
    {SPAN("POST"), SPAN("/v2/namespaces/n/query")},
    {SPAN("POST"), SPAN("/v1/namespaces/n/schema")},
    {SPAN("POST"), SPAN("/v1/namespaces/n/_debug/recall")},
    {SPAN("DELETE"), SPAN("/v2/namespaces/n")},
    {SPAN("PATCH"), SPAN("/v1/namespaces/n/metadata")},
    {SPAN("POST"), SPAN("/v2/namespaces/m")},
};
enum { QUERY = 1, ROUTES = sizeof routes / sizeof *routes };

static struct buf ask(struct store *st, struct arena *a, int route, struct span body, int *ret_status)
{
	struct store_request req = {
	    .method = routes[route].method, .path = routes[route].path, .body = body, .arena = a};
	struct store_reply reply;
	store_handle(st, &req, &reply);
	*ret_status = reply.status;
	return reply.body;
}

/* A query is explained or refused as it is answered; a small namespace has no index to explain. */
static void explain(struct store *st, struct arena *a, struct span body, int query_status)
{
	struct store_request req = {
	    .method = SPAN("POST"), .path = SPAN("/v2/namespaces/n/explain_query"), .body = body, .arena = a};
	struct store_reply reply;
	store_handle(st, &req, &reply);
	assert(reply.status == query_status || (query_status == 200 && reply.status == 400));
	buf_free(&reply.body);
}

#define EVERYTHING "\"rank_by\":[\"id\",\"asc\"],\"limit\":10000,\"include_attributes\":true"

/* Everything that a reader can see, but for times. */
static struct buf seen(struct store *st, struct arena *a, struct span query)
{
	int status;
	struct buf rows = ask(st, a, QUERY, query, &status);
	char *end = memmem(rows.ptr, rows.len, ",\"billing\"", 10);
	if (end)
		rows.len = (size_t)(end - rows.ptr);
	return rows;
}

static struct buf seen_strongly(struct store *st, struct arena *a)
{
	return seen(st, a, SPAN("{" EVERYTHING "}"));
}

static struct buf seen_eventually(struct store *st, struct arena *a)
{
	return seen(st, a, SPAN("{" EVERYTHING ",\"consistency\":{\"level\":\"eventual\"}}"));
}

static void one(struct store *st, struct span line)
{
	struct arena *a = arena_new();
	yyjson_val *root;
	int status;
	struct buf before = seen_strongly(st, a);
	int route = (unsigned char)(line.ptr[0] - 'A') % ROUTES;
	struct buf reply = ask(st, a, route, span_skip(line, 1), &status);
	if (route == QUERY)
		explain(st, a, span_skip(line, 1), status);
	assert(status == 200 || status == 400 || status == 404 || status == 422);
	assert(json_parse(a, buf_span(&reply), &root, NULL) == 0);
	struct buf after = seen_strongly(st, a), trailing = seen_eventually(st, a);
	assert(status == 200 || span_eq(buf_span(&before), buf_span(&after)));
	assert(span_eq(buf_span(&after), buf_span(&trailing)));
	buf_free(&after);
	buf_free(&trailing);
	buf_free(&before);
	buf_free(&reply);
	arena_free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span rest = span_of((const char *)data, size);
	struct arena *a = arena_new();
	struct store *st;
	struct store_report report;
	struct cloud_settings cloud;
	cloud_settings_init(&cloud, false);
	cloud.index_lag_ms = 3600000;
	int rc = store_open(NULL, &(struct store_options){.cloud = &cloud}, a, &st, &report);
	assert(rc == 0);
	while (rest.len) {
		struct span line = span_cut(&rest, '\n');
		if (line.len)
			one(st, line);
	}
	store_close(st);
	arena_free(a);
	return 0;
}
