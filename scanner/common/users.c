/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * users.c - looks up the ids of users.
 *
 * Fails with CONFIG_ERROR_VALUE for an unknown name.
 */
#include "scanner/common/users.h"

#include <pwd.h>
#include <unistd.h>

static gboolean user_find(const char *name, uid_t *ret)
{
    const struct passwd *entry;
    guint64 number;

    if (g_ascii_string_to_unsigned(name, 10, 0, G_MAXUINT32 - 1, &number, NULL)) {
        *ret = (uid_t)number;
        return TRUE;
    }
    entry = getpwnam(name);
    if (!entry)
        return FALSE;
    *ret = entry->pw_uid;
    return TRUE;
}

GArray *users_resolve(const ScannerConfig *config, GError **error)
{
    char *const *names = config->users;
    g_autoptr(GArray) users = g_array_new(FALSE, FALSE, sizeof(uid_t));
    const uid_t always[] = {0, geteuid()};

    if (!names[0])
        return g_steal_pointer(&users);
    g_array_append_vals(users, always, G_N_ELEMENTS(always));
    for (gsize i = 0; names[i]; i++) {
        uid_t user;

        if (!user_find(names[i], &user)) {
            g_set_error(error, CONFIG_ERROR, CONFIG_ERROR_VALUE, "no user \"%s\"", names[i]);
            scanner_config_blame(config, "service", "users", error);
            return NULL;
        }
        g_array_append_val(users, user);
    }
    return g_steal_pointer(&users);
}

gboolean users_may_ask(const GArray *users, uid_t user)
{
    for (guint i = 0; i < users->len; i++)
        if (g_array_index(users, uid_t, i) == user)
            return TRUE;
    return users->len == 0;
}
