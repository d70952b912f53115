/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lmtp-delivery.h - one message on its way to its recipients: who they are, where that is, and what
 * became of each. Made and asked in the I/O thread, run in a worker; never both at a time.
 */
#ifndef MAILSTORE_SERVER_LMTP_DELIVERY_H
#define MAILSTORE_SERVER_LMTP_DELIVERY_H

#include "mailstore/message/message-store.h"

typedef struct LmtpDelivery LmtpDelivery;

LmtpDelivery *lmtp_delivery_new(void);
LmtpDelivery *lmtp_delivery_free(LmtpDelivery *delivery); /* accepts and returns NULL */

guint lmtp_delivery_count(const LmtpDelivery *delivery);
/* A recipient with an inbox. */
void lmtp_delivery_add_user(LmtpDelivery *delivery, const char *address, const char *user);
/* A recipient that is a folder of `mailbox`: proposed, looked up by a worker, then accepted or not;
 * the reply to RCPT is returned, static. */
void lmtp_delivery_propose(LmtpDelivery *delivery, const char *address, guint64 mailbox,
                           const char *folder);
void lmtp_delivery_look_up(LmtpDelivery *delivery, MailSession *session);
const char *lmtp_delivery_accept(LmtpDelivery *delivery);

/* Takes the text. */
void lmtp_delivery_set_message(LmtpDelivery *delivery, const char *sender, GBytes *text);
void lmtp_delivery_run(LmtpDelivery *delivery, MailSession *session);
/* The reply after DATA for each recipient, in the order of RCPT; the caller frees. */
char *lmtp_delivery_reply(const LmtpDelivery *delivery, guint index);
guint lmtp_delivery_failures(const LmtpDelivery *delivery);

#endif /* MAILSTORE_SERVER_LMTP_DELIVERY_H */
