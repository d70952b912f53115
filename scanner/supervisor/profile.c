/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * profile.c - reads the key files and writes the lines that clients get.
 *
 * Fails by PROFILE_ERROR with file, line and reason.
 */
#include "scanner/supervisor/profile.h"

#include <string.h>

#include "libstorehook/protocol.h"
#include "scanner/common/key-line.h"
#include "scanner/profile-mailstored.h"

enum {
    COLUMNS_MAX = 8,
    NAME_MAX_LENGTH = 64, /* JET_cbNameMost */
    TEXT_MAX = 16384      /* so that a WELCOME fits into one datagram */
};

typedef struct {
    const char *role;
    const char *columns[COLUMNS_MAX]; /* NULL-terminated */
    const char *required;             /* those of them that must be there, separated by spaces */
} Role;

static const Role ROLES[] = {
    {"messages", {"key", "text", "sender", "recipients", "subject", NULL}, "key text"},
    {"attachments",
     {"message", "name", "header", "digest", "offset", "encoding", "data", NULL},
     "message"},
    {"contents", {"digest", "data", NULL}, "digest data"},
    {"entries", {"message", "folder", NULL}, "message folder"},
    {"folders", {"key", "name", "kind", "mailbox", NULL}, "key"},
    {"mailboxes", {"key", "name", NULL}, "key"},
};

G_DEFINE_QUARK(storehook_profile_error, profile_error)

static const Role *role_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(ROLES); i++)
        if (strcmp(ROLES[i].role, name) == 0)
            return &ROLES[i];
    return NULL;
}

/* What the wire format can carry: no space, no '=', not too long. */
static gboolean name_is_valid(const char *name)
{
    gsize length = strlen(name);

    if (length == 0 || length > NAME_MAX_LENGTH)
        return FALSE;
    for (gsize i = 0; i < length; i++)
        if (name[i] <= ' ' || name[i] == '=' || name[i] == 0x7f)
            return FALSE;
    return TRUE;
}

/* The profile being read. */
typedef struct {
    const char *name; /* for messages */
    const char *text;
    GKeyFile *file;
} Source;

/* key: NULL for the whole section. */
G_GNUC_PRINTF(5, 6)
static gboolean refuse(const Source *source, GError **error, const char *section, const char *key,
                       const char *format, ...)
{
    g_autofree char *reason = NULL;
    va_list arguments;

    va_start(arguments, format);
    reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_VALUE, "%s:%u: [%s]%s%s: %s", source->name,
                key_line_find(source->text, section, key), section, key ? " " : "", key ? key : "",
                reason);
    return FALSE;
}

static gboolean append_column(GString *line, const Source *source, const Role *role,
                              const char *column, GError **error)
{
    g_autofree char *value = g_key_file_get_string(source->file, role->role, column, NULL);

    if (!value)
        return TRUE;
    if (!name_is_valid(value))
        return refuse(source, error, role->role, column, "\"%s\" is no column name", value);
    g_string_append_printf(line, " %s=%s", column, value);
    return TRUE;
}

static gboolean check_keys(const Source *source, const Role *role, GError **error)
{
    g_auto(GStrv) keys = g_key_file_get_keys(source->file, role->role, NULL, NULL);
    g_auto(GStrv) required = g_strsplit(role->required, " ", -1);

    for (guint i = 0; keys && keys[i]; i++)
        if (strcmp(keys[i], "table") != 0 && !g_strv_contains(role->columns, keys[i]))
            return refuse(source, error, role->role, keys[i], "there is no such key");
    for (guint i = 0; required[i]; i++)
        if (!keys || !g_strv_contains((const char *const *)keys, required[i]))
            return refuse(source, error, role->role, NULL, "needs %s=", required[i]);
    return TRUE;
}

/* Else nothing would be judged. */
static gboolean check_attachments(const Source *source, GError **error)
{
    if (!g_key_file_has_group(source->file, "attachments") ||
        g_key_file_has_key(source->file, "attachments", "data", NULL) ||
        (g_key_file_has_key(source->file, "attachments", "digest", NULL) &&
         g_key_file_has_group(source->file, "contents")))
        return TRUE;
    return refuse(source, error, "attachments", NULL,
                  "needs data=, or digest= and a section [contents]");
}

static gboolean append_role(GString *text, const Source *source, const char *section,
                            GError **error)
{
    const Role *role = role_find(section);
    g_autofree char *table = g_key_file_get_string(source->file, section, "table", NULL);

    if (!role)
        return refuse(source, error, section, NULL, "there is no such role");
    if (!table || !name_is_valid(table))
        return refuse(source, error, section, table ? "table" : NULL,
                      "needs table= with a table's name");
    if (!check_keys(source, role, error))
        return FALSE;
    g_string_append_printf(text, "%s %s", section, table);
    for (guint i = 0; role->columns[i]; i++)
        if (!append_column(text, source, role, role->columns[i], error))
            return FALSE;
    g_string_append_c(text, '\n');
    return TRUE;
}

char *profile_parse(const char *name, const char *text, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GString) out = g_string_new(NULL);
    g_autofree char *fault = key_line_fault(name, text);
    g_autoptr(GError) reason = NULL;
    g_auto(GStrv) sections = NULL;
    const Source source = {name, text, file};

    if (fault) {
        g_set_error_literal(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX, fault);
        return NULL;
    }
    if (!g_key_file_load_from_data(file, text, (gsize)-1, G_KEY_FILE_NONE, &reason)) {
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_SYNTAX, "%s: %s", name, reason->message);
        return NULL;
    }
    sections = g_key_file_get_groups(file, NULL);
    for (guint i = 0; sections[i]; i++)
        if (!append_role(out, &source, sections[i], error))
            return NULL;
    if (!check_attachments(&source, error))
        return NULL;
    if (out->len == 0) {
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_VALUE, "%s: names no table", name);
        return NULL;
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

char *profile_load(char *const *files, GError **error)
{
    g_autoptr(GString) all = g_string_new(NULL);

    if (!files[0])
        return profile_parse("mailstored.profile", PROFILE_MAILSTORED, error);
    for (guint i = 0; files[i]; i++) {
        g_autofree char *text = NULL, *lines = NULL;
        g_autoptr(GError) reason = NULL;

        if (!g_file_get_contents(files[i], &text, NULL, &reason)) {
            g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_READ, "%s", reason->message);
            return NULL;
        }
        lines = profile_parse(files[i], text, error);
        if (!lines)
            return NULL;
        g_string_append(all, lines);
    }
    if (all->len > TEXT_MAX) {
        g_set_error(error, PROFILE_ERROR, PROFILE_ERROR_VALUE, "more than %d bytes in all",
                    TEXT_MAX);
        return NULL;
    }
    return g_string_free(g_steal_pointer(&all), FALSE);
}
