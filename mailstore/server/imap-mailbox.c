/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-mailbox.c - the view of a selected mailbox, and how it catches up with the folder.
 *
 * Fails when the store does. Known limit: all entries are read when anything but an addition
 * happened, which is cheap against the round trip of a client up to some 100 000 messages.
 */
#include "mailstore/server/imap-mailbox.h"
#include "mailstore/server/imap-set.h"

#include <string.h>

static void item_clear(gpointer data)
{
    mail_entry_clear(&((ImapItem *)data)->entry);
}

/* Takes the entries from `first` on. */
static void items_append(ImapMailbox *mailbox, GArray *entries, guint first)
{
    for (guint i = first; i < entries->len; i++) {
        ImapItem item = {.entry = g_array_index(entries, MailEntry, i)};
        g_array_append_val(mailbox->items, item);
        g_array_index(entries, MailEntry, i) = (MailEntry){0};
    }
}

ImapMailbox *imap_mailbox_new(MailSession *session, const MailFolder *folder, const char *name,
                              gboolean read_only, GError **error)
{
    g_autoptr(GArray) entries = mail_folder_entries(session, folder->id, 1, error);

    if (entries == NULL)
        return NULL;
    ImapMailbox *mailbox = g_new0(ImapMailbox, 1);
    mailbox->folder = folder->id;
    mailbox->name = g_strdup(name);
    mailbox->read_only = read_only;
    mailbox->uid_validity = folder->uid_validity;
    mailbox->items = g_array_sized_new(FALSE, FALSE, sizeof(ImapItem), entries->len);
    g_array_set_clear_func(mailbox->items, item_clear);
    items_append(mailbox, entries, 0);
    return mailbox;
}

ImapMailbox *imap_mailbox_free(ImapMailbox *mailbox)
{
    if (mailbox == NULL)
        return NULL;
    g_array_unref(mailbox->items);
    g_free(mailbox->name);
    g_free(mailbox);
    return NULL;
}

guint imap_mailbox_count(const ImapMailbox *mailbox)
{
    return mailbox->items->len;
}

ImapItem *imap_mailbox_item(const ImapMailbox *mailbox, guint index)
{
    g_assert(index < mailbox->items->len);
    return &g_array_index(mailbox->items, ImapItem, index);
}

/* The index of the first item whose UID is not below `uid`. */
static guint lower_bound(const ImapMailbox *mailbox, guint32 uid)
{
    guint low = 0, high = mailbox->items->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (imap_mailbox_item(mailbox, middle)->entry.uid < uid)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

guint32 imap_mailbox_last_uid(const ImapMailbox *mailbox)
{
    guint count = mailbox->items->len;

    return count == 0 ? 0 : imap_mailbox_item(mailbox, count - 1)->entry.uid;
}

GArray *imap_mailbox_select(const ImapMailbox *mailbox, const GArray *set, gboolean by_uid)
{
    guint count = mailbox->items->len;
    g_autofree gchar *chosen = g_malloc0(count + 1);

    for (guint i = 0; i < set->len; i++) {
        ImapRange range = imap_range_resolve(g_array_index(set, ImapRange, i),
                                             by_uid ? imap_mailbox_last_uid(mailbox) : count);
        guint begin, end;
        if (by_uid) {
            begin = lower_bound(mailbox, range.first);
            end = range.last == G_MAXUINT32 ? count : lower_bound(mailbox, range.last + 1);
        } else {
            if (range.first == 0 || range.last > count)
                return NULL;
            begin = range.first - 1;
            end = range.last;
        }
        if (end > begin)
            memset(chosen + begin, 1, end - begin);
    }
    GArray *indexes = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < count; i++)
        if (chosen[i])
            g_array_append_val(indexes, i);
    return indexes;
}

gboolean imap_flags_equal(const MailEntry *a, const MailEntry *b)
{
    static char *none[] = {NULL};

    return a->flags == b->flags &&
           (a->keywords == b->keywords ||
            g_strv_equal((const char *const *)(a->keywords == NULL ? none : a->keywords),
                         (const char *const *)(b->keywords == NULL ? none : b->keywords)));
}

void imap_mailbox_tell_flags(const ImapMailbox *mailbox, guint index, ImapOutput *output)
{
    const MailEntry *entry = &imap_mailbox_item(mailbox, index)->entry;

    imap_output_printf(output, "* %u FETCH (UID %u FLAGS ", index + 1, entry->uid);
    imap_output_flags(output, entry->flags, entry->keywords);
    imap_output_puts(output, ")\r\n");
}

/* What the client knows against what there is: marks the gone, tells of changed flags. Returns the
 * index of the first entry that is new. */
static guint compare(ImapMailbox *mailbox, GArray *entries, ImapOutput *output)
{
    guint fresh = 0;

    for (guint i = 0; i < mailbox->items->len; i++) {
        ImapItem *item = imap_mailbox_item(mailbox, i);
        MailEntry *entry = NULL;
        while (fresh < entries->len &&
               (entry = &g_array_index(entries, MailEntry, fresh))->uid < item->entry.uid)
            fresh++;
        if (fresh == entries->len || entry->uid != item->entry.uid) {
            item->gone = TRUE;
            mailbox->has_gone = TRUE;
            continue;
        }
        fresh++;
        if (imap_flags_equal(entry, &item->entry))
            continue;
        imap_mailbox_set_entry(mailbox, i, *entry);
        *entry = (MailEntry){.uid = entry->uid};
        imap_mailbox_tell_flags(mailbox, i, output);
    }
    /* Below the last known UID nothing is new. */
    while (fresh < entries->len &&
           g_array_index(entries, MailEntry, fresh).uid <= imap_mailbox_last_uid(mailbox))
        fresh++;
    return fresh;
}

void imap_mailbox_tell_expunged(ImapMailbox *mailbox, ImapOutput *output)
{
    guint kept = 0;

    mailbox->has_gone = FALSE;
    for (guint i = 0; i < mailbox->items->len; i++) {
        ImapItem *item = imap_mailbox_item(mailbox, i);
        if (item->gone) {
            imap_output_printf(output, "* %u EXPUNGE\r\n", kept + 1);
            item_clear(item);
        } else {
            *imap_mailbox_item(mailbox, kept++) = *item;
        }
    }
    /* What lies behind was moved or freed. */
    if (kept < mailbox->items->len) {
        memset(imap_mailbox_item(mailbox, kept), 0,
               (mailbox->items->len - kept) * sizeof(ImapItem));
        g_array_set_size(mailbox->items, kept);
    }
}

gboolean imap_mailbox_refresh(ImapMailbox *mailbox, MailSession *session, gboolean only_added,
                              gboolean may_expunge, ImapOutput *output, GError **error)
{
    guint32 first = only_added ? imap_mailbox_last_uid(mailbox) + 1 : 1;
    g_autoptr(GError) local = NULL;
    g_autoptr(GArray) entries = mail_folder_entries(session, mailbox->folder, first, &local);

    if (entries == NULL) {
        if (!g_error_matches(local, MAIL_STORE_ERROR, MAIL_STORE_ERROR_NOT_FOUND)) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        entries = g_array_new(
            FALSE, FALSE,
            sizeof(MailEntry)); /* the folder was deleted, and all its messages with it */
        only_added = FALSE;
    }
    guint fresh = only_added ? 0 : compare(mailbox, entries, output);
    if (may_expunge && mailbox->has_gone)
        imap_mailbox_tell_expunged(mailbox, output);
    if (fresh == entries->len)
        return TRUE;
    items_append(mailbox, entries, fresh);
    imap_output_printf(output, "* %u EXISTS\r\n", mailbox->items->len);
    return TRUE;
}

void imap_mailbox_set_entry(ImapMailbox *mailbox, guint index, MailEntry entry)
{
    ImapItem *item = imap_mailbox_item(mailbox, index);

    item_clear(item);
    item->entry = entry;
}
