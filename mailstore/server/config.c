/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.c - reads the configuration. One table describes every key and drives parsing, the checks
 * and `--describe-config`.
 *
 * Fails with CONFIG_ERROR_FILE when the file cannot be read and CONFIG_ERROR_SYNTAX, with file,
 * line and reason, on anything it does not know or that contradicts itself. GKeyFile forgets line
 * numbers and silently takes the last of two equal keys, so a line scan of our own comes first.
 */
#include "mailstore/server/config.h"

#include <stdarg.h>
#include <string.h>
#include <sys/un.h>

G_DEFINE_QUARK(mailstored_config_error, config_error)

typedef enum {
    KEY_TEXT,
    KEY_LIST,
    KEY_COUNT,   /* a plain number */
    KEY_SIZE,    /* bytes, with K, M or G */
    KEY_SECONDS, /* a plain number of seconds */
} KeyKind;

typedef struct {
    const char *group;
    const char *name;
    KeyKind kind;
    const char *standard; /* NULL: none */
    guint64 least, most;
    gsize offset;
    const char *meaning;
} Key;

#define K(member) offsetof(ServerConfig, member)
#define TLS_PREFIX "tls:"
#define MIB (1024 * 1024)
#define GIB (1024ULL * MIB)

static const Key keys[] = {
    {"store", "path", KEY_TEXT, NULL, 0, 0, K(store_path),
     "directory of the store, made when absent (required)"},
    {"users", "passwd-file", KEY_TEXT, NULL, 0, 0, K(passwd_file),
     "users, a line each: name:crypt-hash; read again when it changes (required)"},
    {"lmtp", "listen", KEY_LIST, "", 0, 0, K(lmtp.listen),
     "unix:/path, address:port or tls:address:port, several divided by ';'; port 0 picks one; "
     "empty: off"},
    {"lmtp", "connections", KEY_COUNT, "256", 1, 100000, K(lmtp.connections),
     "connections at a time; more are turned away"},
    {"lmtp", "idle-timeout", KEY_SECONDS, "300", 1, 86400, K(lmtp.idle_timeout),
     "a client silent for so long is closed (RFC 5321 asks for 300)"},
    {"lmtp", "recipients", KEY_COUNT, "1000", 100, 100000, K(lmtp_recipients),
     "recipients a message (RFC 5321 asks for 100 at least)"},
    {"imap", "listen", KEY_LIST, "", 0, 0, K(imap.listen), "as in [lmtp]"},
    {"imap", "connections", KEY_COUNT, "1024", 1, 100000, K(imap.connections), "as in [lmtp]"},
    {"imap", "idle-timeout", KEY_SECONDS, "1860", 1, 86400, K(imap.idle_timeout),
     "as in [lmtp] (RFC 3501 asks for 1800)"},
    {"pop3", "listen", KEY_LIST, "", 0, 0, K(pop3.listen), "as in [lmtp]"},
    {"pop3", "connections", KEY_COUNT, "256", 1, 100000, K(pop3.connections), "as in [lmtp]"},
    {"pop3", "idle-timeout", KEY_SECONDS, "600", 1, 86400, K(pop3.idle_timeout),
     "as in [lmtp] (RFC 1939 asks for 600)"},
    {"tls", "certificate", KEY_TEXT, NULL, 0, 0, K(tls_certificate),
     "PEM file, chain included; for STARTTLS, STLS and addresses with tls:"},
    {"tls", "key", KEY_TEXT, NULL, 0, 0, K(tls_key), "PEM file of the private key"},
    {"limits", "message-size", KEY_SIZE, "64M", 1024, GIB, K(message_size),
     "largest message taken in"},
    {"limits", "delivery-bytes-in-flight", KEY_SIZE, "256M", 64 * 1024, 1024 * GIB,
     K(delivery_bytes), "memory for all messages being received and delivered"},
    {"limits", "reading-bytes-in-flight", KEY_SIZE, "256M", 64 * 1024, 1024 * GIB, K(reading_bytes),
     "memory for all messages being searched, or read to find a part of them"},
    {"limits", "command-size", KEY_SIZE, "64K", 8192, 16 * MIB, K(command_size),
     "largest IMAP command without the message of an APPEND"},
    {"limits", "output-step", KEY_SIZE, "256K", 4096, 64 * MIB, K(output_step),
     "output made for a connection before what is there has been sent"},
    {"limits", "delivery-threads", KEY_COUNT, "16", 1, 1024, K(delivery_threads),
     "threads that write: deliveries, APPEND, COPY, MOVE, STORE, EXPUNGE"},
    {"limits", "reader-threads", KEY_COUNT, "4", 1, 1024, K(reader_threads),
     "threads that read for IMAP and POP3"},
    {"limits", "login-threads", KEY_COUNT, "2", 1, 64, K(login_threads),
     "threads that check passwords"},
    {"limits", "login-timeout", KEY_SECONDS, "60", 1, 3600, K(login_timeout),
     "an IMAP or POP3 client that is silent for so long before it logs in is closed"},
    {"limits", "stall-timeout", KEY_SECONDS, "60", 1, 3600, K(stall_timeout),
     "a client that takes no output for so long, or sends nothing of a message, is closed"},
    {"limits", "drain-time", KEY_SECONDS, "30", 0, 3600, K(drain_time),
     "time that connections have to finish on SIGTERM"},
    {"limits", "collect-interval", KEY_SECONDS, "60", 1, 86400, K(collect_interval),
     "after messages were expunged, their room is given back within about so long"},
};

/* What a configuration file may weigh: a thousand times what it needs. */
#define CONFIG_FILE_MOST (1024 * 1024)

typedef struct {
    const char *path;
    GHashTable *lines; /* "group\nkey" and "group\n" -> line number */
    GKeyFile *file;
} Reader;

static void reader_clear(Reader *reader)
{
    g_clear_pointer(&reader->lines, g_hash_table_unref);
    g_clear_pointer(&reader->file, g_key_file_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reader, reader_clear)

G_GNUC_PRINTF(4, 5)
static gboolean fail_at(const Reader *reader, guint line, GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_SYNTAX, "%s:%u: %s", reader->path, line, reason);
    return FALSE;
}

/* The line of a key, of its group when the key is absent, else 1. */
static guint line_of(GHashTable *lines, const char *group, const char *key)
{
    g_autofree char *name = g_strdup_printf("%s\n%s", group, key);
    g_autofree char *header = g_strdup_printf("%s\n", group);
    gpointer line = g_hash_table_lookup(lines, name);

    if (line == NULL)
        line = g_hash_table_lookup(lines, header);
    return line == NULL ? 1 : GPOINTER_TO_UINT(line);
}

static guint reader_line(const Reader *reader, const char *group, const char *key)
{
    return line_of(reader->lines, group, key);
}

void config_blame(const ServerConfig *config, const char *group, const char *key, GError **error)
{
    g_prefix_error(error, "%s:%u: [%s] %s: ", config->file, line_of(config->lines, group, key),
                   group, key);
}

G_GNUC_PRINTF(5, 6)
static gboolean fail_key(const Reader *reader, const char *group, const char *name, GError **error,
                         const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_autofree char *reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return fail_at(reader, reader_line(reader, group, name), error, "[%s] %s: %s", group, name,
                   reason);
}

static const Key *key_find(const char *group, const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++)
        if (strcmp(keys[i].group, group) == 0 && (name == NULL || strcmp(keys[i].name, name) == 0))
            return &keys[i];
    return NULL;
}

static gboolean reader_scan_line(Reader *reader, char *line, guint number, char **group,
                                 GError **error)
{
    g_strstrip(line);
    if (*line == '\0' || *line == '#')
        return TRUE;
    if (*line == '[') {
        char *close = strchr(line, ']');
        if (close == NULL || close[1] != '\0')
            return fail_at(reader, number, error, "neither [section] nor key=value");
        *close = '\0';
        if (key_find(line + 1, NULL) == NULL)
            return fail_at(reader, number, error, "[%s]: there is no such section", line + 1);
        g_free(*group);
        *group = g_strdup(line + 1);
        if (!g_hash_table_insert(reader->lines, g_strdup_printf("%s\n", *group),
                                 GUINT_TO_POINTER(number)))
            return fail_at(reader, number, error, "[%s] stands twice", *group);
        return TRUE;
    }
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return fail_at(reader, number, error, "neither [section] nor key=value");
    *equals = '\0';
    g_strchomp(line);
    if (*group == NULL)
        return fail_at(reader, number, error, "stands in no section");
    if (key_find(*group, line) == NULL)
        return fail_at(reader, number, error, "[%s] %s: there is no such key", *group, line);
    if (!g_hash_table_insert(reader->lines, g_strdup_printf("%s\n%s", *group, line),
                             GUINT_TO_POINTER(number)))
        return fail_at(reader, number, error, "[%s] %s stands twice", *group, line);
    return TRUE;
}

static gboolean reader_scan(Reader *reader, const char *text, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autofree char *group = NULL;

    reader->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; lines[i] != NULL; i++)
        if (!reader_scan_line(reader, lines[i], i + 1, &group, error))
            return FALSE;
    return TRUE;
}

static gboolean reader_check_encoding(const Reader *reader, const char *text, gsize length,
                                      GError **error)
{
    guint line = 1;
    const char *end;

    if (g_str_has_prefix(text, "\xef\xbb\xbf")) /* nobody would see it in the line */
        return fail_at(reader, 1, error, "a byte order mark: save the file as UTF-8 without one");
    if (g_utf8_validate(text, (gssize)length, &end))
        return TRUE;
    for (const char *p = text; p < end; p++)
        line += *p == '\n';
    return fail_at(reader, line, error, "not UTF-8");
}

static gboolean number_parse(const Key *key, const char *text, guint64 *ret)
{
    guint64 unit = 1;
    const char *end = NULL;

    if (!g_ascii_isdigit(*text))
        return FALSE;
    guint64 number = g_ascii_strtoull(text, (char **)&end, 10);
    if (key->kind == KEY_SIZE && *end != '\0') {
        unit = *end == 'K' ? 1024 : *end == 'M' ? MIB : *end == 'G' ? GIB : 0;
        end++;
    }
    if (*end != '\0' || unit == 0 || number > G_MAXUINT64 / unit)
        return FALSE;
    *ret = number * unit;
    return TRUE;
}

static gboolean reader_take_value(const Reader *reader, const Key *key, const char *value,
                                  ServerConfig *config, GError **error)
{
    gpointer member = (char *)config + key->offset;
    guint64 number;

    switch (key->kind) {
    case KEY_TEXT:
        if (*value == '\0')
            return fail_key(reader, key->group, key->name, error, "is empty");
        *(char **)member = g_strdup(value);
        return TRUE;
    case KEY_LIST: {
        g_autoptr(GPtrArray) kept = g_ptr_array_new();
        g_auto(GStrv) parts = g_strsplit(value, ";", -1);
        for (guint i = 0; parts[i] != NULL; i++)
            if (*g_strstrip(parts[i]) != '\0')
                g_ptr_array_add(kept, g_strdup(parts[i]));
        g_ptr_array_add(kept, NULL);
        *(char ***)member = (char **)g_ptr_array_free(g_steal_pointer(&kept), FALSE);
        return TRUE;
    }
    case KEY_COUNT:
    case KEY_SIZE:
    case KEY_SECONDS:
        if (!number_parse(key, value, &number))
            return fail_key(reader, key->group, key->name, error, "\"%s\" is not a %s", value,
                            key->kind == KEY_SIZE ? "size (a number, K, M or G may follow)"
                                                  : "number");
        if (number < key->least || number > key->most)
            return fail_key(reader, key->group, key->name, error,
                            "%s is not between %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT, value,
                            key->least, key->most);
        *(guint64 *)member = number;
        return TRUE;
    }
    g_assert_not_reached();
}

static gboolean reader_take_all(const Reader *reader, ServerConfig *config, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        g_autoptr(GError) local = NULL;
        g_autofree char *value =
            g_key_file_get_string(reader->file, keys[i].group, keys[i].name, &local);
        if (value == NULL &&
            !g_error_matches(local, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_KEY_NOT_FOUND) &&
            !g_error_matches(local, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_GROUP_NOT_FOUND))
            return fail_key(reader, keys[i].group, keys[i].name, error, "%s", local->message);
        const char *text = value != NULL ? g_strstrip(value) : keys[i].standard;
        if (text != NULL && !reader_take_value(reader, &keys[i], text, config, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean service_beyond_loopback(const ServiceConfig *service)
{
    for (guint i = 0; service->listen[i] != NULL; i++) {
        g_autoptr(GSocketAddress) address = config_parse_address(service->listen[i], NULL);
        if (G_IS_INET_SOCKET_ADDRESS(address) &&
            !g_inet_address_get_is_loopback(
                g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(address))))
            return TRUE;
    }
    return FALSE;
}

static gboolean check_listeners(const Reader *reader, const ServerConfig *config, GError **error)
{
    const struct {
        const char *group;
        const ServiceConfig *service;
        gboolean has_login;
    } services[] = {{"lmtp", &config->lmtp, FALSE},
                    {"imap", &config->imap, TRUE},
                    {"pop3", &config->pop3, TRUE}};
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < G_N_ELEMENTS(services); i++) {
        const char *group = services[i].group;
        for (char **at = services[i].service->listen; *at != NULL; at++) {
            g_autoptr(GError) local = NULL;
            g_autoptr(GSocketAddress) address = config_parse_address(*at, &local);
            if (address == NULL)
                return fail_key(reader, group, "listen", error, "%s", local->message);
            if (!g_str_has_suffix(*at, ":0") && !g_hash_table_add(seen, *at))
                return fail_key(reader, group, "listen", error, "\"%s\" stands twice", *at);
            if (config_address_is_tls(*at) && config->tls_certificate == NULL)
                return fail_key(reader, group, "listen", error,
                                "\"%s\" needs [tls] certificate=", *at);
        }
        if (services[i].has_login && config->tls_certificate == NULL &&
            service_beyond_loopback(services[i].service))
            return fail_key(reader, group, "listen", error,
                            "is beyond loopback, where login needs [tls] certificate=");
    }
    if (*config->lmtp.listen == NULL && *config->imap.listen == NULL &&
        *config->pop3.listen == NULL)
        return fail_at(reader, 1, error,
                       "nothing to do: no \"listen\" in [lmtp], [imap] or [pop3]");
    return TRUE;
}

static gboolean check_whole(const Reader *reader, const ServerConfig *config, GError **error)
{
    if (config->store_path == NULL)
        return fail_key(reader, "store", "path", error, "is required");
    if (config->passwd_file == NULL)
        return fail_key(reader, "users", "passwd-file", error, "is required");
    if ((config->tls_certificate == NULL) != (config->tls_key == NULL))
        return fail_key(reader, "tls", config->tls_key == NULL ? "key" : "certificate", error,
                        "is required beside the other");
    if (config->message_size > config->delivery_bytes)
        return fail_key(reader, "limits", "delivery-bytes-in-flight", error,
                        "%" G_GUINT64_FORMAT " is below message-size=%" G_GUINT64_FORMAT
                        ": the largest message would never fit",
                        config->delivery_bytes, config->message_size);
    if (config->message_size > config->reading_bytes)
        return fail_key(reader, "limits", "reading-bytes-in-flight", error,
                        "%" G_GUINT64_FORMAT " is below message-size=%" G_GUINT64_FORMAT
                        ": the largest message could not be read back",
                        config->reading_bytes, config->message_size);
    return check_listeners(reader, config, error);
}

ServerConfig *config_load(const char *path, GError **error)
{
    g_auto(Reader) reader = {.path = path};
    g_autoptr(GError) local = NULL;
    g_autofree char *text = NULL;
    gsize length = 0;

    if (!g_file_get_contents(path, &text, &length, &local)) {
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_FILE, "%s", local->message);
        return NULL;
    }
    if (length > CONFIG_FILE_MOST) {
        fail_at(&reader, 1, error, "larger than %d bytes", CONFIG_FILE_MOST);
        return NULL;
    }
    if (!reader_check_encoding(&reader, text, length, error) || !reader_scan(&reader, text, error))
        return NULL;
    reader.file = g_key_file_new();
    if (length > 0 &&
        !g_key_file_load_from_data(reader.file, text, length, G_KEY_FILE_NONE, &local)) {
        fail_at(&reader, 1, error, "%s", local->message);
        return NULL;
    }
    ServerConfig *config = g_new0(ServerConfig, 1);
    if (!reader_take_all(&reader, config, error) || !check_whole(&reader, config, error))
        return config_free(config);
    config->file = g_strdup(path);
    config->lines = g_steal_pointer(&reader.lines);
    return config;
}

ServerConfig *config_free(ServerConfig *config)
{
    if (config == NULL)
        return NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        gpointer member = (char *)config + keys[i].offset;
        if (keys[i].kind == KEY_TEXT)
            g_free(*(char **)member);
        else if (keys[i].kind == KEY_LIST)
            g_strfreev(*(char ***)member);
    }
    g_free(config->file);
    g_clear_pointer(&config->lines, g_hash_table_unref);
    g_free(config);
    return NULL;
}

char *config_describe(void)
{
    GString *text = g_string_new(NULL);
    const char *group = "";

    for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
        const Key *key = &keys[i];
        if (strcmp(group, key->group) != 0)
            g_string_append_printf(text, "%s[%s]\n", i > 0 ? "\n" : "", key->group);
        group = key->group;
        g_string_append_printf(text, "# %s\n", key->meaning);
        if (key->most > 0)
            g_string_append_printf(text, "# %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT "\n",
                                   key->least, key->most);
        g_string_append_printf(text, "%s=%s\n", key->name,
                               key->standard == NULL ? "" : key->standard);
    }
    return g_string_free(text, FALSE);
}

gboolean config_address_is_tls(const char *text)
{
    return g_str_has_prefix(text, TLS_PREFIX);
}

GSocketAddress *config_parse_address(const char *text, GError **error)
{
    if (g_str_has_prefix(text, "unix:")) {
        const char *path = text + strlen("unix:");
        if (*path != '/' || strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path) {
            g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_SYNTAX,
                        "\"%s\": the path of a unix socket is absolute and shorter than %zu bytes",
                        text, sizeof((struct sockaddr_un *)0)->sun_path);
            return NULL;
        }
        return g_unix_socket_address_new(path);
    }
    const char *start = config_address_is_tls(text) ? text + strlen(TLS_PREFIX) : text;
    const char *colon = strrchr(start, ':');
    g_autofree char *host = colon == NULL ? NULL : g_strndup(start, (gsize)(colon - start));
    gsize length = host == NULL ? 0 : strlen(host);
    guint64 port;
    if (length > 2 && host[0] == '[' && host[length - 1] == ']') {
        memmove(host, host + 1, length - 2);
        host[length - 2] = '\0';
    }
    GSocketAddress *address = NULL;
    if (length > 0 && g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, &port, NULL))
        address = g_inet_socket_address_new_from_string(
            strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, (guint)port);
    if (address == NULL)
        g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_SYNTAX,
                    "\"%s\" is neither unix:/path nor address:port or tls:address:port with a "
                    "numeric address",
                    text);
    return address;
}
