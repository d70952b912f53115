/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-mailbox.h - the selected mailbox as its client knows it: message sequence numbers.
 *
 * The view changes only where the client is told, in imap_mailbox_refresh(); what others removed
 * stays in it, marked as gone, until the client may be told.
 */
#ifndef MAILSTORE_SERVER_IMAP_MAILBOX_H
#define MAILSTORE_SERVER_IMAP_MAILBOX_H

#include "mailstore/message/message-store.h"
#include "mailstore/server/imap-output.h"

typedef struct {
    MailEntry entry;
    gboolean gone;
} ImapItem;

typedef struct {
    guint64 folder;
    char *name; /* as the client wrote it */
    gboolean read_only;
    gboolean has_gone; /* some items are gone and the client was not told */
    guint32 uid_validity;
    GArray *items; /* ImapItem, by UID; sequence number - 1 is the index */
} ImapMailbox;

/* Opens a folder and reads its entries. */
ImapMailbox *imap_mailbox_new(MailSession *session, const MailFolder *folder, const char *name,
                              gboolean read_only, GError **error);
ImapMailbox *imap_mailbox_free(ImapMailbox *mailbox); /* accepts and returns NULL */

guint imap_mailbox_count(const ImapMailbox *mailbox);
ImapItem *imap_mailbox_item(const ImapMailbox *mailbox, guint index);
guint32 imap_mailbox_last_uid(const ImapMailbox *mailbox);

/* Indexes (guint) of the items in a set of sequence numbers or UIDs, ascending, each once. UIDs
 * that are not there are passed over; NULL when a sequence number is. */
GArray *imap_mailbox_select(const ImapMailbox *mailbox, const GArray *set, gboolean by_uid);

/* Reads the folder, or with only_added what is behind the last message known, and tells the client
 * what changed; expunged messages only when may_expunge. */
gboolean imap_mailbox_refresh(ImapMailbox *mailbox, MailSession *session, gboolean only_added,
                              gboolean may_expunge, ImapOutput *output, GError **error);
/* Tells of those that are gone and takes them out of the view. */
void imap_mailbox_tell_expunged(ImapMailbox *mailbox, ImapOutput *output);
/* An untagged FETCH with the flags that the view has. */
void imap_mailbox_tell_flags(const ImapMailbox *mailbox, guint index, ImapOutput *output);
gboolean imap_flags_equal(const MailEntry *a, const MailEntry *b);
/* Takes the entry, after a change of our own. */
void imap_mailbox_set_entry(ImapMailbox *mailbox, guint index, MailEntry entry);

#endif /* MAILSTORE_SERVER_IMAP_MAILBOX_H */
