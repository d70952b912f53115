/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-fixture.h - a mail store in a scratch directory.
 */
#ifndef TESTS_UNIT_MESSAGE_STORE_FIXTURE_H
#define TESTS_UNIT_MESSAGE_STORE_FIXTURE_H

#include "mailstore/message/message-store.h"
#include "mailstore/message/schema.h"

typedef struct {
    char *path;
    MailStore *store;
    MailSession *session;
    guint64 mailbox; /* of "anna" */
    guint64 inbox;
} Fixture;

/* All abort the test when something fails. */
void fixture_init(Fixture *fixture);
void fixture_clear(Fixture *fixture);
/* Closes the store and opens it again. */
void fixture_reopen(Fixture *fixture);

guint64 fixture_inbox(MailSession *session, const char *user);
guint fixture_count_rows(MailSession *session, Index index);

/* A message with a text and a base64 attachment of these bytes. */
GBytes *fixture_mail_new(const char *subject, const void *data, gsize size);
GBytes *fixture_mail_text(const char *text);
/* Delivers into one folder; the UID. */
guint32 fixture_deliver(MailSession *session, guint64 folder, GBytes *mail);
/* The message of that entry. */
GBytes *fixture_read(MailSession *session, guint64 folder, guint32 uid);
/* The caller frees it. */
MailEntry *fixture_entry(MailSession *session, guint64 folder, guint32 uid);
/* NULL when it is not there; else the caller frees it. */
MailEntry *fixture_change_flags(MailSession *session, guint64 folder, guint32 uid,
                                MailFlagsChange change, guint32 flags, const char *const *keywords);
guint fixture_count_entries(MailSession *session, guint64 folder);
void fixture_entry_free(MailEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MailEntry, fixture_entry_free)
/* mail_folder_entries() and mail_folder_count() say what the rows say, while nobody changes them.
 */
void fixture_check_view(MailSession *session, guint64 folder);

#endif /* TESTS_UNIT_MESSAGE_STORE_FIXTURE_H */
