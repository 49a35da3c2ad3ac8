#include "../test.h"

#include "base/url.h"

static void good(void **state)
{
	static const struct {
		const char *text;
		bool tls;
		const char *host;
		unsigned port;
		const char *path, *authority;
	} cases[] = {
	    {"https://aws-us-east-1.turbopuffer.com", true, "aws-us-east-1.turbopuffer.com", 443, "",
	        "aws-us-east-1.turbopuffer.com"},
	    {"https://h/", true, "h", 443, "", "h"},
	    {"HTTP://H:8081/a/b//", false, "H", 8081, "/a/b", "H:8081"},
	    {"http://127.0.0.1:80", false, "127.0.0.1", 80, "", "127.0.0.1"},
	    {"https://h:80/x%20y/~z", true, "h", 80, "/x%20y/~z", "h:80"},
	    {"http://[::1]:9/p", false, "::1", 9, "/p", "[::1]:9"},
	    {"https://[2001:db8::1]", true, "2001:db8::1", 443, "", "[2001:db8::1]"},
	    {"http://a_b.c./..x", false, "a_b.c.", 80, "/..x", "a_b.c."},
	    {"http://h/a@b:c", false, "h", 80, "/a@b:c", "h"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct url u;
		const char *why = NULL;
		if (url_parse(span_str(cases[i].text), &u, &why) < 0)
			fail_msg("%s: %s", cases[i].text, why);
		assert_int_equal(u.tls, cases[i].tls);
		assert_span(u.host, cases[i].host);
		assert_int_equal(u.port, cases[i].port);
		assert_span(u.path, cases[i].path);
		assert_int_equal(u.ipv6, cases[i].authority[0] == '[');
		struct buf b = buf_new(300);
		url_put_authority(&b, &u);
		assert_span(buf_span(&b), cases[i].authority);
		buf_free(&b);
	}
}

static void bad(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {"", "must begin with https:// or http://"},
	    {"h", "must begin with https:// or http://"},
	    {"h:80", "must begin with https:// or http://"},
	    {"http:/h", "must begin with https:// or http://"},
	    {"ftp://h", "scheme must be https or http"},
	    {"://h", "scheme must be https or http"},
	    {"http://", "has no host"},
	    {"http:///x", "has no host"},
	    {"http://:80", "has no host"},
	    {"http://u:p@h", "must not hold a user name or password"},
	    {"http://a b", "host is not a name or an address"},
	    {"http://a..b", "host is not a name or an address"},
	    {"http://.a", "host is not a name or an address"},
	    {"http://a\r\nb", "host is not a name or an address"},
	    {"http://a\\b", "path holds a character that must be percent-encoded"},
	    {"http://::1", "has no host"},
	    {"http://[::1", "host is not an IPv6 address"},
	    {"http://[]", "host is not an IPv6 address"},
	    {"http://[127.0.0.1]", "host is not an IPv6 address"},
	    {"http://[fe80::1%eth0]", "host is not an IPv6 address"},
	    {"http://[::1]x", "port must be a number from 1 to 65535"},
	    {"http://h:", "port must be a number from 1 to 65535"},
	    {"http://h:0", "port must be a number from 1 to 65535"},
	    {"http://h:65536", "port must be a number from 1 to 65535"},
	    {"http://h:8o", "port must be a number from 1 to 65535"},
	    {"http://h:1:2", "port must be a number from 1 to 65535"},
	    {"http://h?q", "must not have a query"},
	    {"http://h/#f", "must not have a fragment"},
	    {"http://h/a b", "path holds a character that must be percent-encoded"},
	    {"http://h/\xC3\xA9", "path holds a character that must be percent-encoded"},
	    {"http://h/a/../b", "path must not have dot segments"},
	    {"http://h/.", "path must not have dot segments"},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct url u;
		const char *why = NULL;
		if (url_parse(span_str(cases[i].text), &u, &why) != -E_INVALID)
			fail_msg("%s is accepted", cases[i].text);
		if (strcmp(why, cases[i].why) != 0)
			fail_msg("%s: %s", cases[i].text, why);
	}
	struct url u;
	assert_int_equal(url_parse(span_of("http://a\0b", 10), &u, NULL), -E_INVALID);
	assert_int_equal(url_parse(span_of("http://[::1\0]", 13), &u, NULL), -E_INVALID);
}

static void listening(void **state)
{
	static const struct {
		const char *text;
		int rc;
		const char *host;
		uint16_t port;
	} cases[] = {
	    {"127.0.0.1:8080", 0, "127.0.0.1", 8080},
	    {"[::1]:0", 0, "::1", 0},
	    {"localhost:65535", 0, "127.0.0.1", 65535},
	    {"::1:80", 0, "::1", 80},
	    {"0.0.0.0:65536", -E_INVALID, "", 0},
	    {"127.0.0.1", -E_INVALID, "", 0},
	    {":80", -E_INVALID, "", 0},
	    {"h:", -E_INVALID, "", 0},
	    {"h:-1", -E_INVALID, "", 0},
	    {"", -E_INVALID, "", 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct span host = SPAN("");
		uint16_t port = 0;
		assert_int_equal(url_parse_listen(span_str(cases[i].text), &host, &port), cases[i].rc);
		assert_span(host, cases[i].host);
		assert_int_equal(port, cases[i].port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good),
	    cmocka_unit_test(bad),
	    cmocka_unit_test(listening),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
