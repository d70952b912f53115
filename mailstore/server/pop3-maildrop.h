/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pop3-maildrop.h - an inbox as it was at login, and which of its messages are marked to go. Used
 * by the I/O thread, or by a worker while a job runs.
 */
#ifndef MAILSTORE_SERVER_POP3_MAILDROP_H
#define MAILSTORE_SERVER_POP3_MAILDROP_H

#include "mailstore/message/message-store.h"

typedef struct Pop3Maildrop Pop3Maildrop;

Pop3Maildrop *pop3_maildrop_new(guint64 mailbox);
Pop3Maildrop *pop3_maildrop_free(Pop3Maildrop *maildrop); /* accepts and returns NULL */
/* What the last call of a worker met, or NULL. */
const GError *pop3_maildrop_error(const Pop3Maildrop *maildrop);

/* In a worker. */
void pop3_maildrop_load(Pop3Maildrop *maildrop, MailSession *session);
GBytes *pop3_maildrop_read(Pop3Maildrop *maildrop, MailSession *session, guint index, gsize offset,
                           gsize length);
/* Removes what is marked. */
void pop3_maildrop_update(Pop3Maildrop *maildrop, MailSession *session);

guint pop3_maildrop_count(const Pop3Maildrop *maildrop);
/* Messages not marked, and their bytes; ret_bytes may be NULL. */
guint pop3_maildrop_left(const Pop3Maildrop *maildrop, guint64 *ret_bytes);
/* Whether the number, from 1 on, is that of a message not marked. */
gboolean pop3_maildrop_has(const Pop3Maildrop *maildrop, guint64 number);
gboolean pop3_maildrop_has_deleted(const Pop3Maildrop *maildrop);
guint64 pop3_maildrop_size(const Pop3Maildrop *maildrop, guint index);
/* For UIDL; valid as long as the maildrop. */
const char *pop3_maildrop_uid(const Pop3Maildrop *maildrop, guint index);
void pop3_maildrop_delete(Pop3Maildrop *maildrop, guint index);
void pop3_maildrop_reset(Pop3Maildrop *maildrop);

#endif /* MAILSTORE_SERVER_POP3_MAILDROP_H */
