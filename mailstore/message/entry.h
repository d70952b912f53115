/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry.h - entry rows: a message in a folder.
 *
 * Entries are written only by jobs of the folder queue; those that were there before are changed
 * and removed only by jobs that folder_views_run_change() runs.
 */
#ifndef MAILSTORE_MESSAGE_ENTRY_H
#define MAILSTORE_MESSAGE_ENTRY_H

#include "mailstore/message/session.h"

typedef struct {
    guint64 message;
    guint32 flags;
    GBytes *keywords; /* as stored: one a line */
    gint64 internal_date;
} EntryContent;

/* Puts ENTRIES_BY_UID on an entry. */
JET_ERR entry_seek(MailSession *session, guint64 folder, guint32 uid);
/* The entry there. It shares the keywords of another one that has the same; `like` may be NULL. */
JET_ERR entry_read(MailSession *session, const MailEntry *like, MailEntry *ret);
JET_ERR entry_insert(MailSession *session, guint64 folder, guint32 uid,
                     const EntryContent *content);

/* In a transaction of its own: sets those of uids[] to 0 that are not there, each in its folder, or
 * all in the only one. */
JET_ERR entries_verify(MailSession *session, const guint64 *folders, gsize folder_count,
                       guint32 *uids, gsize count);

#endif /* MAILSTORE_MESSAGE_ENTRY_H */
