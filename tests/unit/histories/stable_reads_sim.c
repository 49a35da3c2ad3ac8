/* Past 600 lines: a history is one state, which writers, readers and watchers all change. */
#include "stable_reads_sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "gateway/consistency/index_state.h"
#include "gateway/write/stamp.h"
#include "json/doc.h"

/* Of store/handlers.h, other names of which are the gateway's, too. */
void store_answer(
    struct store *st, const struct store_request *req, bool quiet, struct store_reply *ret_reply);

#define STORE    SPAN("store")
#define NS       SPAN("n")
#define PATH     "/v2/namespaces/n"
#define RESERVED SPAN("\"_hevlayer_upserted_at\",\"_hevlayer_shard\",")
#define SHOWN    "\"include_attributes\":[\"n\",\"" STAMP_ATTRIBUTE "\"]"
#define ROWS_LEG "\"rank_by\":[\"id\",\"asc\"],\"limit\":99," SHOWN
#define HOLD_MS  60000

/* What a query looks like; the legs in order: rows of all, and a count of them. */
static const struct shape {
	const char *body;
	unsigned legs;
	bool whole; /* the first leg has no filter of its own */
	bool counts;
	bool strong;
} shapes[] = {
    {"{" ROWS_LEG "}", 1, true, false, false},
    {"{\"filters\":[\"n\",\"Gte\",3]," ROWS_LEG "}", 1, false, false, false},
    {"{\"queries\":[{" ROWS_LEG "},{\"aggregate_by\":{\"rows\":[\"Count\"]}},"
     "{\"rank_by\":[\"n\",\"desc\"],\"filters\":[\"id\",\"Gte\",0],\"limit\":99," SHOWN "}]}",
        3, true, true, false},
    {"{\"consistency\":{\"level\":\"strong\"}," ROWS_LEG "}", 1, true, false, true},
};

static uint64_t now_ms(const struct sim *s)
{
	return s->clock.mono_ns / NS_PER_MS;
}

static __attribute__((format(printf, 2, 3))) void note(const struct sim *s, const char *fmt, ...)
{
	va_list ap;
	if (!s->loud)
		return;
	va_start(ap, fmt);
	fprintf(stderr, "# %7" PRIu64 " ", now_ms(s) % 1000000);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

static __attribute__((format(printf, 3, 4))) void wrong(struct sim *s, char letter, const char *fmt, ...)
{
	va_list ap;
	if (s->failed)
		return;
	s->failed = letter;
	va_start(ap, fmt);
	vsnprintf(s->problem, sizeof s->problem, fmt, ap);
	va_end(ap);
	note(s, "(%c) %s", letter, s->problem);
}

static uint64_t below(struct sim *s, uint64_t n)
{
	return n ? chance_draw(&s->chance) % n : 0;
}

static bool hits(struct sim *s, double rate)
{
	return chance_hits(&s->chance, rate);
}

/* One of three delays: next to nothing, half of the most, anything up to the most. */
static uint64_t delay(struct sim *s, uint64_t most)
{
	switch (below(s, 3)) {
	case 0:
		return below(s, 2);
	case 1:
		return most / 2;
	default:
		return below(s, most + 1);
	}
}

static void later(struct sim *s, uint64_t ms, enum event_kind kind, unsigned which, unsigned lifetime)
{
	assert_true(s->events_len < SIM_EVENTS);
	s->events[s->events_len++] =
	    (struct event){now_ms(s) + ms, chance_draw(&s->chance), kind, which, lifetime};
}

/* Everything that follows is done by the clock of this gateway, or (NULL) of the store. */
static void act(struct sim *s, const struct sim_gateway *g)
{
	s->clock.wall_ns = s->wall_ns + (uint64_t)((g ? g->skew_ms : 0) * (int64_t)NS_PER_MS);
}

/* The store */

static int ask(struct sim *s, const char *method, const char *path, struct span body, bool quiet)
{
	struct store_request req = {
	    .method = span_str(method), .path = span_str(path), .body = body, .arena = s->kit.arena};
	buf_free(&s->kit.reply.body);
	act(s, NULL);
	if (quiet)
		store_answer(s->kit.st, &req, true, &s->kit.reply);
	else
		store_handle(s->kit.st, &req, &s->kit.reply);
	return s->kit.reply.status;
}

static yyjson_val *reply_json(struct sim *s)
{
	yyjson_val *json = NULL;
	assert_int_equal(json_parse(s->kit.arena, buf_span(&s->kit.reply.body), &json, NULL), 0);
	return json;
}

/* The version that a row of an answer is, or NULL if the model has none. */
static struct version *version_of(struct sim *s, yyjson_val *row)
{
	uint64_t n = yyjson_get_uint(yyjson_obj_get(row, "n"));
	return n && n <= s->versions_len ? &s->versions[n - 1] : NULL;
}

static uint64_t stamp_of(yyjson_val *row)
{
	return yyjson_get_uint(yyjson_obj_get(row, STAMP_ATTRIBUTE));
}

/* A row that an eventual query gave. */
static void see(struct sim *s, yyjson_val *row)
{
	struct version *v = version_of(s, row);
	if (!v)
		return;
	uint64_t stamp = stamp_of(row);
	if (stamp != s->writes[v->write].stamp)
		wrong(s, 's', "row n=%zu has the stamp %" PRIu64 ", its write %" PRIu64, v - s->versions + 1,
		    stamp, s->writes[v->write].stamp);
	if (!v->seen && stamp <= s->announced && s->weather.strict)
		wrong(s, 'd', "row n=%zu, stamp %" PRIu64 ", is seen first after w=%" PRIu64,
		    v - s->versions + 1, stamp, s->announced);
	v->seen = true;
}

/* What eventual queries see now, past the gateways and the simulation of trouble. */
static void look(struct sim *s)
{
	yyjson_val *row;
	size_t i, n;
	static const char body[] = "{\"consistency\":{\"level\":\"eventual\"}," ROWS_LEG "}";
	int status = ask(s, "POST", PATH "/query", span_str(body), true);
	if (status != 200)
		return; /* no such namespace, or none of the attributes */
	yyjson_arr_foreach(yyjson_obj_get(reply_json(s), "rows"), i, n, row)
	{
		see(s, row);
	}
}

static bool up_to_date(struct sim *s)
{
	struct watermark_poll poll = {0};
	int status = ask(s, "GET", PATH "/metadata", SPAN_NONE, true);
	if (status == 200)
		index_state_read(&poll, buf_span(&s->kit.reply.body));
	return status == 404 || poll.seen == WATERMARK_STABLE;
}

/* The watcher */

static void tick_at(struct sim *s, unsigned which, uint64_t at_ms)
{
	struct sim_gateway *g = &s->gateways[which];
	if (g->tick_ms && g->tick_ms <= at_ms)
		return;
	g->tick_ms = at_ms;
	later(s, at_ms - now_ms(s), EVENT_TICK, which, g->lifetime);
}

/* A write begins in the very millisecond in which a poll does. */
static void hurry_write(struct sim *s)
{
	for (size_t i = 0; i < s->events_len; i++) {
		if (s->events[i].kind == EVENT_WRITE) {
			s->events[i].at_ms = now_ms(s);
			return;
		}
	}
}

/* As loops/consistency_watch.c does whenever it is woken. */
static void watch(struct sim *s, unsigned which)
{
	struct sim_gateway *g = &s->gateways[which];
	uint64_t when;
	act(s, g);
	if (g->polling)
		return;
	g->polling = consistency_due(g->c, &g->task, &when);
	if (g->polling && hits(s, 0.1))
		hurry_write(s);
	if (g->polling)
		later(s, delay(s, s->weather.poll_ms), EVENT_POLL_STORE, which, g->lifetime);
	else if (when != UINT64_MAX)
		tick_at(s, which, (when + NS_PER_MS - 1) / NS_PER_MS);
}

static void poll_at_store(struct sim *s, unsigned which)
{
	struct sim_gateway *g = &s->gateways[which];
	int status = ask(s, "GET", PATH "/metadata", SPAN_NONE, true);
	bool lost = !s->draining && hits(s, 0.08);
	g->gone = status == 404 && !lost;
	if (status == 200 && !lost)
		index_state_read(&g->task.poll, buf_span(&s->kit.reply.body));
	later(s, delay(s, s->weather.poll_ms), EVENT_POLL_END, which, g->lifetime);
}

static struct watermark mark_of(struct sim *s, struct sim_gateway *g, bool reads)
{
	struct watermark mark = reads ? consistency_read(g->c, STORE, NS) : consistency_peek(g->c, STORE, NS);
	if (mark.at_ms && mark.at_ms < g->w)
		wrong(s, 'c', "w goes back from %" PRIu64 " to %" PRIu64, g->w, mark.at_ms);
	if (s->mutant == MUTANT_UPDATING && g->updating)
		mark.state = WATERMARK_UPDATING;
	return mark;
}

static void poll_end(struct sim *s, unsigned which)
{
	struct sim_gateway *g = &s->gateways[which];
	act(s, g);
	g->polling = false;
	g->updating = g->task.poll.seen == WATERMARK_UPDATING;
	if (s->mutant == MUTANT_UPDATING && g->updating)
		g->task.poll.seen = WATERMARK_STABLE;
	if (s->mutant == MUTANT_POLL_END)
		g->task.poll.began_ms = consistency_clock_ms(g->c);
	if (s->mutant == MUTANT_NO_TRACKING)
		g->task.poll.oldest_write_ms = UINT64_MAX;
	consistency_polled(g->c, &g->task, g->gone);
	struct watermark mark = mark_of(s, g, false);
	note(s, "gateway %u: poll of %" PRIu64 " saw %d, w=%" PRIu64, which, g->task.poll.began_ms % 1000000,
	    g->gone ? 404 : (int)g->task.poll.seen, mark.at_ms % 1000000);
	if (mark.at_ms > g->w) {
		g->w = mark.at_ms;
		s->advances++;
		look(s);
		if (mark.at_ms > s->announced)
			s->announced = mark.at_ms;
	}
	watch(s, which);
}

/* Writes */

static void rewrite(struct sim *s, unsigned id, const struct version *but)
{
	for (size_t i = 0; i < s->versions_len; i++) {
		if (s->versions[i].id == id && &s->versions[i] != but)
			s->versions[i].rewritten = true;
	}
}

static void add_row(struct sim *s, unsigned which, struct buf *body, unsigned id, bool patch)
{
	struct sim_write *w = &s->writes[which];
	rewrite(s, id, NULL);
	s->versions[s->versions_len++] = (struct version){.id = id, .write = which, .patch = patch};
	buf_printf(body, "%s{\"id\":%u,\"n\":%zu}", w->count++ ? "," : "", id, s->versions_len);
}

/* One to three rows, which are put or patched, and perhaps a delete. */
static void make_body(struct sim *s, unsigned which, struct buf *body)
{
	struct sim_write *w = &s->writes[which];
	bool patch = hits(s, 0.3);
	unsigned first = (unsigned)below(s, SIM_IDS), rows = 1 + (unsigned)below(s, 3);
	w->first = s->versions_len;
	buf_printf(body, "{\"disable_backpressure\":%s,\"%s\":[", patch ? "false" : "true",
	    patch ? "patch_rows" : "upsert_rows");
	for (unsigned i = 0; i < rows; i++)
		add_row(s, which, body, (first + i) % SIM_IDS, patch);
	w->gone = hits(s, 0.3) ? (int)((first + rows) % SIM_IDS) : -1;
	buf_lit(body, "]");
	if (w->gone >= 0) {
		rewrite(s, (unsigned)w->gone, NULL);
		buf_printf(body, ",\"deletes\":[%d]", w->gone);
	}
	buf_lit(body, "}");
}

static void copy_or_make(struct sim *s, unsigned which, struct buf *body)
{
	if (s->weather.copies && which == 0) {
		s->writes[0].gone = -1;
		buf_lit(body, "{\"copy_from_namespace\":\"source\"}");
	} else {
		make_body(s, which, body);
	}
}

/* The stamp's digits, one more in each row. */
static void stamp_each_row(char *body, uint64_t stamp)
{
	char digits[STAMP_DIGITS_MAX + 1];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, stamp);
	for (char *at = strstr(body, digits); at; at = strstr(at + len, digits)) {
		char next[STAMP_DIGITS_MAX + 1];
		snprintf(next, sizeof next, "%" PRIu64, stamp++);
		memcpy(at, next, (size_t)len);
	}
}

static void stamp_body(struct sim *s, struct sim_write *w, struct span body)
{
	struct stamp stamp;
	size_t len = 0;
	stamp_init(&stamp, s->kit.arena, w->stamp, NULL);
	assert_int_equal(stamp_feed(&stamp, body, true), 0);
	assert_true(stamp_len(&stamp) < sizeof w->body);
	vec_each (&stamp.pieces, piece) {
		for (uint64_t i = 0; i < piece->times; i++) {
			memcpy(w->body + len, piece->text.ptr, piece->text.len);
			len += piece->text.len;
		}
	}
	w->body[len] = '\0';
	stamp_free(&stamp);
	if (s->mutant == MUTANT_STAMP_PER_ROW)
		stamp_each_row(w->body, w->stamp);
}

static void write_begin(struct sim *s, unsigned which)
{
	struct sim_write *w = &s->writes[which];
	struct buf body = buf_new(sizeof w->body);
	w->gateway = (unsigned)below(s, s->weather.gateways);
	struct sim_gateway *g = &s->gateways[w->gateway];
	w->lifetime = g->lifetime;
	w->begun = true;
	copy_or_make(s, which, &body);
	act(s, g);
	w->stamp = consistency_write_begin(g->c, STORE, NS);
	stamp_body(s, w, buf_span(&body));
	buf_free(&body);
	note(
	    s, "gateway %u: write %u, stamp %" PRIu64 ": %s", w->gateway, which, w->stamp % 1000000, w->body);
	w->store_ms = delay(s, s->weather.write_ms);
	w->answer_ms = w->store_ms + 1 + delay(s, s->weather.write_ms);
	w->known = !s->weather.lost || hits(s, 0.7);
	w->lost = !w->known && hits(s, 0.5);
	if (!w->known)
		w->answer_ms = delay(s, 2 * s->weather.write_ms); /* it may still be on its way then */
	if (!w->lost)
		later(s, w->store_ms, EVENT_WRITE_STORE, which, 0);
	later(s, w->answer_ms, EVENT_WRITE_END, which, w->lifetime);
	watch(s, w->gateway);
}

static void apply(struct sim *s, const struct sim_write *w)
{
	for (size_t i = w->first; i < w->first + w->count; i++) {
		struct version *v = &s->versions[i];
		v->applied = !v->patch || s->current[v->id] >= 0;
		rewrite(s, v->id, v);
		if (v->applied)
			s->current[v->id] = (int)i;
	}
	if (w->gone >= 0) {
		rewrite(s, (unsigned)w->gone, NULL);
		s->current[w->gone] = -1;
	}
}

static void write_at_store(struct sim *s, unsigned which)
{
	struct sim_write *w = &s->writes[which];
	int status = ask(s, "POST", PATH, span_str(w->body), false);
	note(s, "write %u is at the store: %d", which, status);
	if (status == 200)
		apply(s, w);
	for (size_t i = w->first; status == 200 && w->known && i < w->first + w->count; i++)
		s->versions[i].acknowledged = s->versions[i].applied;
}

static void write_end(struct sim *s, unsigned which)
{
	struct sim_write *w = &s->writes[which];
	struct sim_gateway *g = &s->gateways[w->gateway];
	w->ended = true;
	act(s, g);
	consistency_write_end(g->c, STORE, NS, w->stamp, w->known);
	note(s, "gateway %u: write %u %s", w->gateway, which, w->known ? "is answered" : "is given up");
	watch(s, w->gateway);
}

static void drop(struct sim *s)
{
	note(s, "the namespace is deleted: %d", ask(s, "DELETE", PATH, SPAN_NONE, true));
	for (unsigned id = 0; id < SIM_IDS; id++) {
		rewrite(s, id, NULL);
		s->current[id] = -1;
	}
}

static void write_directly(struct sim *s)
{
	char body[128];
	unsigned id = (unsigned)below(s, SIM_IDS);
	snprintf(body, sizeof body, "{\"upsert_rows\":[{\"id\":%u,\"n\":0,\"%s\":%" PRIu64 "}]}", id,
	    hits(s, 0.5) ? STAMP_ATTRIBUTE : "other",
	    (uint64_t)(s->wall_ns / NS_PER_MS) + below(s, 2000) - 1000);
	note(s, "past the gateway: %s: %d", body, ask(s, "POST", PATH, span_str(body), false));
	rewrite(s, id, NULL);
}

/* Queries */

/* By the table of the page, not by the code. */
static bool should_filter(const struct sim_query *q)
{
	return q->cut.mark.state == WATERMARK_UPDATING && q->cut.mark.at_ms && q->cut.mark.filterable;
}

static void send_call(struct sim *s, unsigned which)
{
	later(s, delay(s, s->weather.read_ms), EVENT_QUERY_STORE, which,
	    s->gateways[s->queries[which].gateway].lifetime);
}

static void query_begin(struct sim *s, unsigned which)
{
	struct sim_query *q = &s->queries[which];
	q->gateway = (unsigned)below(s, s->weather.gateways);
	struct sim_gateway *g = &s->gateways[q->gateway];
	q->calls = 1 + (unsigned)below(s, SIM_CALLS);
	for (unsigned i = 0; i < q->calls; i++)
		q->shapes[i] = (unsigned)below(s, 3);
	if (hits(s, 0.1)) {
		q->calls = 1;
		q->shapes[0] = 3;
	}
	bool strong = shapes[q->shapes[0]].strong;
	act(s, g);
	q->cut =
	    watermark_cut_at(mark_of(s, g, true), strong ? WATERMARK_WISH_STRONG : WATERMARK_WISH_STABLE);
	q->w = q->cut.mark.at_ms;
	q->filtered = !strong && should_filter(q);
	note(s, "gateway %u: query %u of %u calls at w=%" PRIu64 ", state %d", q->gateway, which, q->calls,
	    q->w % 1000000, (int)q->cut.mark.state);
	send_call(s, which);
	watch(s, q->gateway);
}

/* The predicate, once in every leg, or nowhere. */
static void check_sent(struct sim *s, const struct sim_query *q, const struct shape *shape, struct span body)
{
	char want[96];
	unsigned found = 0, any = 0;
	int len = snprintf(want, sizeof want, "[\"" STAMP_ATTRIBUTE "\",\"Lte\",%" PRIu64 "]", q->w);
	for (size_t i = 0; i < body.len; i++) {
		struct span rest = span_skip(body, i);
		found += span_starts(rest, span_of(want, (size_t)len));
		any += span_starts(rest, SPAN("\"Lte\""));
	}
	unsigned wanted = q->filtered ? shape->legs : 0;
	if (found != wanted || any != wanted)
		wrong(s, q->retried ? 'f' : 'b', "w=%" PRIu64 " stands in %u of %u legs, %u wanted: %.*s",
		    q->w, found, any, wanted, SPAN_FMT(body));
}

static void check_missing(struct sim *s, const struct sim_query *q, yyjson_val *rows)
{
	bool there[SIM_ROWS] = {0};
	yyjson_val *row;
	size_t i, n;
	yyjson_arr_foreach(rows, i, n, row)
	{
		const struct version *v = version_of(s, row);
		if (v)
			there[v - s->versions] = true;
	}
	for (i = 0; s->weather.strict && i < s->versions_len; i++) {
		const struct version *v = &s->versions[i];
		uint64_t stamp = s->writes[v->write].stamp;
		if (v->acknowledged && !v->rewritten && stamp <= q->w && !there[i])
			wrong(s, 'e', "row n=%zu, stamp %" PRIu64 ", is not in the cut w=%" PRIu64, i + 1,
			    stamp, q->w);
	}
}

static size_t check_rows(struct sim *s, const struct sim_query *q, yyjson_val *rows)
{
	yyjson_val *row;
	size_t i, n;
	yyjson_arr_foreach(rows, i, n, row)
	{
		if (q->cut.wish != WATERMARK_WISH_STRONG)
			see(s, row);
		if (q->filtered && stamp_of(row) > q->w)
			wrong(s, 'a', "a row with the stamp %" PRIu64 " in the cut w=%" PRIu64, stamp_of(row),
			    q->w);
	}
	return yyjson_arr_size(rows);
}

static void check_answer(struct sim *s, const struct sim_query *q, const struct shape *shape)
{
	yyjson_val *json = reply_json(s), *results = yyjson_obj_get(json, "results");
	yyjson_val *rows = yyjson_obj_get(results ? yyjson_arr_get(results, 0) : json, "rows");
	size_t n = check_rows(s, q, rows);
	if (shape->whole && q->filtered)
		check_missing(s, q, rows);
	if (!shape->counts)
		return;
	yyjson_val *figures = yyjson_obj_get(yyjson_arr_get(results, 1), "aggregations");
	uint64_t count = yyjson_get_uint(yyjson_obj_get(figures, "rows"));
	size_t again = check_rows(s, q, yyjson_obj_get(yyjson_arr_get(results, 2), "rows"));
	if (count != n || again != n)
		wrong(s, 'a', "legs differ: %zu rows, counted %" PRIu64 ", ordered otherwise %zu", n, count,
		    again);
}

static bool has_retry_after(const struct store_reply *reply)
{
	for (size_t i = 0; i < reply->delivery.headers_len; i++) {
		if (span_eq(reply->delivery.headers[i].name, SPAN("retry-after")))
			return true;
	}
	return false;
}

/* A 429, or a 400: again, or relayed. */
static void query_refused(struct sim *s, unsigned which, int status)
{
	struct sim_query *q = &s->queries[which];
	bool strong = q->cut.wish == WATERMARK_WISH_STRONG;
	bool should =
	    status == 429 && !strong && !q->filtered && !q->retried && q->w && q->cut.mark.filterable;
	if (status == 429 && !strong && span_contains(buf_span(&s->kit.reply.body), SPAN("strong queries")))
		wrong(s, 'f', "a query meets a backlog");
	if (status == 429 && !has_retry_after(&s->kit.reply))
		wrong(s, 'f', "429 without retry-after");
	bool again = watermark_cut_again(&q->cut, status);
	if (status == 429 && again != should)
		wrong(s, 'f', "a 429 is%s tried again", again ? "" : " not");
	if (!again) {
		s->relayed++;
		return;
	}
	if (s->mutant == MUTANT_RETRY_PLAIN)
		q->cut.read = WATERMARK_READ_PLAIN;
	s->retries++;
	q->retried = true;
	q->filtered = status == 429;
	q->call = 0; /* all legs */
	send_call(s, which);
}

static void query_at_store(struct sim *s, unsigned which)
{
	struct sim_query *q = &s->queries[which];
	struct sim_gateway *g = &s->gateways[q->gateway];
	const struct shape *shape = &shapes[q->shapes[q->call]];
	struct query_plan plan;
	struct json_error error;
	if (s->mutant == MUTANT_READ_PER_LEG && !q->retried)
		q->cut = watermark_cut_at(mark_of(s, g, true), q->cut.wish);
	assert_int_equal(query_plan_read(&plan, span_str(shape->body), &error), 0);
	struct span body = query_plan_body(&plan, s->kit.arena, q->cut.read, q->cut.mark.at_ms, RESERVED);
	check_sent(s, q, shape, body);
	int status = ask(s, "POST", PATH "/query", body, false);
	note(s, "query %u, call %u: %.*s: %d %.*s", which, q->call, SPAN_FMT(body), status,
	    SPAN_FMT(buf_span(&s->kit.reply.body)));
	s->filtered_reads += q->filtered && status == 200;
	if (status == 429 || status == 400) {
		query_refused(s, which, status);
		return;
	}
	if (status == 200)
		check_answer(s, q, shape);
	if (status == 200 && ++q->call < q->calls)
		send_call(s, which);
}

/* Gateways */

static void gateway_begin(struct sim *s, struct sim_gateway *g)
{
	const struct consistency_options options = {
	    .cadence = {s->weather.fast_ms, 60000},
	    .margin_ms = s->mutant == MUTANT_NO_TRACKING ? 0 : s->weather.margin_ms,
	    .capacity = 100,
	    .lapse_ms = 900000,
	    .hold_ms = HOLD_MS,
	};
	act(s, g);
	g->c = consistency_new(&options);
	g->lifetime++;
	g->polling = g->updating = false;
	g->tick_ms = g->w = 0;
}

static bool writing(const struct sim *s, unsigned gateway)
{
	for (unsigned i = 0; i < s->weather.writes; i++) {
		const struct sim_write *w = &s->writes[i];
		bool open = w->begun && (!w->ended || !w->known);
		if (open && w->gateway == gateway && w->lifetime == s->gateways[gateway].lifetime)
			return true;
	}
	return false;
}

static void restart(struct sim *s, unsigned which)
{
	struct sim_gateway *g = &s->gateways[which];
	if (!s->weather.kills && writing(s, which))
		return;
	note(s, "gateway %u restarts", which);
	if (g->polling) /* frees what is polled */
		consistency_polled(g->c, &g->task, false);
	consistency_free(g->c);
	gateway_begin(s, g);
}

static void set_clock(struct sim *s, unsigned which)
{
	struct sim_gateway *g = &s->gateways[which];
	g->skew_ms = (int64_t)below(s, 2 * (uint64_t)s->weather.skew_ms + 1) - s->weather.skew_ms;
	note(s, "gateway %u: the clock is at %+d ms", which, (int)g->skew_ms);
}

/* The history */

static bool stale(const struct sim *s, const struct event *e)
{
	switch (e->kind) {
	case EVENT_WRITE_END:
		return s->gateways[s->writes[e->which].gateway].lifetime != e->lifetime;
	case EVENT_QUERY_STORE:
		return s->gateways[s->queries[e->which].gateway].lifetime != e->lifetime;
	case EVENT_POLL_STORE:
	case EVENT_POLL_END:
	case EVENT_TICK:
		return s->gateways[e->which].lifetime != e->lifetime;
	default:
		return false;
	}
}

static void happen(struct sim *s, const struct event *e)
{
	switch (e->kind) {
	case EVENT_WRITE:
		write_begin(s, e->which);
		break;
	case EVENT_WRITE_STORE:
		write_at_store(s, e->which);
		break;
	case EVENT_WRITE_END:
		write_end(s, e->which);
		break;
	case EVENT_QUERY:
		query_begin(s, e->which);
		break;
	case EVENT_QUERY_STORE:
		query_at_store(s, e->which);
		break;
	case EVENT_POLL_STORE:
		poll_at_store(s, e->which);
		break;
	case EVENT_POLL_END:
		poll_end(s, e->which);
		break;
	case EVENT_TICK:
		s->gateways[e->which].tick_ms = 0;
		watch(s, e->which);
		break;
	case EVENT_DROP:
		drop(s);
		break;
	case EVENT_DIRECT:
		write_directly(s);
		break;
	case EVENT_CLOCK:
		set_clock(s, e->which);
		break;
	case EVENT_RESTART:
		restart(s, e->which);
		break;
	}
}

static void pass_until(struct sim *s, uint64_t ms)
{
	uint64_t ns = ms * NS_PER_MS - s->clock.mono_ns;
	s->clock.mono_ns += ns;
	s->wall_ns += ns;
}

/* The next event up to this time; false if there is none. */
static bool step(struct sim *s, uint64_t until_ms)
{
	size_t first = 0;
	for (size_t i = 1; i < s->events_len; i++) {
		const struct event *a = &s->events[i], *b = &s->events[first];
		if (a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->order < b->order))
			first = i;
	}
	if (s->failed || !s->events_len || s->events[first].at_ms > until_ms)
		return false;
	struct event e = s->events[first];
	s->events[first] = s->events[--s->events_len];
	pass_until(s, e.at_ms);
	if (!stale(s, &e))
		happen(s, &e);
	arena_reset(s->kit.arena);
	return true;
}

static bool ahead(const struct sim *s)
{
	for (size_t i = 0; i < s->events_len; i++) {
		enum event_kind k = s->events[i].kind;
		if (k != EVENT_TICK && k != EVENT_POLL_STORE && k != EVENT_POLL_END &&
		    !stale(s, &s->events[i]))
			return true;
	}
	return false;
}

/* Nothing happens any more but polls: the watermark passes everything that was acknowledged, in time. */
static void drain(struct sim *s)
{
	const struct weather *is = &s->weather;
	s->draining = true;
	while (!s->failed && !up_to_date(s) && step(s, UINT64_MAX))
		;
	uint64_t unclear = UINT64_MAX;
	for (unsigned i = 0; i < is->writes; i++) {
		if (!s->writes[i].known && s->writes[i].stamp < unclear)
			unclear = s->writes[i].stamp;
	}
	/* polls under way, one that fails or comes too early, and one that counts; a clock that was set back
	 * runs at half its pace */
	uint64_t until = now_ms(s) + is->fast_ms + 6 * is->poll_ms + (is->steps ? 2 : 1) * is->margin_ms +
	                 (uint64_t)is->skew_ms + 5;
	while (step(s, until))
		;
	look(s);
	for (size_t i = 0; is->strict && i < s->versions_len; i++) {
		const struct version *v = &s->versions[i];
		const struct sim_write *w = &s->writes[v->write];
		struct sim_gateway *g = &s->gateways[w->gateway];
		uint64_t mark = mark_of(s, g, false).at_ms;
		if (v->acknowledged && !v->rewritten && w->lifetime == g->lifetime && w->stamp < unclear &&
		    mark < w->stamp)
			wrong(s, 'e', "in the end w=%" PRIu64 " has not passed the stamp %" PRIu64, mark,
			    w->stamp);
	}
}

static uint64_t one_of(struct sim *s, const uint64_t *list, size_t n)
{
	return list[below(s, n)];
}
#define ONE_OF(s, ...)                                                                                       \
	one_of(s, (const uint64_t[]){__VA_ARGS__}, sizeof(uint64_t[]){__VA_ARGS__} / sizeof(uint64_t))

static void make_weather(struct sim *s)
{
	struct weather *is = &s->weather;
	static struct cloud_settings usual;
	if (!usual.read_p50_ms && !usual.retry_after_ms)
		cloud_settings_init(&usual, false);
	is->cloud = usual;
	is->cloud.seed = s->number;
	is->cloud.index_lag_ms = ONE_OF(s, 0, 30, 300, 700, 700, 3000);
	is->cloud.index_bytes_per_s = ONE_OF(s, 0, 0, 50);
	is->cloud.eventual_bytes = ONE_OF(s, 0, 0, 60, 1 << 20);
	is->cloud.strong_backlog_bytes = ONE_OF(s, 0, 1);
	is->cloud.permits = ONE_OF(s, 0, 0, 4);
	is->cloud.permit_wait_ms = 0;
	is->cloud.read_p50_ms = is->cloud.permits ? 200 : 0;
	is->cloud.status_rate = hits(s, 0.3) ? 0.2 : 0;
	is->cloud.statuses = 1U << 2; /* 429 */
	is->cloud.faults_on = 1;      /* queries */
	is->gateways = 1 + (unsigned)below(s, SIM_GATEWAYS);
	is->writes = 1 + (unsigned)below(s, SIM_WRITES);
	is->queries = 1 + (unsigned)below(s, SIM_QUERIES);
	is->span_ms = ONE_OF(s, 100, 4000, 8000);
	is->fast_ms = ONE_OF(s, 50, 200, 1000);
	is->margin_ms = ONE_OF(s, 0, 20, 500);
	is->write_ms = ONE_OF(s, 2, 250, 3000);
	is->poll_ms = ONE_OF(s, 2, 250, 1200);
	is->read_ms = ONE_OF(s, 2, 400);
	is->skew_ms = (int64_t)ONE_OF(s, 0, 100, 5000);
	is->steps = hits(s, 0.2);
	is->restarts = hits(s, 0.2);
	is->kills = is->restarts && hits(s, 0.5);
	is->direct = hits(s, 0.1);
	is->copies = hits(s, 0.05);
	is->lost = hits(s, 0.3);
	bool alone = is->gateways == 1, restarted_clock = is->restarts && is->steps;
	uint64_t needed = is->write_ms * (is->lost ? 2 : 1) + 2 * (uint64_t)is->skew_ms + 3;
	is->strict =
	    !is->direct && !is->copies && !is->kills && !restarted_clock && (alone || needed < is->margin_ms);
}

static void prepare(struct sim *s)
{
	const struct weather *is = &s->weather;
	for (unsigned i = 0; i < is->writes; i++)
		later(s, below(s, is->span_ms), EVENT_WRITE, i, 0);
	for (unsigned i = 0; i < is->queries; i++)
		later(s, below(s, is->span_ms * 3 / 2), EVENT_QUERY, i, 0);
	for (unsigned i = 0; i < is->gateways; i++) {
		set_clock(s, i);
		gateway_begin(s, &s->gateways[i]);
		if (is->steps)
			later(s, below(s, is->span_ms), EVENT_CLOCK, i, 0);
		if (is->restarts)
			later(s, below(s, is->span_ms), EVENT_RESTART, i, 0);
	}
	if (hits(s, 0.1))
		later(s, below(s, is->span_ms), EVENT_DROP, 0, 0);
	if (is->direct)
		later(s, below(s, is->span_ms), EVENT_DIRECT, 0, 0);
	if (is->copies)
		ask(s, "POST", "/v2/namespaces/source",
		    SPAN("{\"upsert_rows\":[{\"id\":1,\"n\":0,\"_hevlayer_upserted_at\":1789999999000}]}"),
		    true);
}

void sim_play(struct sim *s, uint64_t number, enum mutant mutant, bool loud)
{
	*s = (struct sim){.number = number,
	    .mutant = mutant,
	    .loud = loud,
	    .chance = chance_of(3, SPAN("stable reads"), number),
	    .clock = {5000 * NS_PER_MS, 0},
	    .wall_ns = 1790000000 * NS_PER_S};
	for (unsigned id = 0; id < SIM_IDS; id++)
		s->current[id] = -1;
	time_use_virtual(&s->clock);
	make_weather(s);
	s->kit = kit_open_with(NULL, &(struct store_options){.cloud = &s->weather.cloud});
	prepare(s);
	while (ahead(s) && step(s, UINT64_MAX))
		;
	drain(s);
	for (unsigned i = 0; i < s->weather.gateways; i++) {
		struct sim_gateway *g = &s->gateways[i];
		if (g->polling)
			consistency_polled(g->c, &g->task, false);
		consistency_free(g->c);
	}
	kit_close(&s->kit);
	time_use_virtual(NULL);
}
