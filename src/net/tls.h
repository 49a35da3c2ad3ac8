/* TLS for the client side (OpenSSL): TLS 1.2 or newer, the peer verified by name against the system's
 * authorities or a file of them, ALPN http/1.1. */
#pragma once

#include "base/span.h"

struct tls_client;
struct ssl_st;

/* Settings shared by all sessions, for use by any thread. ca_file: PEM, or NULL for the system's store, which
 * is read when the first session needs it. -E_TLS if the file cannot be used. */
MUST_USE int tls_client_new(const char *ca_file, struct tls_client **ret);
void tls_client_free(struct tls_client *t);
/* A new session over a connected descriptor, for net/stream. */
MUST_USE int tls_client_session(struct tls_client *t, int fd, struct span host, struct ssl_st **ret);
