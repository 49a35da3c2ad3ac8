#include "../test.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/child.h"
#include "cli/dev_parts.h"

static void captures_output(void **state)
{
	static const struct {
		const char *argv[4];
		uint64_t timeout_ns;
		int rc;
		const char *out;
	} cases[] = {
	    {{"echo", "hello"}, NS_PER_S * 30, 0, "hello\n"},
	    {{"sh", "-c", "echo out; echo err >&2; exit 3"}, NS_PER_S * 30, -E_IO, "out\n"},
	    {{"sh", "-c", "cat; kill -9 $$"}, NS_PER_S * 30, -E_IO, ""},
	    {{"no-such-program-anywhere"}, NS_PER_S * 30, -E_NOT_FOUND, ""},
	    {{"sleep", "100"}, NS_PER_MS * 20, -E_TIMEOUT, ""},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct buf out = buf_new(1 << 20);
		assert_int_equal(child_output(cases[i].argv, -1, cases[i].timeout_ns, &out), cases[i].rc);
		assert_span(buf_span(&out), cases[i].out);
		buf_free(&out);
	}
}

static void environment(void **state)
{
	char text[100] = {0};
	int fds[2];
	pid_t pid;
	assert_int_equal(pipe(fds), 0);
	setenv("CHILD_TEST_GONE", "x", 1);
	const char *argv[] = {"sh", "-c", "echo $CHILD_TEST_SET${CHILD_TEST_GONE-unset}", NULL};
	const char *env[] = {"CHILD_TEST_SET=1=2 ", "CHILD_TEST_GONE", NULL};
	struct child_spec spec = {.argv = argv, .env = env, .out_fd = fds[1], .err_fd = -1};
	assert_int_equal(child_start(&spec, &pid), 0);
	close(fds[1]);
	ssize_t n = read(fds[0], text, sizeof text - 1);
	assert_span(span_of(text, (size_t)n), "1=2 unset\n");
	close(fds[0]);
	assert_int_equal(child_stop(pid, 0, NS_PER_S * 30), 0);
}

/* A child that ignores the request is killed; one that heeds it is not. */
static void stops(void **state)
{
	const char *deaf[] = {"sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done", NULL};
	const char *polite[] = {"sh", "-c", "trap 'exit 7' TERM; echo; while :; do sleep 0.01; done", NULL};
	const struct {
		const char *const *argv;
		uint64_t timeout_ns;
		int status;
	} cases[] = {{deaf, NS_PER_MS * 50, 128 + SIGKILL}, {polite, NS_PER_S * 30, 7}};
	for (size_t i = 0; i < COUNT(cases); i++) {
		int fds[2], status;
		char newline;
		pid_t pid;
		assert_int_equal(pipe(fds), 0);
		struct child_spec spec = {.argv = cases[i].argv, .out_fd = fds[1], .err_fd = -1};
		assert_int_equal(child_start(&spec, &pid), 0);
		assert_int_equal(read(fds[0], &newline, 1), 1); /* the trap stands */
		assert_false(child_ended(pid, &status));
		assert_int_equal(child_stop(pid, SIGTERM, cases[i].timeout_ns), cases[i].status);
		close(fds[0]);
		close(fds[1]);
	}
}

static void listen_addresses(void **state)
{
	static const struct {
		const char *in, *url;
	} cases[] = {
	    {"127.0.0.1:8080", "http://127.0.0.1:8080"},
	    {"0.0.0.0:1", "http://127.0.0.1:1"},
	    {"[::1]:65535", "http://[::1]:65535"},
	    {"[::]:5", "http://[::1]:5"},
	    {"localhost:7", "http://127.0.0.1:7"},
	    {"127.0.0.1", NULL},
	    {"127.0.0.1:", NULL},
	    {"127.0.0.1:65536", NULL},
	    {"8080", NULL},
	};
	struct arena *a = arena_new();
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *host, *url;
		uint16_t port;
		int rc = listen_parse(a, cases[i].in, &host, &port, &url);
		assert_int_equal(rc, cases[i].url ? 0 : -E_INVALID);
		if (rc == 0)
			assert_string_equal(url, cases[i].url);
	}
	uint16_t port = 0;
	assert_int_equal(listen_probe("127.0.0.1", &port), 0);
	assert_int_not_equal(port, 0);
	assert_int_equal(listen_probe("localhost", &port), -E_INVALID);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(captures_output),
	    cmocka_unit_test(environment),
	    cmocka_unit_test(stops),
	    cmocka_unit_test(listen_addresses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
