/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder-name.c - which names mailboxes and folders may have.
 */
#include "mailstore/message/folder-name.h"

#include <string.h>

#include "mailstore/message/message-store.h"

gboolean mailbox_name_is_valid(const char *name)
{
    gsize size = strlen(name);

    if (size == 0 || size > MAIL_NAME_MAX || !g_utf8_validate(name, (gssize)size, NULL))
        return FALSE;
    for (const char *p = name; *p != '\0'; p = g_utf8_next_char(p))
        if (g_unichar_iscntrl(g_utf8_get_char(p)))
            return FALSE;
    return TRUE;
}

gboolean folder_name_is_valid(const char *name)
{
    if (!mailbox_name_is_valid(name) || strpbrk(name, "%*") != NULL)
        return FALSE;
    gboolean at_level_start = TRUE;
    for (const char *p = name; *p != '\0'; p++) {
        if (*p == MAIL_FOLDER_SEPARATOR && at_level_start)
            return FALSE;
        at_level_start = *p == MAIL_FOLDER_SEPARATOR;
    }
    return !at_level_start;
}

char *folder_name_dup_canonical(const char *name)
{
    char *copy = g_strdup(name);
    gsize size = strlen(FOLDER_INBOX);

    if (g_ascii_strncasecmp(name, FOLDER_INBOX, size) == 0 &&
        (name[size] == '\0' || name[size] == MAIL_FOLDER_SEPARATOR))
        memcpy(copy, FOLDER_INBOX, size);
    return copy;
}

gboolean folder_name_is_below(const char *name, const char *above)
{
    return g_str_has_prefix(name, above) && name[strlen(above)] == MAIL_FOLDER_SEPARATOR;
}
