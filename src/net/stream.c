#include "net/stream.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uv.h>

#include "net/tls.h"

#define TLS_RECORD_BYTES 16384

struct stream {
	uv_poll_t poll;
	int fd;
	int interest;  /* what the kernel is asked for: UV_READABLE, UV_WRITABLE */
	bool readable; /* a read may bring something; false after one that brought less than it could */
	bool untaken;  /* an event said so, and nothing was read since */
	struct coro *waiter;
	int waiting_for;
	void (*watch)(void *ctx);
	void *watch_ctx;
	SSL *ssl;
	char *record; /* TLS: small pieces are joined here into one record */
	uint64_t bytes_in, bytes_out;
	char peer[INET6_ADDRSTRLEN];
};

static void on_poll(uv_poll_t *handle, int status, int events);

static void set_interest(struct stream *s, int interest)
{
	if (interest == s->interest)
		return;
	s->interest = interest;
	if (interest)
		uv_poll_start(&s->poll, interest, on_poll);
	else
		uv_poll_stop(&s->poll);
}

/* Level-triggered: what nobody takes must not be asked for again, or the loop would spin. Most is taken in
 * the same turn, though, so only an event that comes a second time ends the asking. */
static void on_poll(uv_poll_t *handle, int status, int events)
{
	struct stream *s = handle->data;
	if (status < 0) { /* libuv asks no more; the next call on the socket reports the error */
		s->interest = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	int awaited = events & s->waiting_for, drop = events & UV_WRITABLE;
	if (events & UV_READABLE) {
		drop |= s->untaken && !(awaited & UV_READABLE) ? UV_READABLE : 0;
		s->readable = s->untaken = true;
	}
	set_interest(s, s->interest & ~drop);
	if (s->waiter && awaited) {
		s->waiting_for = 0;
		coro_wake(s->waiter, awaited);
	} else if ((events & UV_READABLE) && s->watch) {
		void (*watch)(void *ctx) = s->watch;
		s->watch = NULL;
		watch(s->watch_ctx);
	}
}

/* The events that came, or a negative code. */
static int wait_for(struct stream *s, int events, uint64_t deadline_ns)
{
	assert(!s->waiter);
	s->waiter = coro_self();
	s->waiting_for = events;
	set_interest(s, s->interest | events);
	int rc = coro_wait(deadline_ns);
	s->waiter = NULL;
	s->waiting_for = 0;
	return rc;
}

int stream_new(struct loop *l, int fd, struct stream **ret)
{
	struct stream *s = calloc(1, sizeof *s);
	int rc = s ? uv_poll_init(loop_uv(l), &s->poll, fd) : UV_ENOMEM;
	if (rc < 0) {
		close(fd);
		free(s);
		return result_from_errno(-rc);
	}
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	s->poll.data = s;
	s->fd = fd;
	s->readable = true;
	set_interest(s, UV_READABLE);
	*ret = s;
	return 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct stream *s = handle->data;
	free(s->record);
	free(s);
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	assert(!s->waiter);
	SSL_free(s->ssl);
	uv_close((uv_handle_t *)&s->poll, on_closed);
	close(s->fd);
}

void stream_give_up(struct stream *s)
{
	static const struct linger reset = {.l_onoff = 1};
	int unsent;
	if (ioctl(s->fd, SIOCOUTQ, &unsent) == 0 && unsent > 0)
		setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

void stream_shut(struct stream *s)
{
	shutdown(s->fd, SHUT_WR);
}

int stream_connect(
    struct loop *l, const struct sockaddr *addr, socklen_t len, uint64_t deadline_ns, struct stream **ret)
{
	struct stream *s = NULL;
	int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return result_from_errno(errno);
	if (connect(fd, addr, len) < 0 && errno != EINPROGRESS) {
		int rc = result_from_errno(errno);
		close(fd);
		return rc;
	}
	int rc = stream_new(l, fd, &s);
	if (rc < 0)
		return rc;
	assert(s);
	s->readable = false;
	rc = wait_for(s, UV_WRITABLE, deadline_ns);
	int err = 0;
	socklen_t err_len = sizeof err;
	if (rc >= 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &err_len) == 0 && err)
		rc = result_from_errno(err);
	if (rc < 0) {
		stream_close(s);
		return rc;
	}
	*ret = s;
	return 0;
}

/* What a failed call into OpenSSL waits for (UV_READABLE, UV_WRITABLE), 0 at the end, or a negative code. */
static int tls_wants(struct stream *s, int rc)
{
	switch (SSL_get_error(s->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return UV_READABLE;
	case SSL_ERROR_WANT_WRITE:
		return UV_WRITABLE;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_SYSCALL:
		return errno ? result_from_errno(errno) : -E_CLOSED;
	default:
		return -E_TLS;
	}
}

int stream_start_tls(struct stream *s, struct tls_client *tls, struct span host, uint64_t deadline_ns)
{
	int rc = tls_client_session(tls, s->fd, host, &s->ssl);
	while (rc == 0) {
		ERR_clear_error();
		int done = SSL_connect(s->ssl);
		if (done == 1)
			return 0;
		int want = tls_wants(s, done);
		if (want <= 0)
			return want == 0 ? -E_CLOSED : want;
		int came = wait_for(s, want, deadline_ns);
		rc = came < 0 ? came : 0;
	}
	return rc;
}

static ssize_t tls_read(struct stream *s, void *to, size_t n, uint64_t deadline_ns)
{
	for (;;) {
		size_t got;
		ERR_clear_error();
		errno = 0;
		s->untaken = false;
		int rc = SSL_read_ex(s->ssl, to, n, &got);
		if (rc == 1)
			return (ssize_t)got;
		int want = tls_wants(s, rc);
		if (want <= 0)
			return want;
		s->readable = false;
		int came = wait_for(s, want, deadline_ns);
		if (came < 0)
			return came;
	}
}

static ssize_t plain_read(struct stream *s, void *to, size_t n, uint64_t deadline_ns)
{
	for (;;) {
		if (!s->readable) {
			int came = wait_for(s, UV_READABLE, deadline_ns);
			if (came < 0)
				return came;
		}
		s->untaken = false;
		ssize_t got = recv(s->fd, to, n, 0);
		if (got > 0)
			s->readable = (size_t)got == n; /* if more comes, an event says so */
		if (got >= 0)
			return got;
		if (errno != EAGAIN && errno != EINTR)
			return result_from_errno(errno);
		s->readable = false;
	}
}

int stream_await(struct stream *s, uint64_t deadline_ns)
{
	int came = stream_readable(s) ? 0 : wait_for(s, UV_READABLE, deadline_ns);
	return came < 0 ? came : 0;
}

ssize_t stream_read(struct stream *s, void *to, size_t n, uint64_t deadline_ns)
{
	ssize_t got = s->ssl ? tls_read(s, to, n, deadline_ns) : plain_read(s, to, n, deadline_ns);
	if (got > 0)
		s->bytes_in += (uint64_t)got;
	return got;
}

/* Drops what was written from the pieces; returns how many are left. */
static int advance(struct iovec **pieces, int n, size_t written)
{
	while (n && written >= (*pieces)->iov_len) {
		written -= (*pieces)->iov_len;
		(*pieces)++;
		n--;
	}
	if (n) {
		(*pieces)->iov_base = (char *)(*pieces)->iov_base + written;
		(*pieces)->iov_len -= written;
	}
	return n;
}

/* One attempt: bytes written, or -E_AGAIN with *want set, or another code. */
static ssize_t tls_write_some(struct stream *s, const struct iovec *pieces, int n, int *want)
{
	size_t len = 0, written;
	if (!s->record && !(s->record = malloc(TLS_RECORD_BYTES)))
		return -E_NOMEM;
	for (int i = 0; i < n && len < TLS_RECORD_BYTES; i++) {
		size_t take =
		    pieces[i].iov_len < TLS_RECORD_BYTES - len ? pieces[i].iov_len : TLS_RECORD_BYTES - len;
		memcpy(s->record + len, pieces[i].iov_base, take);
		len += take;
	}
	ERR_clear_error();
	errno = 0;
	int rc = SSL_write_ex(s->ssl, s->record, len, &written);
	if (rc == 1)
		return (ssize_t)written;
	*want = tls_wants(s, rc);
	return *want > 0 ? -E_AGAIN : *want == 0 ? -E_CLOSED : *want;
}

static ssize_t plain_write_some(struct stream *s, struct iovec *pieces, int n, int *want)
{
	struct msghdr msg = {.msg_iov = pieces, .msg_iovlen = (size_t)n};
	ssize_t written = n == 1 ? send(s->fd, pieces->iov_base, pieces->iov_len, MSG_NOSIGNAL)
	                         : sendmsg(s->fd, &msg, MSG_NOSIGNAL);
	if (written >= 0)
		return written;
	*want = UV_WRITABLE;
	return errno == EINTR ? -E_AGAIN : result_from_errno(errno);
}

/* `readable` alone may only mean that nobody has looked yet, and with TLS that a message of the protocol
 * itself has come. */
bool stream_peer_spoke(struct stream *s)
{
	char c;
	size_t got;
	if (!s->readable)
		return false;
	if (s->ssl) {
		ERR_clear_error();
		errno = 0;
		s->readable = SSL_peek_ex(s->ssl, &c, 1, &got) == 1 || tls_wants(s, 0) != UV_READABLE;
	} else {
		s->readable = recv(s->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
	}
	return s->readable;
}

bool stream_rests(struct stream *s)
{
	s->readable = true; /* so that the kernel is asked, whatever the last read brought */
	return !stream_peer_spoke(s);
}

static int write_all(struct stream *s, struct iovec *pieces, int n, bool listening, uint64_t deadline_ns)
{
	n = advance(&pieces, n, 0);
	while (n) {
		int want = 0;
		ssize_t written =
		    s->ssl ? tls_write_some(s, pieces, n, &want) : plain_write_some(s, pieces, n, &want);
		if (written >= 0) {
			s->bytes_out += (uint64_t)written;
			n = advance(&pieces, n, (size_t)written);
			continue;
		}
		if (written != -E_AGAIN)
			return (int)written;
		if (listening && stream_peer_spoke(s))
			return -E_AGAIN;
		int came = wait_for(s, want | (listening ? UV_READABLE : 0), deadline_ns);
		if (came < 0)
			return came;
	}
	return 0;
}

int stream_write(struct stream *s, struct iovec *pieces, int n, uint64_t deadline_ns)
{
	return write_all(s, pieces, n, false, deadline_ns);
}

int stream_write_listening(struct stream *s, struct iovec *pieces, int n, uint64_t deadline_ns)
{
	return write_all(s, pieces, n, true, deadline_ns);
}

void stream_watch(struct stream *s, void (*fn)(void *ctx), void *ctx)
{
	s->watch = fn;
	s->watch_ctx = ctx;
	if (fn)
		set_interest(s, s->interest | UV_READABLE);
}

bool stream_readable(const struct stream *s)
{
	return s->readable || (s->ssl && SSL_has_pending(s->ssl));
}

bool stream_has_bytes(const struct stream *s)
{
	char c;
	return recv(s->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool stream_peer_gone(const struct stream *s)
{
	char c;
	ssize_t n = recv(s->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

struct span stream_peer(struct stream *s)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof addr;
	if (!s->peer[0] && getpeername(s->fd, (struct sockaddr *)&addr, &len) == 0) {
		const void *ip = addr.ss_family == AF_INET6
		                     ? (const void *)&((struct sockaddr_in6 *)&addr)->sin6_addr
		                     : (const void *)&((struct sockaddr_in *)&addr)->sin_addr;
		inet_ntop(addr.ss_family, ip, s->peer, sizeof s->peer);
	}
	return span_str(s->peer);
}

uint64_t stream_bytes_in(const struct stream *s)
{
	return s->bytes_in;
}

uint64_t stream_bytes_out(const struct stream *s)
{
	return s->bytes_out;
}
