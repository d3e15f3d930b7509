/* A stand-in for libssl.so.10; see crypto.c. */
static char room[4096];

#define EMPTY(name) void *name(void) { return room; }

EMPTY(SSL_CIPHER_get_name) EMPTY(SSL_CTX_callback_ctrl) EMPTY(SSL_CTX_check_private_key) EMPTY(SSL_CTX_ctrl)
EMPTY(SSL_CTX_free) EMPTY(SSL_CTX_load_verify_locations) EMPTY(SSL_CTX_new) EMPTY(SSL_CTX_set_cipher_list)
EMPTY(SSL_CTX_set_info_callback) EMPTY(SSL_CTX_set_msg_callback) EMPTY(SSL_CTX_set_timeout)
EMPTY(SSL_CTX_set_tmp_dh_callback) EMPTY(SSL_CTX_set_verify) EMPTY(SSL_CTX_set_verify_depth)
EMPTY(SSL_CTX_use_PrivateKey) EMPTY(SSL_CTX_use_PrivateKey_file) EMPTY(SSL_CTX_use_certificate) EMPTY(SSL_ctrl)
EMPTY(SSL_do_handshake) EMPTY(SSL_free) EMPTY(SSL_get_current_cipher) EMPTY(SSL_get_error) EMPTY(SSL_get_ex_data)
EMPTY(SSL_get_peer_certificate) EMPTY(SSL_get_privatekey) EMPTY(SSL_get_servername) EMPTY(SSL_get_verify_mode)
EMPTY(SSL_get_version) EMPTY(SSL_get_wbio) EMPTY(SSL_library_init) EMPTY(SSL_load_error_strings) EMPTY(SSL_new)
EMPTY(SSL_read) EMPTY(SSL_set_SSL_CTX) EMPTY(SSL_set_accept_state) EMPTY(SSL_set_bio) EMPTY(SSL_set_connect_state)
EMPTY(SSL_set_ex_data) EMPTY(SSL_set_fd) EMPTY(SSL_write) EMPTY(SSLv23_client_method) EMPTY(SSLv23_server_method)
