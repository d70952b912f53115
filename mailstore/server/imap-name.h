/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * imap-name.h - mailbox names as clients write them, and the folders they mean.
 *
 * A client sees its own folders as they are named and the shared ones below "Public/".
 */
#ifndef MAILSTORE_SERVER_IMAP_NAME_H
#define MAILSTORE_SERVER_IMAP_NAME_H

#include "mailstore/message/message-store.h"
#include "mailstore/server/imap-parser.h"

#define IMAP_PUBLIC_PREFIX "Public/"

/* The name in UTF-8, INBOX in capitals; the caller frees. */
gboolean imap_parse_mailbox(ImapParser *parser, char **ret);

/* Whether the name is below IMAP_PUBLIC_PREFIX; *ret_name is then what follows it. */
gboolean imap_name_is_public(const char *name, const char **ret_name);
/* Whether a name can be a folder's: levels that are not empty, no wildcards, no controls. */
gboolean imap_name_is_good(const char *name);
/* LIST's wildcards: '*' is anything, '%' anything within a level. INBOX is matched by letters of
 * any case. */
gboolean imap_name_matches(const char *name, const char *pattern);

#endif /* MAILSTORE_SERVER_IMAP_NAME_H */
