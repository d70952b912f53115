/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keywords.c - lists of keywords, each one block of memory: the pointers, then the text.
 *
 * Limits: KEYWORDS_MAX bytes an entry.
 */
#include "mailstore/message/keywords.h"

#include <string.h>

enum {
    KEYWORDS_MAX = 4096 /* dozens of labels; a client sizes them */
};

char **keywords_new(const char *text, gsize size)
{
    gsize count = 1;

    if (size == 0)
        return NULL;
    for (gsize i = 0; i < size; i++)
        count += text[i] == '\n';
    char **keywords = g_atomic_rc_box_alloc((count + 1) * sizeof *keywords + size + 1);
    char *copy = (char *)(keywords + count + 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    keywords[0] = copy;
    keywords[count] = NULL;
    for (gsize i = 1; i < count; i++) {
        char *newline = strchr(keywords[i - 1], '\n');
        *newline = '\0';
        keywords[i] = newline + 1;
    }
    return keywords;
}

char **keywords_ref(char **keywords)
{
    return keywords == NULL ? NULL : g_atomic_rc_box_acquire(keywords);
}

void keywords_unref(char **keywords)
{
    if (keywords != NULL)
        g_atomic_rc_box_release(keywords);
}

gboolean keywords_are(char *const *keywords, const char *text, gsize size)
{
    const char *end = text + size;

    if (keywords == NULL)
        return size == 0;
    for (; *keywords != NULL; keywords++) {
        gsize length = strlen(*keywords);
        if (length > (gsize)(end - text) || memcmp(text, *keywords, length) != 0)
            return FALSE;
        text += length;
        if (text == end)
            return keywords[1] == NULL;
        if (*text++ != '\n')
            return FALSE;
    }
    return FALSE;
}

gsize keywords_size(char *const *keywords)
{
    gsize size = 0;

    for (; keywords != NULL && *keywords != NULL; keywords++)
        size += sizeof *keywords + strlen(*keywords) + 1;
    return size;
}

JET_ERR keywords_pack(const char *const *keywords, GBytes **ret)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; keywords != NULL && keywords[i] != NULL; i++) {
        if (keywords[i][0] == '\0' || strchr(keywords[i], '\n') != NULL)
            return JET_errInvalidParameter;
        if (text->len > 0)
            g_string_append_c(text, '\n');
        g_string_append(text, keywords[i]);
        if (text->len > KEYWORDS_MAX)
            return JET_errInvalidParameter;
    }
    *ret = g_bytes_new(text->str, text->len);
    return JET_errSuccess;
}

/* IMAP keywords are case-insensitive (RFC 9051 §2.3.2 speaks of flags as atoms; clients differ). */
static gboolean list_has(GPtrArray *list, const char *keyword, guint *ret_index)
{
    for (guint i = 0; i < list->len; i++)
        if (g_ascii_strcasecmp(g_ptr_array_index(list, i), keyword) == 0) {
            *ret_index = i;
            return TRUE;
        }
    return FALSE;
}

char **keywords_change(char *const *old, MailFlagsChange change, const char *const *by)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new();
    guint at;

    for (; old != NULL && *old != NULL && change != MAIL_FLAGS_SET; old++)
        g_ptr_array_add(list, *old);
    for (; by != NULL && *by != NULL; by++) {
        gboolean has = list_has(list, *by, &at);
        if (change == MAIL_FLAGS_REMOVE && has)
            g_ptr_array_remove_index(list, at);
        else if (change != MAIL_FLAGS_REMOVE && !has)
            g_ptr_array_add(list, (gpointer)*by);
    }
    g_ptr_array_add(list, NULL);
    g_autofree char *text = g_strjoinv("\n", (char **)list->pdata);
    return keywords_new(text, strlen(text));
}
