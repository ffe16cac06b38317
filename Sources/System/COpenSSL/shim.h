// shim.h: OpenSSL 3 as the TLS room sees it.
//
// Much of OpenSSL's interface is macros, which Swift cannot see. Each of those that we need has a
// function here, with the same name behind `tls_`. Nothing is decided here.

#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline int tls_ctx_set_min_version(SSL_CTX *ctx, int version) { return SSL_CTX_set_min_proto_version(ctx, version); }
static inline int tls_ctx_set_max_version(SSL_CTX *ctx, int version) { return SSL_CTX_set_max_proto_version(ctx, version); }
static inline void tls_ctx_set_modes(SSL_CTX *ctx) {
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
}
static inline int tls_set_server_name(SSL *ssl, const char *name) { return (int)SSL_set_tlsext_host_name(ssl, name); }
static inline int tls_ctx_add_chain_certificate(SSL_CTX *ctx, X509 *certificate) { return (int)SSL_CTX_add1_chain_cert(ctx, certificate); }
static inline int tls_ctx_set_groups(SSL_CTX *ctx, const char *names) { return (int)SSL_CTX_set1_groups_list(ctx, names); }

static inline void tls_bio_retry_read(BIO *bio) { BIO_clear_retry_flags(bio); BIO_set_retry_read(bio); }
static inline void tls_bio_no_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
static inline long tls_bio_memory(BIO *bio, char **bytes) { return BIO_get_mem_data(bio, bytes); }

static inline int tls_error_library(unsigned long code) { return ERR_GET_LIB(code); }
static inline int tls_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

static inline int tls_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline const GENERAL_NAME *tls_names_at(const GENERAL_NAMES *names, int i) { return sk_GENERAL_NAME_value(names, i); }
static inline void tls_names_free(GENERAL_NAMES *names) { GENERAL_NAMES_free(names); }
static inline int tls_chain_count(const STACK_OF(X509) *chain) { return chain ? sk_X509_num(chain) : 0; }
static inline X509 *tls_chain_at(const STACK_OF(X509) *chain, int i) { return sk_X509_value(chain, i); }
static inline EVP_PKEY *tls_generate_p521(void) { return EVP_EC_gen("P-521"); }
static inline EVP_PKEY *tls_generate_p256(void) { return EVP_EC_gen("P-256"); }
static inline EVP_PKEY *tls_generate_rsa(unsigned int bits) { return EVP_RSA_gen(bits); }

#endif
