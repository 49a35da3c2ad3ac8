#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#define HOST_MAX 256

struct tls_client {
	SSL_CTX *ctx;
};

/* The system's directory of hashed names is read certificate by certificate, when one is needed; its one big
 * file would cost every start some 40 ms. SSL_CERT_FILE and SSL_CERT_DIR are OpenSSL's own way to say where.
 */
static bool trust(SSL_CTX *ctx, const char *ca_file)
{
	if (ca_file)
		return SSL_CTX_load_verify_locations(ctx, ca_file, NULL);
	return SSL_CTX_set_default_verify_dir(ctx) &&
	       (!getenv("SSL_CERT_FILE") || SSL_CTX_set_default_verify_file(ctx));
}

int tls_client_new(const char *ca_file, struct tls_client **ret)
{
	static const unsigned char http11[] = "\x08http/1.1";
	struct tls_client *t = calloc(1, sizeof *t);
	if (!t)
		return -E_NOMEM;
	t->ctx = SSL_CTX_new(TLS_client_method());
	bool ok = t->ctx && SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION) &&
	          SSL_CTX_set_alpn_protos(t->ctx, http11, sizeof http11 - 1) == 0 && trust(t->ctx, ca_file);
	if (!ok) {
		tls_client_free(t);
		return -E_TLS;
	}
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(t->ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	*ret = t;
	return 0;
}

void tls_client_free(struct tls_client *t)
{
	if (!t)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

int tls_client_session(struct tls_client *t, int fd, struct span host, struct ssl_st **ret)
{
	char name[HOST_MAX];
	unsigned char ip[16];
	if (host.len >= sizeof name)
		return -E_INVALID;
	memcpy(name, host.ptr, host.len);
	name[host.len] = '\0';
	SSL *ssl = SSL_new(t->ctx);
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
