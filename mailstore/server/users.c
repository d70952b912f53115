/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * users.c - the passwd file, held in memory, read again when its identity, size or time changes.
 *
 * Fails at start on a file that cannot be read or has a bad line. Later such a file is only logged.
 * Known limit: the whole file is read at once, USERS_FILE_MOST bytes at most.
 */
#include "mailstore/server/users.h"
#include "mailstore/message/message-store.h"
#include "mailstore/server/log.h"

#include <crypt.h>
#include <string.h>
#include <sys/stat.h>

/* A million users of 64 bytes. */
#define USERS_FILE_MOST (64 * 1024 * 1024)
/* What a name that does not exist is checked against, so that it takes as long as one that does. */
#define NOBODY_HASH "$6$storehooknobody$"

/* Of the method without a name. */
#define OLD_HASH_LENGTH 13

G_DEFINE_QUARK(mailstored_users_error, users_error)

struct Users {
    char *path;
    GHashTable *hashes; /* lower-case name -> hash */
    struct stat seen;
};

static gboolean name_is_good(const char *name)
{
    gsize length = strlen(name);

    if (length == 0 || length > USERS_NAME_MOST || name[0] == '.')
        return FALSE;
    return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == length;
}

/* As crypt(3) makes it: by the old method 13 letters, else with the method in front. One that
 * begins with '!' or '*' is of a user who cannot log in (shadow(5)). */
static gboolean hash_is_good(const char *hash)
{
    if (*hash == '!' || *hash == '*')
        return TRUE;
    if (*hash != '$' && *hash != '_' && strlen(hash) != OLD_HASH_LENGTH)
        return FALSE;
    return crypt_checksalt(hash) != CRYPT_SALT_INVALID;
}

static gboolean table_add(GHashTable *table, const char *path, guint number, char *line,
                          GError **error)
{
    g_strchomp(line);
    if (*line == '\0' || *line == '#')
        return TRUE;
    char *colon = strchr(line, ':');
    const char *reason = NULL;
    if (colon == NULL || colon[1] == '\0') {
        reason = "a user is written name:crypt-hash";
    } else {
        *colon = '\0';
        g_autofree char *name = g_ascii_strdown(line, -1);
        if (!name_is_good(name))
            reason = "a name has letters, digits, '.', '_' and '-' only";
        else if (strcmp(name, MAIL_PUBLIC_MAILBOX) == 0)
            reason = "\"" MAIL_PUBLIC_MAILBOX "\" is the mailbox of the shared folders";
        else if (strchr(colon + 1, ':') != NULL || strchr(colon + 1, ' ') != NULL)
            reason = "nothing may follow the hash";
        else if (!hash_is_good(colon + 1))
            reason = "what follows the name is no hash of crypt(3): openssl passwd -6 makes one";
        else if (!g_hash_table_insert(table, g_steal_pointer(&name), g_strdup(colon + 1)))
            reason = "this user stands twice";
    }
    if (reason == NULL)
        return TRUE;
    g_set_error(error, USERS_ERROR, USERS_ERROR_SYNTAX, "%s:%u: %s", path, number, reason);
    return FALSE;
}

static GHashTable *table_load(const char *path, struct stat *ret_seen, GError **error)
{
    g_autoptr(GHashTable) table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GError) local = NULL;
    g_autofree char *text = NULL;
    gsize length;
    struct stat seen;

    /* Before the reading: a change in between is then found the next time. */
    if (stat(path, &seen) < 0)
        memset(&seen, 0, sizeof seen);
    if (seen.st_size > USERS_FILE_MOST) {
        g_set_error(error, USERS_ERROR, USERS_ERROR_FILE, "%s: larger than %d bytes", path,
                    USERS_FILE_MOST);
        return NULL;
    }
    if (!g_file_get_contents(path, &text, &length, &local)) {
        g_set_error(error, USERS_ERROR, USERS_ERROR_FILE, "%s", local->message);
        return NULL;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        if (!table_add(table, path, i + 1, lines[i], error))
            return NULL;
    *ret_seen = seen;
    return g_steal_pointer(&table);
}

Users *users_load(const char *path, GError **error)
{
    struct stat seen;
    GHashTable *table = table_load(path, &seen, error);

    if (table == NULL)
        return NULL;
    Users *users = g_new0(Users, 1);
    users->path = g_strdup(path);
    users->hashes = table;
    users->seen = seen;
    return users;
}

Users *users_free(Users *users)
{
    if (users == NULL)
        return NULL;
    g_hash_table_unref(users->hashes);
    g_free(users->path);
    g_free(users);
    return NULL;
}

static void users_refresh(Users *users)
{
    struct stat now;

    if (stat(users->path, &now) < 0)
        memset(&now, 0, sizeof now);
    if (now.st_ino == users->seen.st_ino && now.st_dev == users->seen.st_dev &&
        now.st_size == users->seen.st_size && now.st_mtim.tv_sec == users->seen.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == users->seen.st_mtim.tv_nsec)
        return;
    g_autoptr(GError) error = NULL;
    GHashTable *table = table_load(users->path, &users->seen, &error);
    if (table == NULL) {
        users->seen = now; /* complain once a change */
        log_warning("users-not-read reason=\"%s\" users=kept", error->message);
        return;
    }
    g_hash_table_unref(users->hashes);
    users->hashes = table;
    log_info("users-read file=\"%s\" users=%u", users->path, g_hash_table_size(table));
}

const char *users_find(Users *users, const char *name)
{
    users_refresh(users);
    if (strlen(name) > USERS_NAME_MOST)
        return NULL;
    g_autofree char *lower = g_ascii_strdown(name, -1);
    return g_hash_table_lookup(users->hashes, lower);
}

gboolean users_check_password(const char *hash, const char *password)
{
    g_autofree struct crypt_data *data = g_new0(struct crypt_data, 1);
    const char *made = crypt_r(password, hash == NULL ? NOBODY_HASH : hash, data);
    gboolean equal = FALSE;

    if (hash != NULL && made != NULL && made[0] != '*' && strlen(made) == strlen(hash)) {
        guint difference = 0;
        for (gsize i = 0; hash[i] != '\0'; i++)
            difference |= (guint)(made[i] ^ hash[i]);
        equal = difference == 0;
    }
    explicit_bzero(data, sizeof *data);
    return equal;
}
