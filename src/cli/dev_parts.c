#include "cli/dev_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/url.h"
#include "cli/child.h"
#include "cli/files.h"

#define LOG_SHOWN_BYTES 2000

int sibling_program(struct arena *a, const char *name, const char **ret)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);
	if (n < 0)
		return result_from_errno(errno);
	while (n && self[n - 1] != '/')
		n--;
	const char *path = arena_printf(a, "%.*s%s", (int)n, self, name).ptr;
	if (access(path, X_OK) < 0)
		return -E_NOT_FOUND;
	*ret = path;
	return 0;
}

int part_start(struct part *p, const char *const *argv, const char *const *env)
{
	int fd = STDERR_FILENO;
	if (p->log)
		fd = open(p->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return result_from_errno(errno);
	struct child_spec spec = {.argv = argv, .env = env, .out_fd = fd, .err_fd = fd};
	int rc = child_start(&spec, &p->pid);
	if (p->log)
		close(fd);
	return rc;
}

static void show_log(const struct part *p, struct arena *a)
{
	struct span text;
	if (!p->log || read_file(a, p->log, LOG_SHOWN_BYTES, true, &text) < 0)
		return;
	fprintf(stderr, "The end of %s:\n", p->log);
	while (text.len)
		fprintf(stderr, "  %.*s\n", SPAN_FMT(span_cut(&text, '\n')));
}

bool part_died(struct part *p, struct arena *a, int *ret_status)
{
	if (!p->pid || !child_ended(p->pid, ret_status))
		return false;
	p->pid = 0;
	if (!p->log)
		return true;
	if (*ret_status > 128)
		fprintf(stderr, "%s was ended by signal %d.\n", p->program, *ret_status - 128);
	else
		fprintf(stderr, "%s ended by itself with status %d.\n", p->program, *ret_status);
	show_log(p, a);
	return true;
}

void part_stop(struct part *p, uint64_t timeout_ns)
{
	if (p->pid)
		child_stop(p->pid, SIGTERM, timeout_ns);
	p->pid = 0;
}

int listen_parse(
    struct arena *a, const char *listen, const char **ret_host, uint16_t *ret_port, const char **ret_url)
{
	struct span host;
	uint16_t port;
	if (url_parse_listen(span_str(listen), &host, &port) < 0)
		return -E_INVALID;
	const char *reach = arena_str(a, host);
	*ret_host = reach;
	*ret_port = port;
	if (span_eq(host, SPAN("0.0.0.0")))
		reach = "127.0.0.1";
	else if (span_eq(host, SPAN("::")))
		reach = "::1";
	*ret_url =
	    arena_printf(a, strchr(reach, ':') ? "http://[%s]:%u" : "http://%s:%u", reach, (unsigned)port)
	        .ptr;
	return 0;
}

/* Without SO_REUSEPORT, which the gateway uses: with it a second gateway would share the port unseen. */
static int probe(int family, struct sockaddr *addr, socklen_t len)
{
	const int on = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), rc = 0;
	if (fd < 0)
		return result_from_errno(errno);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, addr, len) < 0 || listen(fd, 1) < 0 || getsockname(fd, addr, &len) < 0)
		rc = errno == EADDRINUSE ? -E_BUSY : result_from_errno(errno);
	close(fd);
	return rc;
}

int listen_probe(const char *host, uint16_t *port)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(*port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(*port)};
	int rc = -E_INVALID;
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		rc = probe(AF_INET, (struct sockaddr *)&v4, sizeof v4);
		*port = ntohs(v4.sin_port);
	} else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		rc = probe(AF_INET6, (struct sockaddr *)&v6, sizeof v6);
		*port = ntohs(v6.sin6_port);
	}
	return rc;
}
