/* A connected socket on a loop, with or without TLS, used by one coroutine at a time. Reads and writes look
 * blocking; underneath the descriptor stays registered for reading, so that the common exchange (a request
 * comes, an answer goes) costs no epoll_ctl. */
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include "rt/coro.h"

struct stream;
struct tls_client;

enum { STREAM_READ = 1, STREAM_WRITE = 2 };

/* Takes over a connected, non-blocking socket. On failure the descriptor is closed. */
MUST_USE int stream_new(struct loop *l, int fd, struct stream **ret);
/* Connects; -E_REFUSED, -E_TIMEOUT, -E_CANCELLED, -E_IO. */
MUST_USE int stream_connect(
    struct loop *l, const struct sockaddr *addr, socklen_t len, uint64_t deadline_ns, struct stream **ret);
/* Speaks TLS from now on, verifying the peer as `host`. -E_TLS and the codes of stream_read. */
MUST_USE int stream_start_tls(
    struct stream *s, struct tls_client *tls, struct span host, uint64_t deadline_ns);
/* Tells the peer that nothing more will be sent. */
void stream_shut(struct stream *s);
/* The peer has had its time: if it has not taken all that was sent, closing resets the connection instead of
 * leaving the rest with the kernel, which would offer it for as long as the peer takes a byte now and then.
 */
void stream_give_up(struct stream *s);
/* Closes at once, without TLS goodbye; NULL is fine. */
void stream_close(struct stream *s);

/* Waits until a read may bring something, so that its buffer need not be held meanwhile. -E_TIMEOUT,
 * -E_CANCELLED. */
MUST_USE int stream_await(struct stream *s, uint64_t deadline_ns);
/* Up to n bytes; 0 at the peer's end of sending; or -E_CLOSED, -E_TIMEOUT, -E_CANCELLED, -E_TLS, -E_IO. */
MUST_USE ssize_t stream_read(struct stream *s, void *to, size_t n, uint64_t deadline_ns);
/* All bytes of the n pieces (which it changes); the same codes. */
MUST_USE int stream_write(struct stream *s, struct iovec *pieces, int n, uint64_t deadline_ns);
/* As stream_write, but gives up with -E_AGAIN as soon as the peer has sent something while it does not take
 * more: a server that answers before it has read everything must be heard. */
MUST_USE int stream_write_listening(struct stream *s, struct iovec *pieces, int n, uint64_t deadline_ns);

/* Calls fn(ctx) on the loop, outside of coroutines, when the peer sent something or went away while no
 * coroutine waits for it; once, until the next stream_watch(). A watch is dropped by fn = NULL. */
void stream_watch(struct stream *s, void (*fn)(void *ctx), void *ctx);
/* Whether something can be read at once as far as is known: bytes, the end, or an error. */
bool stream_readable(const struct stream *s);
/* Asks the kernel whether the peer has sent something, or ended the connection, that was not read yet. */
bool stream_peer_spoke(struct stream *s);
/* Asks the kernel whether bytes of the peer wait to be read (TLS: also those of the protocol itself). */
bool stream_has_bytes(const struct stream *s);
/* Whether the peer has kept silent since the last read, also by the kernel's word: no event may have told of
 * it yet. */
bool stream_rests(struct stream *s);
/* Asks the kernel whether the peer has ended the connection (and sent nothing before). */
bool stream_peer_gone(const struct stream *s);
/* The peer's address as text ("127.0.0.1", "::1"), empty if unknown; as long as the stream. */
struct span stream_peer(struct stream *s);

/* Bytes of the whole stream so far. */
uint64_t stream_bytes_in(const struct stream *s);
uint64_t stream_bytes_out(const struct stream *s);
