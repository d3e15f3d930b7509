/* A stand-in for libcrypto.so.10 (OpenSSL 1.0), which no current system has and the native client is linked with.
 *
 * The client starts OpenSSL up whether or not it speaks TLS, and does not look at what it gets back unless that is
 * null. So every function answers with a piece of memory, but for those whose answer is a number or is written through.
 */
#define _GNU_SOURCE
#include <dlfcn.h>

static char room[4096];

#define EMPTY(name) void *name(void) { return room; }

EMPTY(ASN1_STRING_to_UTF8) EMPTY(ASN1_TIME_print) EMPTY(BIO_ctrl) EMPTY(BIO_f_buffer) EMPTY(BIO_fd_non_fatal_error)
EMPTY(BIO_free) EMPTY(BIO_int_ctrl) EMPTY(BIO_new) EMPTY(BIO_new_mem_buf) EMPTY(BIO_printf) EMPTY(BIO_push)
EMPTY(BIO_s_fd) EMPTY(BIO_s_file) EMPTY(BIO_s_mem) EMPTY(BN_bin2bn) EMPTY(BN_bn2bin) EMPTY(BN_free) EMPTY(BN_num_bits)
EMPTY(CRYPTO_THREADID_set_callback) EMPTY(CRYPTO_THREADID_set_numeric) EMPTY(CRYPTO_free)
EMPTY(CRYPTO_set_locking_callback) EMPTY(DH_compute_key) EMPTY(DH_free) EMPTY(DH_generate_key) EMPTY(DH_new)
EMPTY(EC_KEY_free) EMPTY(EC_KEY_new_by_curve_name) EMPTY(ERR_clear_error) EMPTY(ERR_error_string_n)
EMPTY(ERR_put_error) EMPTY(EVP_Digest) EMPTY(EVP_PKEY_base_id) EMPTY(EVP_PKEY_bits) EMPTY(EVP_PKEY_free)
EMPTY(EVP_sha256) EMPTY(GENERAL_NAME_free) EMPTY(HMAC) EMPTY(MD5) EMPTY(MD5_Final) EMPTY(MD5_Init) EMPTY(MD5_Update)
EMPTY(OBJ_sn2nid) EMPTY(PEM_read_bio_PrivateKey) EMPTY(PEM_read_bio_X509) EMPTY(PEM_read_bio_X509_AUX)
EMPTY(X509_NAME_ENTRY_get_data) EMPTY(X509_NAME_get_entry) EMPTY(X509_NAME_get_index_by_NID) EMPTY(X509_NAME_print)
EMPTY(X509_free) EMPTY(X509_get_default_cert_area) EMPTY(X509_get_ext_d2i) EMPTY(X509_get_issuer_name)
EMPTY(X509_get_subject_name) EMPTY(get_rfc2409_prime_1024) EMPTY(get_rfc3526_prime_2048) EMPTY(get_rfc3526_prime_4096)
EMPTY(get_rfc3526_prime_8192) EMPTY(sk_num) EMPTY(sk_pop_free) EMPTY(sk_value)

long CRYPTO_num_locks(void) { return 0; }
long ERR_get_error(void) { return 0; }
long BN_dec2bn(void **number) { *number = room; return 1; }

/* glibc's own until 2.33; the client finds the real pthread functions with it. */
void *_dl_sym(void *handle, const char *name) { return dlsym(handle, name); }
