#include "gateway/handover.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "rt/spawn.h"

#define FIRST_SOCKET 3 /* SD_LISTEN_FDS_START */

struct handover {
	struct loop *control;
	struct spawned *successor; /* NULL: none runs */
	uint64_t predecessor;      /* its process, which waits for this one; 0: none */
	char program[PATH_MAX];
};

/* --- the new process --- */

/* A variable that holds a number; 0 if it does not. */
static uint64_t number_of(const char *variable)
{
	const char *text = getenv(variable);
	uint64_t n;
	return text && span_to_u64(span_str(text), &n) == 0 ? n : 0;
}

static int take_socket(int fd, uint16_t *ret_port)
{
	struct sockaddr_storage addr;
	int listens = 0;
	socklen_t len = sizeof listens, addr_len = sizeof addr;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 || !listens ||
	    getsockname(fd, (struct sockaddr *)&addr, &addr_len) < 0)
		return -E_CONFIG;
	if (addr.ss_family == AF_INET)
		*ret_port = ntohs(((struct sockaddr_in *)&addr)->sin_port);
	else if (addr.ss_family == AF_INET6)
		*ret_port = ntohs(((struct sockaddr_in6 *)&addr)->sin6_port);
	else
		return -E_CONFIG;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return 0;
}

int handover_sockets(int *ret_sockets, unsigned most, uint16_t *ret_port)
{
	uint64_t count = number_of("LISTEN_FDS");
	bool ours = !getenv("LISTEN_PID") || number_of("LISTEN_PID") == (uint64_t)getpid();
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	if (!ours)
		return 0;
	if (count > most)
		return -E_CONFIG;
	for (int i = (int)count - 1; i >= 0; i--) {
		ret_sockets[i] = FIRST_SOCKET + i;
		if (take_socket(ret_sockets[i], ret_port) < 0)
			return -E_CONFIG;
	}
	return (int)count;
}

static void tell_supervisor(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = path ? strlen(path) : 0;
	if (len < 2 || len >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@') /* a name without a file */
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	socklen_t to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to, to_len) < 0)
		log_warn("gateway.notify", LOG_ERR(result_from_errno(errno)));
	close(fd);
}

void handover_serving(struct handover *h)
{
	char text[64];
	snprintf(text, sizeof text, "READY=1\nMAINPID=%ld", (long)getpid());
	tell_supervisor(text);
	if (h->predecessor && h->predecessor == (uint64_t)getppid())
		kill((pid_t)h->predecessor, SIGTERM);
}

/* --- the old one --- */

int handover_new(struct loop *control, struct handover **ret)
{
	struct handover *h = calloc(1, sizeof *h);
	if (!h)
		return -E_NOMEM;
	h->control = control;
	h->predecessor = number_of("LAYER_PREDECESSOR");
	unsetenv("LAYER_PREDECESSOR");
	/* Read now: once another file stands in its place the kernel calls it deleted. */
	ssize_t n = readlink("/proc/self/exe", h->program, sizeof h->program - 1);
	h->program[n > 0 ? n : 0] = '\0';
	*ret = h;
	return 0;
}

void handover_free(struct handover *h)
{
	if (!h)
		return;
	spawned_forget(h->successor);
	free(h);
}

bool handover_leave(struct handover *h)
{
	bool succeeded = h->successor;
	spawned_forget(h->successor);
	h->successor = NULL;
	return succeeded;
}

static void on_end(void *ctx, int status)
{
	struct handover *h = ctx;
	spawned_forget(h->successor);
	h->successor = NULL;
	log_error("gateway.handover", LOG_U64("status", status),
	    LOG_STR("message", "the new process ended; this one goes on"));
}

void handover_start(struct handover *h, const int *sockets, unsigned count)
{
	char fds[32], predecessor[48];
	if (h->successor)
		return;
	snprintf(fds, sizeof fds, "LISTEN_FDS=%u", count);
	snprintf(predecessor, sizeof predecessor, "LAYER_PREDECESSOR=%ld", (long)getpid());
	const char *variables[] = {fds, predecessor, NULL};
	const struct spawn_spec spec = {
	    .program = h->program, .variables = variables, .fds = sockets, .fd_count = count};
	int rc = spawn(h->control, &spec, on_end, h, &h->successor);
	if (rc < 0)
		log_error("gateway.handover", LOG_STR("program", h->program), LOG_ERR(rc));
	else
		log_info("gateway.handover", LOG_STR("program", h->program));
}
