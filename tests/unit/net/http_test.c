/* Server and client against each other and against raw bytes, on one loop over loopback. */
#include "../test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/client.h"
#include "net/server.h"

static struct loop *loop;
static struct server *server;
static uint16_t port;
static int requests;
static char seen[65536]; /* what the handler saw of the last request */

static struct span refusal(struct exchange *x, int status, const char *why)
{
	return arena_printf(x->arena, "{\"error\":\"%d\",\"message\":\"%s\"}", status, why);
}

/* Answers with what it got; a path that begins with /chunked in chunks. */
static void echo(struct exchange *x)
{
	struct span body;
	requests++;
	int rc = exchange_read_all(x, 60000, &body);
	if (rc == -E_CANCELLED || rc == -E_CLOSED)
		return;
	if (rc < 0) {
		reply_whole(x, rc == -E_TOO_LARGE ? 413 : 400, SPAN("text/plain"), SPAN("bad body"));
		return;
	}
	snprintf(seen, sizeof seen, "%.*s %.*s %.*s", SPAN_FMT(http_method_name(x->req->method)),
	    SPAN_FMT(x->req->target), SPAN_FMT(body));
	if (!span_starts(x->req->path, SPAN("/chunked"))) {
		reply_whole(x, 200, SPAN("text/plain"), body);
		return;
	}
	reply_begin(x, 200);
	reply_chunked(x);
	for (size_t i = 0; i < body.len; i += 7) {
		struct span rest = span_skip(body, i);
		if (reply_write(x, span_of(rest.ptr, rest.len < 7 ? rest.len : 7)) < 0)
			return;
	}
	(void)!reply_end(x);
}

static const struct server_options options = {
    .limits =
        {.head_max = 8192, .body_max = 50000, .piece_ns = NS_PER_S, .grace_ns = NS_PER_S, .min_rate = 1000},
    .head_timeout_ns = 300 * NS_PER_MS,
    .idle_timeout_ns = 400 * NS_PER_MS,
    .write_timeout_ns = NS_PER_S,
    .connections_max = 100,
    .handler = echo,
    .refusal = refusal,
};

static int setup(void **state)
{
	alarm(60); /* a failed assertion leaves its coroutine by longjmp: the loop may not end after it */
	assert_int_equal(loop_new(&loop), 0);
	int fd = server_bind("127.0.0.1", 0, false, &port);
	assert_true(fd >= 0);
	assert_int_equal(server_new(loop, fd, &options, &server), 0);
	requests = 0;
	seen[0] = '\0';
	return 0;
}

static int teardown(void **state)
{
	server_free(server);
	loop_free(loop);
	http_free_spare();
	return 0;
}

static void run(void (*fn)(void *), void *arg)
{
	coro_start(loop, fn, arg);
	loop_run(loop);
}

static void finish(void)
{
	assert_int_equal(server_drain(server, 0, deadline_in(5 * NS_PER_S)), 0);
	loop_stop(loop);
}

static struct stream *dial(void)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct stream *s;
	inet_pton(AF_INET, "127.0.0.1", &addr.sin_addr);
	assert_int_equal(
	    stream_connect(loop, (struct sockaddr *)&addr, sizeof addr, deadline_in(NS_PER_S), &s), 0);
	return s;
}

static void say(struct stream *s, struct span text)
{
	struct iovec v = {(void *)(uintptr_t)text.ptr, text.len};
	assert_int_equal(stream_write(s, &v, 1, deadline_in(NS_PER_S)), 0);
}

/* Reads until the peer closes. */
static struct span hear(struct stream *s, char *to, size_t cap)
{
	size_t len = 0;
	ssize_t n;
	while ((n = stream_read(s, to + len, cap - len, deadline_in(2 * NS_PER_S))) > 0)
		len += (size_t)n;
	return span_of(to, len);
}

static int status_of(struct span answer)
{
	uint64_t v = 0;
	return answer.len > 12 && span_to_u64(span_of(answer.ptr + 9, 3), &v) == 0 ? (int)v : 0;
}

#define HOST "Host: x\r\n"

static void hostile(void *arg)
{
	static const struct {
		const char *what, *bytes;
		int status; /* 200: it is sound */
	} cases[] = {
	    {"sound", "POST /a?b=c HTTP/1.1\r\n" HOST "Connection: close\r\nContent-Length: 2\r\n\r\nhi",
	        200},
	    {"chunked",
	        "POST / HTTP/1.1\r\n" HOST "Connection: close\r\nTransfer-Encoding: "
	        "chunked\r\n\r\n2\r\nhi\r\n1;x=y\r\n!\r\n0\r\nT: v\r\n\r\n",
	        200},
	    {"two equal lengths",
	        "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", 400},
	    {"two lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!",
	        400},
	    {"list of lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 2, 2\r\n\r\nhi", 400},
	    {"signed length", "POST / HTTP/1.1\r\n" HOST "Content-Length: +2\r\n\r\nhi", 400},
	    {"negative length", "POST / HTTP/1.1\r\n" HOST "Content-Length: -2\r\n\r\nhi", 400},
	    {"huge length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\nhi", 400},
	    {"empty length", "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nhi", 400},
	    {"spaced length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1 2\r\n\r\nhi", 400},
	    {"length and chunked",
	        "POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	        400},
	    {"chunked and length",
	        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
	        400},
	    {"unknown coding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
	        400},
	    {"coding list", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
	        400},
	    {"chunked twice",
	        "POST / HTTP/1.1\r\n" HOST
	        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	        400},
	    {"chunked, identity",
	        "POST / HTTP/1.1\r\n" HOST
	        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
	        400},
	    {"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
	    {"space before colon", "POST / HTTP/1.1\r\n" HOST "Content-Length : 2\r\n\r\nhi", 400},
	    {"space in name", "POST / HTTP/1.1\r\n" HOST "Content Length: 2\r\n\r\nhi", 400},
	    {"bare LF", "GET / HTTP/1.1\nHost: x\n\n", 400},
	    {"one bare LF", "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", 400},
	    {"bare CR", "GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", 400},
	    {"folded", "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", 400},
	    {"folded first", "GET / HTTP/1.1\r\n X: a\r\n" HOST "\r\n", 400},
	    {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
	    {"two hosts", "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400},
	    {"host with user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
	    {"host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
	    {"host with half a bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
	    {"host with two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", 400},
	    {"another protocol", "SOURCE / ICE/1.0\r\n" HOST "\r\n", 400},
	    {"HTTP/2.0", "GET / HTTP/2.0\r\n" HOST "\r\n", 400},
	    {"absolute form", "GET http://x/ HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"authority form", "CONNECT x:80 HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"asterisk form", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"space in target", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"fragment", "GET /a#b HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"raw byte in target", "GET /\xC3\xA9 HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"unknown method", "BREW / HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"lower-case method", "get / HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"HTTP/0.9", "GET /\r\n\r\n", 400},
	    {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
	    {"HTTP/2.0", "GET / HTTP/2.0\r\n" HOST "\r\n", 400},
	    {"two spaces", "GET  / HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"two spaces later", "GET /  HTTP/1.1\r\n" HOST "\r\n", 400},
	    {"HTTP/1.2", "GET / HTTP/1.2\r\n" HOST "\r\n", 400},
	    {"control in value", "GET / HTTP/1.1\r\n" HOST "X: a\x01z\r\n\r\n", 400},
	    {"no name", "GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n", 400},
	    {"chunk size sign",
	        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n-1\r\nhi\r\n0\r\n\r\n", 400},
	    {"chunk size 0x",
	        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0x2\r\nhi\r\n0\r\n\r\n", 400},
	    {"chunk size space",
	        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2 \r\nhi\r\n0\r\n\r\n", 400},
	    {"chunk size overflow",
	        "POST / HTTP/1.1\r\n" HOST
	        "Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\nhi\r\n0\r\n\r\n",
	        400},
	    {"chunk without CRLF",
	        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\r\nhiX0\r\n\r\n", 400},
	    {"chunk bare LF",
	        "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n2\nhi\r\n0\r\n\r\n", 400},
	    {"upgrade",
	        "POST / HTTP/1.1\r\n" HOST
	        "Connection: upgrade, close\r\nUpgrade: x\r\nContent-Length: 2\r\n\r\nhi",
	        200},
	    {"declared too long", "POST / HTTP/1.1\r\n" HOST "Content-Length: 50001\r\n\r\n", 413},
	};
	char answer[4096];
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct stream *s = dial();
		int before = requests;
		say(s, span_str(cases[i].bytes));
		struct span got = hear(s, answer, sizeof answer);
		if (status_of(got) != cases[i].status)
			fail_msg("%s: %d, want %d: %.*s", cases[i].what, status_of(got), cases[i].status,
			    SPAN_FMT(got));
		/* What is refused in the head never reaches the handler; a bad body ends in it. */
		if (cases[i].status == 400 && requests != before &&
		    !span_contains(span_str(cases[i].what), SPAN("chunk")))
			fail_msg("%s reached the handler", cases[i].what);
		stream_close(s);
	}
	finish();
}

static void hostile_forms(void **state)
{
	run(hostile, NULL);
}

static void nul(void *arg)
{
	char answer[4096];
	struct stream *s = dial();
	say(s, SPAN("GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n"));
	assert_int_equal(status_of(hear(s, answer, sizeof answer)), 400);
	stream_close(s);
	assert_int_equal(requests, 0);
	finish();
}

static void a_nul_in_a_value(void **state)
{
	run(nul, NULL);
}

static void pipeline(void *arg)
{
	char answer[4096];
	struct stream *s = dial();
	say(s, SPAN("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\noneGET /2 HTTP/1.1\r\nHost: "
	            "x\r\n\r\n"
	            "POST /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nthreeGET "
	            "/4 HTTP/1.1\r\n"));
	struct span got = hear(s, answer, sizeof answer);
	assert_int_equal(requests, 3);
	assert_true(span_ends(got, SPAN("connection: close\r\n\r\nthree")));
	assert_true(span_contains(got, SPAN("content-length: 3\r\n\r\noneHTTP/1.1 200 OK\r\n")));
	stream_close(s);
	finish();
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	run(pipeline, NULL);
}

/* Every split of a request into two writes gives the same exchange. */
static void dribble(void *arg)
{
	static const char text[] =
	    "POST /chunked HTTP/1.1\r\nHost: x\r\nConnection: close\r\nEmpty:\r\nTransfer-Encoding: "
	    "chunked\r\n\r\n4\r\nwiki\r\n7\r\npedia!!\r\n0\r\n\r\n";
	char answer[4096];
	for (size_t cut = 1; cut < sizeof text - 1; cut += 3) {
		struct stream *s = dial();
		say(s, span_of(text, cut));
		assert_int_equal(coro_sleep_until(deadline_in(2 * NS_PER_MS)), 0);
		say(s, span_of(text + cut, sizeof text - 1 - cut));
		struct span got = hear(s, answer, sizeof answer);
		assert_true(span_ends(got, SPAN("\r\n\r\n7\r\nwikiped\r\n4\r\nia!!\r\n0\r\n\r\n")));
		assert_string_equal(seen, "POST /chunked wikipedia!!");
		stream_close(s);
	}
	finish();
}

static void split_anywhere(void **state)
{
	run(dribble, NULL);
}

static void slow(void *arg)
{
	char answer[4096];
	struct stream *head = dial(), *body = dial(), *silent = dial();
	say(head, SPAN("GET / HTTP/1.1\r\nHost: x\r\nX: "));
	say(body, SPAN("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"));
	assert_int_equal(status_of(hear(head, answer, sizeof answer)), 408);
	assert_int_equal(status_of(hear(body, answer, sizeof answer)), 400); /* echo's answer to a bad body */
	assert_int_equal(hear(silent, answer, sizeof answer).len, 0);
	stream_close(head);
	stream_close(body);
	stream_close(silent);
	finish();
}

static void slow_heads_and_bodies_end(void **state)
{
	run(slow, NULL);
}

static void head_limits(void *arg)
{
	static char big[20000];
	char answer[4096];
	struct stream *s = dial();
	memset(big, 'x', sizeof big);
	memcpy(big, "GET / HTTP/1.1\r\nX: ", 19);
	say(s, span_of(big, sizeof big));
	assert_int_equal(status_of(hear(s, answer, sizeof answer)), 431);
	stream_close(s);

	s = dial();
	say(s, SPAN("GET / HTTP/1.1\r\nHost: x\r\n"));
	for (int i = 0; i < 200; i++)
		say(s, SPAN("A: b\r\n"));
	assert_int_equal(status_of(hear(s, answer, sizeof answer)), 400);
	stream_close(s);
	assert_int_equal(requests, 0);
	finish();
}

static void long_heads_are_refused(void **state)
{
	run(head_limits, NULL);
}

static void ask_often(void *arg)
{
	struct url url = {.host = SPAN("127.0.0.1"), .port = port};
	struct client_options o = {
	    .limits = {.head_max = 8192,
	        .body_max = 60000,
	        .piece_ns = NS_PER_S,
	        .grace_ns = NS_PER_S,
	        .min_rate = 1},
	    .connect_timeout_ns = NS_PER_S,
	    .idle_timeout_ns = NS_PER_S,
	    .connections_max = 2,
	};
	struct client *client = client_new(loop, &url, &o);
	struct client_conn *conn;
	const struct http_head *head;
	struct span piece;
	for (int i = 0; i < 50; i++) {
		char text[200];
		assert_int_equal(client_take(client, i == 25, deadline_in(NS_PER_S), &conn), 0);
		assert_int_equal(conn->reused, i != 0 && i != 25);
		int n =
		    snprintf(text, sizeof text, "%s /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nping",
		        i == 7 ? "HEAD" : "POST", i % 2 ? "chunked" : "");
		say(http_stream(conn->http), span_of(text, (size_t)n));
		assert_int_equal(http_read_head(conn->http, i == 7 ? METHOD_HEAD : METHOD_POST,
		                     deadline_in(NS_PER_S), &head),
		    0);
		assert_int_equal(head->status, 200);
		assert_int_equal(head->chunked, i % 2);
		assert_int_equal(http_read_body(conn->http, &piece), 0);
		assert_span(piece, i == 7 ? "" : "ping");
		assert_int_equal(http_read_body(conn->http, &piece), 0);
		assert_int_equal(piece.len, 0);
		assert_true(http_message_done(conn->http));
		client_give(conn, true);
	}
	assert_int_equal(requests, 50);
	assert_int_equal(server_counts(server).connections, 2);
	client_free(client);
	finish();
}

static void a_client_keeps_its_connections(void **state)
{
	run(ask_often, NULL);
}

static void refused(void *arg)
{
	struct url url = {.host = SPAN("127.0.0.1"), .port = 1},
	           unknown = {.host = SPAN("no-such-host.invalid"), .port = 1};
	struct client_options o = {.connect_timeout_ns = 5 * NS_PER_S, .connections_max = 1};
	struct client *a = client_new(loop, &url, &o), *b = client_new(loop, &unknown, &o);
	struct client_conn *conn;
	assert_int_equal(client_take(a, false, deadline_in(NS_PER_S), &conn), -E_REFUSED);
	assert_int_equal(client_take(b, false, deadline_in(10 * NS_PER_S), &conn), -E_RESOLVE);
	client_free(a);
	client_free(b);
	finish();
}

static void connecting_fails_with_a_reason(void **state)
{
	run(refused, NULL);
}

static void continues(void *arg)
{
	char answer[4096];
	struct stream *s = dial();
	say(s, SPAN("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: "
	            "100-continue\r\nContent-Length: 2\r\n\r\n"));
	ssize_t n = stream_read(s, answer, sizeof answer, deadline_in(NS_PER_S));
	assert_span(span_of(answer, n > 0 ? (size_t)n : 0), "HTTP/1.1 100 Continue\r\n\r\n");
	say(s, SPAN("hi"));
	assert_true(span_ends(hear(s, answer, sizeof answer), SPAN("\r\n\r\nhi")));
	stream_close(s);
	finish();
}

static void who_expects_is_told_to_continue(void **state)
{
	run(continues, NULL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
	    T(hostile_forms),
	    T(a_nul_in_a_value),
	    T(pipelined_requests_are_answered_in_order),
	    T(split_anywhere),
	    T(slow_heads_and_bodies_end),
	    T(long_heads_are_refused),
	    T(a_client_keeps_its_connections),
	    T(connecting_fails_with_a_reason),
	    T(who_expects_is_told_to_continue),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
