#include "../test.h"

#include "gateway/relay/relay_headers.h"

#define AGENT "user-agent: layer-gateway/" LAYER_VERSION "\r\n"

/* Reads "name: value" lines; their spans point into the text. */
static struct http_head head_of(const char *lines, struct http_header *headers)
{
	struct http_head h = {.headers = headers};
	struct span rest = span_str(lines);
	while (rest.len) {
		struct span value = span_cut(&rest, '\n'), name = span_cut(&value, ':');
		headers[h.header_count++] = (struct http_header){name, span_trim(value)};
	}
	return h;
}

static void requests(void **state)
{
	static const struct {
		const char *in;
		bool prefer;
		const char *out;
		bool inflated;
	} cases[] = {
	    {"", false, AGENT},
	    {"user-agent: me/1\n", false, "user-agent: me/1\r\n"},
	    {"User-AGENT: me/1\n", false, "User-AGENT: me/1\r\n"},
	    {"User-Agent:\n", false, "User-Agent: \r\n"},
	    /* as they came: case, order, repetition */
	    {"B: 1\nuser-agent: x\na: 2\nB: 3\n", false, "B: 1\r\nuser-agent: x\r\na: 2\r\nB: 3\r\n"},
	    {"Content-Type: application/json\nContent-Encoding: gzip\nAccept-Encoding: gzip\nuser-agent: x\n",
	        false,
	        "Content-Type: application/json\r\nContent-Encoding: gzip\r\nAccept-Encoding: gzip\r\n"
	        "user-agent: x\r\n"},
	    {"Content-Type: a\nCONTENT-Encoding: gzip\nuser-agent: x\n", false,
	        "Content-Type: a\r\nuser-agent: x\r\n", true},
	    {"tracestate: a=b\nbaggage: c\n", false, "tracestate: a=b\r\nbaggage: c\r\n" AGENT},
	    /* ours to set, or to answer */
	    {"Host: x\nhost: y\n", true, AGENT},
	    {"Authorization: Bearer k\nAUTHORIZATION: k\nauthorization:\n", true, AGENT},
	    {"traceparent: 00-1-2-01\nTraceParent: x\n", true, AGENT},
	    {"Expect: 100-continue\nEXPECT: x\n", true, AGENT},
	    {"Prefer: respond-async\n", false, AGENT},
	    {"Prefer: respond-async\nprefer: wait=1\n", true,
	        "Prefer: respond-async\r\nprefer: wait=1\r\n" AGENT},
	    /* of the connection */
	    {"Connection: close\nKeep-Alive: 5\nTE: trailers\nTrailer: x\nUpgrade: h2c\nProxy-Connection: x\n"
	     "Proxy-Authorization: x\nProxy-Authenticate: x\nTransfer-Encoding: chunked\nContent-Length: 3\n",
	        true, AGENT},
	    {"Connection: close, X-One ,x-two\nX-One: 1\nx-TWO: 2\nX-Three: 3\n", false,
	        "X-Three: 3\r\n" AGENT},
	    {"X-One: 1\nConnection: ,\nCONNECTION: x-one\nX-Two: 2\n", false, "X-Two: 2\r\n" AGENT},
	    {"Connection: user-agent\nUser-Agent: me\n", false, AGENT},
	    /* near misses */
	    {"X-Host: a\nHosts: b\nPrefers: c\nTEE: d\nAuthorizations: e\n", false,
	        "X-Host: a\r\nHosts: b\r\nPrefers: c\r\nTEE: d\r\nAuthorizations: e\r\n" AGENT},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct http_header headers[16];
		struct http_head h = head_of(cases[i].in, headers);
		struct buf out = buf_new(4096);
		relay_put_request_headers(&h, cases[i].prefer, cases[i].inflated, &out);
		assert_int_equal(buf_status(&out), 0);
		assert_span(buf_span(&out), cases[i].out);
		buf_free(&out);
	}
}

static void answers(void **state)
{
	static const struct {
		const char *name;
		bool kept;
	} cases[] = {
	    {"Content-Type", true},
	    {"content-encoding", true},
	    {"ETag", true},
	    {"Date", true},
	    {"Server", true},
	    {"Set-Cookie", true},
	    {"Retry-After", true},
	    {"Location", true},
	    {"Preference-Applied", true},
	    {"X-Kept", true},
	    {"WWW-Authenticate", true},
	    {"Connection", false},
	    {"keep-alive", false},
	    {"Content-Length", false},
	    {"Transfer-Encoding", false},
	    {"Trailer", false},
	    {"Upgrade", false},
	    {"Proxy-Authenticate", false},
	    {"X-Private", false},
	    {"TraceParent", false},
	};
	struct http_header headers[4];
	struct http_head h = head_of("Connection: keep-alive, x-private\n", headers);
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (relay_keeps_answer_header(&h, span_str(cases[i].name)) != cases[i].kept)
			fail_msg("%s", cases[i].name);
	}
}

static void locations(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"", ""},
	    {"/v1/namespaces/a/operations/b", "/v1/namespaces/a/operations/b"},
	    {"operations/b", "operations/b"},
	    {"../b?c=d", "../b?c=d"},
	    {"https://store.example/v1/operations/b?c=d", "/v1/operations/b?c=d"},
	    {"http://127.0.0.1:8080/a/b", "/a/b"},
	    {"http://[::1]:80/a", "/a"},
	    {"HTTPS://store/", "/"},
	    {"https://store", "/"},
	    {"https://store?a=/b", "/?a=/b"},
	    {"https://store#a/b", "/#a/b"},
	    {"https://store/a?b#c", "/a?b#c"},
	    {"/a?next=https://store/b", "/a?next=https://store/b"},
	    {"a/b?u=http://x/y", "a/b?u=http://x/y"},
	    {"a:b", "a:b"},
	    {"://x/y", "/y"},
	};
	struct arena *a = arena_new();
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_span(relay_local_location(a, span_str(cases[i].in)), cases[i].out);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests),
	    cmocka_unit_test(answers),
	    cmocka_unit_test(locations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
