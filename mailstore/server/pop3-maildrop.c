/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pop3-maildrop.c - see pop3-maildrop.h. A message that goes away while the inbox is listed is left
 * out.
 */
#include "mailstore/server/pop3-maildrop.h"

typedef struct {
    guint32 uid;
    guint64 message;
    guint64 size;
    gboolean deleted;
    char name[18]; /* UIDVALIDITY and UID, 8 hexadecimal digits each */
} Pop3Message;

struct Pop3Maildrop {
    guint64 mailbox;
    guint64 folder;
    GArray *messages;
    GError *error;
};

Pop3Maildrop *pop3_maildrop_new(guint64 mailbox)
{
    Pop3Maildrop *maildrop = g_new0(Pop3Maildrop, 1);

    maildrop->mailbox = mailbox;
    maildrop->messages = g_array_new(FALSE, TRUE, sizeof(Pop3Message));
    return maildrop;
}

Pop3Maildrop *pop3_maildrop_free(Pop3Maildrop *maildrop)
{
    if (maildrop == NULL)
        return NULL;
    g_array_unref(maildrop->messages);
    g_clear_error(&maildrop->error);
    g_free(maildrop);
    return NULL;
}

const GError *pop3_maildrop_error(const Pop3Maildrop *maildrop)
{
    return maildrop->error;
}

static Pop3Message *at(const Pop3Maildrop *maildrop, guint index)
{
    g_assert(index < maildrop->messages->len);
    return &g_array_index(maildrop->messages, Pop3Message, index);
}

static gboolean add_message(Pop3Maildrop *maildrop, MailSession *session, const MailFolder *inbox,
                            const MailEntry *entry, GError **error)
{
    g_autoptr(GError) local = NULL;
    Pop3Message message = {.uid = entry->uid, .message = entry->message};

    if (!mail_message_size(session, entry->message, &message.size, &local)) {
        if (g_error_matches(local, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&local));
        return FALSE;
    }
    g_snprintf(message.name, sizeof message.name, "%08x%08x", inbox->uid_validity, entry->uid);
    g_array_append_val(maildrop->messages, message);
    return TRUE;
}

void pop3_maildrop_load(Pop3Maildrop *maildrop, MailSession *session)
{
    g_clear_error(&maildrop->error);
    g_autoptr(MailFolder) inbox =
        mail_folder_find(session, maildrop->mailbox, "INBOX", &maildrop->error);
    if (inbox == NULL)
        return;
    maildrop->folder = inbox->id;
    g_autoptr(GArray) entries = mail_folder_entries(session, inbox->id, 1, &maildrop->error);
    for (guint i = 0; entries != NULL && i < entries->len; i++)
        if (!add_message(maildrop, session, inbox, &g_array_index(entries, MailEntry, i),
                         &maildrop->error))
            return;
}

GBytes *pop3_maildrop_read(Pop3Maildrop *maildrop, MailSession *session, guint index, gsize offset,
                           gsize length)
{
    g_clear_error(&maildrop->error);
    GBytes *text = NULL;
    mail_message_read_part(session, at(maildrop, index)->message, offset, length, &text,
                           &maildrop->error);
    return text;
}

void pop3_maildrop_update(Pop3Maildrop *maildrop, MailSession *session)
{
    g_autoptr(GArray) uids = g_array_new(FALSE, FALSE, sizeof(guint32));

    g_clear_error(&maildrop->error);
    for (guint i = 0; i < maildrop->messages->len; i++)
        if (at(maildrop, i)->deleted)
            g_array_append_val(uids, at(maildrop, i)->uid);
    mail_expunge(session, maildrop->folder, (const guint32 *)(void *)uids->data, uids->len, FALSE,
                 &maildrop->error);
}

guint pop3_maildrop_count(const Pop3Maildrop *maildrop)
{
    return maildrop->messages->len;
}

guint pop3_maildrop_left(const Pop3Maildrop *maildrop, guint64 *ret_bytes)
{
    guint count = 0;
    guint64 bytes = 0;

    for (guint i = 0; i < maildrop->messages->len; i++)
        if (!at(maildrop, i)->deleted) {
            count++;
            bytes += at(maildrop, i)->size;
        }
    if (ret_bytes != NULL)
        *ret_bytes = bytes;
    return count;
}

gboolean pop3_maildrop_has(const Pop3Maildrop *maildrop, guint64 number)
{
    return number >= 1 && number <= maildrop->messages->len &&
           !at(maildrop, (guint)(number - 1))->deleted;
}

gboolean pop3_maildrop_has_deleted(const Pop3Maildrop *maildrop)
{
    return pop3_maildrop_left(maildrop, NULL) < maildrop->messages->len;
}

guint64 pop3_maildrop_size(const Pop3Maildrop *maildrop, guint index)
{
    return at(maildrop, index)->size;
}

const char *pop3_maildrop_uid(const Pop3Maildrop *maildrop, guint index)
{
    return at(maildrop, index)->name;
}

void pop3_maildrop_delete(Pop3Maildrop *maildrop, guint index)
{
    at(maildrop, index)->deleted = TRUE;
}

void pop3_maildrop_reset(Pop3Maildrop *maildrop)
{
    for (guint i = 0; i < maildrop->messages->len; i++)
        at(maildrop, i)->deleted = FALSE;
}
