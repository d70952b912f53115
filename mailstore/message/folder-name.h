/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * folder-name.h - which names mailboxes and folders may have.
 */
#ifndef MAILSTORE_MESSAGE_FOLDER_NAME_H
#define MAILSTORE_MESSAGE_FOLDER_NAME_H

#include <glib.h>

enum {
    /* Bytes of a name, all levels of it: 1 + 9 * 50 of them and the mailbox's id make an index key
     * of at most 500 bytes. */
    MAIL_NAME_MAX = 400
};

#define FOLDER_INBOX "INBOX"

/* UTF-8 without control characters, not empty, not too long. */
gboolean mailbox_name_is_valid(const char *name);
/* The same, with no empty level, and no wildcard of LIST (RFC 3501 §5.1). */
gboolean folder_name_is_valid(const char *name);
/* A copy with the first level spelled INBOX if it is that in any case (RFC 3501 §5.1). */
char *folder_name_dup_canonical(const char *name);
/* TRUE for "a/b" below "a", not for "a" itself or "ab". */
gboolean folder_name_is_below(const char *name, const char *above);

#endif /* MAILSTORE_MESSAGE_FOLDER_NAME_H */
