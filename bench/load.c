/* A constant-rate loader: `load PORT PATH KEY BODY-FILE CONNECTIONS RATE SECONDS` posts the body RATE times a
 * second to 127.0.0.1 over kept-alive connections and prints one JSON object; latencies are microseconds.
 *
 * The schedule is fixed beforehand and a latency runs from the moment at which its request was due, not from
 * when it could be sent: a server that stalls is charged for all that it kept waiting (no coordinated
 * omission). */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/time.h"

#define CONNECTIONS_MAX 1024
#define ANSWER_MAX      65536
#define GIVE_UP_NS      (5 * NS_PER_S) /* after the last request was due */

struct conn {
	struct conn *next; /* among the free ones */
	int fd;
	uint64_t due_ns; /* of the request under way */
	size_t len;
	char answer[ANSWER_MAX + 1];
};

struct load {
	struct buf request;
	uint64_t began_ns, count, rate;
	uint64_t sent, done, errors;
	uint32_t *latencies_us;
	int epoll;
	struct conn *conns, *free;
};

static uint64_t number(const char *text)
{
	uint64_t n;
	if (span_to_u64(span_str(text), &n) < 0 || n == 0)
		errx(2, "not a number above 0: %s", text);
	return n;
}

static struct buf request_build(const char *path, const char *key, const char *body_file)
{
	struct buf b = buf_new(1 << 20);
	char body[ANSWER_MAX];
	FILE *f = fopen(body_file, "r");
	size_t n = f ? fread(body, 1, sizeof body, f) : 0;
	if (n == 0)
		err(2, "%s", body_file);
	fclose(f);
	buf_printf(&b,
	    "POST %s HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer %s\r\ncontent-type: "
	    "application/json\r\n"
	    "content-length: %zu\r\n\r\n",
	    path, key, n);
	buf_append(&b, span_of(body, n));
	return b;
}

static void conn_open(struct load *l, struct conn *c, uint16_t port)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int one = 1;
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0)
		err(1, "port %u", port);
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event) < 0)
		err(1, "epoll");
	c->next = l->free;
	l->free = c;
}

static uint64_t due_ns(const struct load *l, uint64_t i)
{
	return l->began_ns + i * NS_PER_S / l->rate;
}

/* The length of the whole answer, 0 while its head is not complete. */
static size_t answer_length(const struct conn *c)
{
	const char *end = strstr(c->answer, "\r\n\r\n"),
	           *field = strcasestr(c->answer, "\r\ncontent-length:");
	if (!end)
		return 0;
	if (!field || field > end)
		errx(1, "an answer without a length: %.200s", c->answer);
	return (size_t)(end - c->answer) + 4 + strtoul(field + 17, NULL, 10);
}

static void answer_take(struct load *l, struct conn *c)
{
	uint64_t us = (time_mono_ns() - c->due_ns) / NS_PER_US;
	l->errors += strncmp(c->answer, "HTTP/1.1 200", 12) != 0;
	l->latencies_us[l->done++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
	c->len = 0;
	c->next = l->free;
	l->free = c;
}

static void conn_read(struct load *l, struct conn *c)
{
	ssize_t n = recv(c->fd, c->answer + c->len, ANSWER_MAX - c->len, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		errx(1, "a connection ended after %llu answers", (unsigned long long)l->done);
	c->len += (size_t)n;
	c->answer[c->len] = '\0';
	size_t whole = answer_length(c);
	if (whole && c->len >= whole)
		answer_take(l, c);
}

static void send_due(struct load *l)
{
	uint64_t now = time_mono_ns();
	while (l->free && l->sent < l->count && due_ns(l, l->sent) <= now) {
		struct conn *c = l->free;
		l->free = c->next;
		c->due_ns = due_ns(l, l->sent++);
		if (send(c->fd, l->request.ptr, l->request.len, MSG_NOSIGNAL) != (ssize_t)l->request.len)
			err(1, "send");
	}
}

/* Until the next request is due; if all connections are busy, until one of them is not. */
static struct timespec patience(const struct load *l)
{
	uint64_t until =
	    l->free && l->sent < l->count ? due_ns(l, l->sent) : due_ns(l, l->count) + GIVE_UP_NS;
	uint64_t now = time_mono_ns(), ns = until > now ? until - now : 0;
	return (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
}

static void run(struct load *l)
{
	struct epoll_event events[64];
	l->began_ns = time_mono_ns();
	while (l->done < l->count) {
		send_due(l);
		struct timespec wait = patience(l);
		int n = epoll_pwait2(l->epoll, events, 64, &wait, NULL);
		for (int i = 0; i < n; i++)
			conn_read(l, events[i].data.ptr);
		if (n == 0 && time_mono_ns() > due_ns(l, l->count) + GIVE_UP_NS)
			break;
	}
	l->errors += l->count - l->done;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void report(const struct load *l)
{
	const uint32_t *at = l->latencies_us;
	qsort(l->latencies_us, l->done, sizeof *at, by_value);
	printf("{\"requests\":%llu,\"errors\":%llu,\"p50\":%u,\"p99\":%u,\"most\":%u}\n",
	    (unsigned long long)l->done, (unsigned long long)l->errors, at[l->done / 2],
	    at[l->done * 99 / 100], at[l->done ? l->done - 1 : 0]);
}

int main(int argc, char **argv)
{
	struct load l = {0};
	if (argc != 8)
		errx(2, "usage: load PORT PATH KEY BODY-FILE CONNECTIONS RATE SECONDS");
	uint64_t port = number(argv[1]), connections = number(argv[5]);
	l.request = request_build(argv[2], argv[3], argv[4]);
	l.rate = number(argv[6]);
	l.count = l.rate * number(argv[7]);
	l.latencies_us = calloc(l.count + 1, sizeof *l.latencies_us);
	l.conns = calloc(connections, sizeof *l.conns);
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!l.latencies_us || !l.conns || l.epoll < 0 || port > UINT16_MAX || connections > CONNECTIONS_MAX)
		errx(2, "too much is asked for");
	prctl(PR_SET_TIMERSLACK, 1UL); /* wake up when it is due, not up to 50 microseconds later */
	for (uint64_t i = 0; i < connections; i++)
		conn_open(&l, &l.conns[i], (uint16_t)port);
	run(&l);
	report(&l);
	free(l.conns);
	free(l.latencies_us);
	buf_free(&l.request);
	return 0;
}
