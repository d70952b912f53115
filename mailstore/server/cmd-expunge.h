/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-expunge.h - removing what is marked \Deleted, for EXPUNGE and CLOSE. */
#ifndef MAILSTORE_SERVER_CMD_EXPUNGE_H
#define MAILSTORE_SERVER_CMD_EXPUNGE_H

#include "mailstore/server/imap-session.h"

/* In a worker. `set` of UIDs limits it; NULL is all. */
gboolean imap_expunge(ImapSession *session, MailSession *mail, const GArray *set, GError **error);

#endif /* MAILSTORE_SERVER_CMD_EXPUNGE_H */
