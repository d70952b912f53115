/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.h - the configuration of mailstored: one struct, read once, passed to whoever needs it.
 */
#ifndef MAILSTORE_SERVER_CONFIG_H
#define MAILSTORE_SERVER_CONFIG_H

#include <gio/gio.h>

#define CONFIG_ERROR config_error_quark()
GQuark config_error_quark(void);

typedef enum {
    CONFIG_ERROR_FILE,  /* cannot be read */
    CONFIG_ERROR_SYNTAX /* unknown, malformed, out of range or contradictory */
} ConfigError;

typedef struct {
    char **listen; /* NULL-terminated; empty when the service is off */
    guint64 connections;
    guint64 idle_timeout; /* seconds */
} ServiceConfig;

typedef struct {
    char *store_path;
    ServiceConfig lmtp;
    ServiceConfig imap;
    ServiceConfig pop3;
    guint64 lmtp_recipients;
    char *tls_certificate; /* NULL without TLS */
    char *tls_key;
    char *passwd_file;
    guint64 message_size;
    guint64 delivery_bytes;
    guint64 reading_bytes;
    guint64 command_size;
    guint64 output_step;
    guint64 delivery_threads;
    guint64 reader_threads;
    guint64 login_threads;
    guint64 login_timeout;
    guint64 stall_timeout;
    guint64 drain_time;
    guint64 collect_interval;
    char *file;        /* whence it was read */
    GHashTable *lines; /* "group\nkey" -> where it stands there */
} ServerConfig;

/* Errors name file, line and reason. */
ServerConfig *config_load(const char *path, GError **error);
/* Puts before an error of what this key names where the key stands: FILE:LINE: [group] key. Of a
 * configuration that was loaded. */
void config_blame(const ServerConfig *config, const char *group, const char *key, GError **error);
ServerConfig *config_free(ServerConfig *config); /* accepts and returns NULL */

/* The table of all keys: name, default, meaning. The caller frees. */
char *config_describe(void);

/* "unix:/path", "address:port", "[address]:port", the latter two also after "tls:". The address is
 * returned, NULL on error. */
GSocketAddress *config_parse_address(const char *text, GError **error);
/* Whether TLS comes before the first word there. */
gboolean config_address_is_tls(const char *text);

#endif /* MAILSTORE_SERVER_CONFIG_H */
