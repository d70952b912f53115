/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * schema.h - the tables of the message store. Their names are a contract with other readers of the
 * database.
 *
 *   mailboxes    id, name
 *   folders      id, mailbox, name, kind, subscribed, uidvalidity, uidnext
 *   messages     id, received (ms since 1970), sender, recipients (one a line), subject (UTF-8),
 *                text (the bytes without the detached parts), version
 *   attachments  id, message, ordinal, offset (in messages.text), header (with its empty line),
 *                name (UTF-8), digest (SHA-256 of the data), encoding (part-encoding.h), version
 *   contents     digest, data (decoded)
 *   entries      folder, uid, message, flags (MailFlags), keywords (one a line),
 *                internal_date (s since 1970)
 *   summaries    message, state, data (summary.c)
 *
 * A content is live while the index on attachments.digest finds it, a message while the index on
 * entries.message does: nothing is counted. No size is stored: the size of a message follows from
 * those of its columns. A version is the engine's count of the row's changes. Text is stored as
 * UTF-8 bytes, so that keys order bytewise.
 */
#ifndef MAILSTORE_MESSAGE_SCHEMA_H
#define MAILSTORE_MESSAGE_SCHEMA_H

#include <glib.h>

#include "mailstore/ese/esent.h"

enum {
    SCHEMA_DIGEST_SIZE = 32,
    SCHEMA_KIND_MAX = 16 /* bytes of the longest folders.kind, with room */
};

typedef enum {
    TABLE_MAILBOXES,
    TABLE_FOLDERS,
    TABLE_MESSAGES,
    TABLE_ATTACHMENTS,
    TABLE_CONTENTS,
    TABLE_ENTRIES,
    TABLE_SUMMARIES,
    TABLE_COUNT
} Table;

typedef enum {
    MAILBOX_ID,
    MAILBOX_NAME,
    FOLDER_ID,
    FOLDER_MAILBOX,
    FOLDER_NAME,
    FOLDER_KIND,
    FOLDER_SUBSCRIBED,
    FOLDER_UIDVALIDITY,
    FOLDER_UIDNEXT,
    MESSAGE_ID,
    MESSAGE_RECEIVED,
    MESSAGE_SENDER,
    MESSAGE_RECIPIENTS,
    MESSAGE_SUBJECT,
    MESSAGE_TEXT,
    MESSAGE_VERSION,
    ATTACHMENT_ID,
    ATTACHMENT_MESSAGE,
    ATTACHMENT_ORDINAL,
    ATTACHMENT_OFFSET,
    ATTACHMENT_HEADER,
    ATTACHMENT_NAME,
    ATTACHMENT_DIGEST,
    ATTACHMENT_ENCODING,
    ATTACHMENT_VERSION,
    CONTENT_DIGEST,
    CONTENT_DATA,
    ENTRY_FOLDER,
    ENTRY_UID,
    ENTRY_MESSAGE,
    ENTRY_FLAGS,
    ENTRY_KEYWORDS,
    ENTRY_INTERNAL_DATE,
    SUMMARY_MESSAGE,
    SUMMARY_STATE,
    SUMMARY_DATA,
    COLUMN_COUNT
} Column;

/* A session has one cursor for each index, so that none ever changes its index. */
typedef enum {
    MAILBOXES_BY_ID,
    MAILBOXES_BY_NAME,
    FOLDERS_BY_ID,
    FOLDERS_BY_NAME, /* mailbox, name */
    MESSAGES_BY_ID,
    ATTACHMENTS_BY_ID,
    ATTACHMENTS_BY_MESSAGE, /* message, ordinal */
    ATTACHMENTS_BY_DIGEST,
    CONTENTS_BY_DIGEST,
    ENTRIES_BY_UID, /* folder, uid */
    ENTRIES_BY_MESSAGE,
    SUMMARIES_BY_MESSAGE,
    INDEX_COUNT
} Index;

const char *schema_table_name(Table table);
Table schema_index_table(Index index);
const char *schema_index_name(Index index);

/* Makes the tables that are not there yet and reads the ids of all columns. On an error
 * *ret_table is the table at fault. */
JET_ERR schema_open(JET_SESID session, JET_DBID database, JET_COLUMNID columns[COLUMN_COUNT],
                    Table *ret_table);

#endif /* MAILSTORE_MESSAGE_SCHEMA_H */
