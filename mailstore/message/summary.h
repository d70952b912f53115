/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.h - what readers found out about messages.
 */
#ifndef MAILSTORE_MESSAGE_SUMMARY_H
#define MAILSTORE_MESSAGE_SUMMARY_H

#include "mailstore/message/session.h"

/* Of a message that is about to be deleted; it may have none. */
JET_ERR summary_delete(MailSession *session, guint64 message);

#endif /* MAILSTORE_MESSAGE_SUMMARY_H */
