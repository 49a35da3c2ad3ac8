#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>

#define HOST_MAX 256

struct tls_client {
	pthread_mutex_t lock;
	SSL_CTX *ctx; /* NULL until a session needs it: reading the authorities costs a start some 30 ms */
};

static bool trust(SSL_CTX *ctx, const char *ca_file)
{
	return ca_file ? SSL_CTX_load_verify_locations(ctx, ca_file, NULL)
	               : SSL_CTX_set_default_verify_paths(ctx);
}

static SSL_CTX *context_new(const char *ca_file)
{
	static const unsigned char http11[] = "\x08http/1.1";
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	bool ok = ctx && SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) &&
	          SSL_CTX_set_alpn_protos(ctx, http11, sizeof http11 - 1) == 0 && trust(ctx, ca_file);
	if (!ok) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	return ctx;
}

int tls_client_new(const char *ca_file, struct tls_client **ret)
{
	struct tls_client *t = calloc(1, sizeof *t);
	if (!t)
		return -E_NOMEM;
	pthread_mutex_init(&t->lock, NULL);
	if (ca_file && !(t->ctx = context_new(ca_file))) {
		tls_client_free(t);
		return -E_TLS;
	}
	*ret = t;
	return 0;
}

void tls_client_free(struct tls_client *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static SSL_CTX *context_of(struct tls_client *t)
{
	pthread_mutex_lock(&t->lock);
	if (!t->ctx)
		t->ctx = context_new(NULL);
	SSL_CTX *ctx = t->ctx;
	pthread_mutex_unlock(&t->lock);
	return ctx;
}

int tls_client_session(struct tls_client *t, int fd, struct span host, struct ssl_st **ret)
{
	char name[HOST_MAX];
	unsigned char ip[16];
	if (host.len >= sizeof name)
		return -E_INVALID;
	memcpy(name, host.ptr, host.len);
	name[host.len] = '\0';
	SSL_CTX *ctx = context_of(t);
	SSL *ssl = ctx ? SSL_new(ctx) : NULL;
	bool is_ip = inet_pton(AF_INET, name, ip) == 1 || inet_pton(AF_INET6, name, ip) == 1;
	bool ok = ssl && SSL_set_fd(ssl, fd) &&
	          (is_ip ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name)
	                 : SSL_set1_host(ssl, name) && SSL_set_tlsext_host_name(ssl, name));
	if (!ok) {
		SSL_free(ssl);
		return -E_TLS;
	}
	*ret = ssl;
	return 0;
}
