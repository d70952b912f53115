/* SPDX-License-Identifier: GPL-2.0-or-later */
/* imap-name.c - see imap-name.h. */
#include "mailstore/server/imap-name.h"
#include "mailstore/server/utf7.h"

#include <string.h>

/* In bytes of UTF-8: a key of the store's index holds it. */
#define NAME_MOST 255
#define INBOX "INBOX"

/* Whether it is INBOX or below it, in letters of any case (RFC 3501 §5.1). */
static gboolean begins_with_inbox(const char *name)
{
    gsize length = strlen(INBOX);

    return g_ascii_strncasecmp(name, INBOX, length) == 0 &&
           (name[length] == '\0' || name[length] == MAIL_FOLDER_SEPARATOR);
}

static char *normalize(const char *name)
{
    if (begins_with_inbox(name))
        return g_strconcat(INBOX, name + strlen(INBOX), NULL);
    return g_strdup(name);
}

gboolean imap_parse_mailbox(ImapParser *parser, char **ret)
{
    g_autofree char *raw = NULL;

    if (!imap_parse_astring(parser, &raw))
        return FALSE;
    g_autofree char *name = utf7_decode(raw);
    if (name == NULL) {
        parser->problem = "A mailbox name is modified UTF-7";
        return FALSE;
    }
    *ret = normalize(name);
    return TRUE;
}

gboolean imap_name_is_public(const char *name, const char **ret_name)
{
    if (!g_str_has_prefix(name, IMAP_PUBLIC_PREFIX))
        return FALSE;
    *ret_name = name + strlen(IMAP_PUBLIC_PREFIX);
    return TRUE;
}

gboolean imap_name_is_good(const char *name)
{
    gsize length = strlen(name);

    if (length == 0 || length > NAME_MOST || name[0] == MAIL_FOLDER_SEPARATOR ||
        name[length - 1] == MAIL_FOLDER_SEPARATOR || strstr(name, "//") != NULL ||
        strpbrk(name, "*%") != NULL || !g_utf8_validate(name, -1, NULL))
        return FALSE;
    for (const char *at = name; *at != '\0'; at = g_utf8_next_char(at))
        if (g_unichar_iscntrl(g_utf8_get_char(at)))
            return FALSE;
    return TRUE;
}

/* With one step back to the last star only: stars before it need no other end. A '%' stops at a
 * separator, so the last '*' is kept beside the last '%'. */
gboolean imap_name_matches(const char *name, const char *pattern)
{
    const char *star = NULL, *star_name = NULL;
    const char *percent = NULL, *percent_name = NULL;
    const char *any_case = name + (begins_with_inbox(name) ? strlen(INBOX) : 0);

    for (;;) {
        if (*pattern == '*') {
            star = ++pattern;
            star_name = name;
            percent = NULL;
            continue;
        }
        if (*pattern == '%') {
            percent = ++pattern;
            percent_name = name;
            continue;
        }
        if (*name != '\0' &&
            (*pattern == *name || (name < any_case && g_ascii_toupper(*pattern) == *name))) {
            name++;
            pattern++;
            continue;
        }
        if (*name == '\0' && *pattern == '\0')
            return TRUE;
        if (percent != NULL && *percent_name != '\0' && *percent_name != MAIL_FOLDER_SEPARATOR) {
            name = ++percent_name;
            pattern = percent;
        } else if (star != NULL && *star_name != '\0') {
            name = ++star_name;
            pattern = star;
            percent = NULL;
        } else {
            return FALSE;
        }
    }
}
