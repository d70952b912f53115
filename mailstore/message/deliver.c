/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * deliver.c - one message into many folders, in two steps.
 *
 * First the message with its contents, in a transaction of this thread that may take its time; it
 * commits lazily, for the second step's durable commit makes it durable, too. Then the links, as
 * short jobs of the folder queue. What is reported is what a fresh transaction reads after that,
 * for a row that was written need not be there once it is committed.
 *
 * A message whose second step fails, or is never reached, belongs to no folder; collect.c removes
 * it.
 */
#include <string.h>

#include "mailstore/message/content.h"
#include "mailstore/message/entry.h"
#include "mailstore/message/folder.h"
#include "mailstore/message/keywords.h"
#include "mailstore/message/part-header.h"
#include "mailstore/message/row.h"
#include "mailstore/message/split.h"
#include "mailstore/message/transaction.h"

enum {
    LINKS_BATCH = 200 /* folders in one job: others wait in the queue meanwhile */
};

typedef struct {
    const SplitMessage *split;
    const char *sender;
    const char *recipients; /* one a line */
    gint64 received;        /* ms since 1970 */
    Digest *digests;        /* of the parts */
    DigestSet *locks;
    guint64 message;
    gboolean is_held; /* the message is locked */
} Storing;

static JET_ERR contents_store(MailSession *session, Storing *storing)
{
    g_autoptr(GHashTable) done =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);

    for (guint i = 0; i < storing->split->parts->len; i++) {
        const SplitPart *part = g_ptr_array_index(storing->split->parts, i);
        if (!g_hash_table_add(done, g_bytes_new(&storing->digests[i], sizeof(Digest))))
            continue;
        JET_ERR err = content_store(session, &storing->digests[i], part->data, storing->locks);
        if (err < 0)
            return err;
    }
    return JET_errSuccess;
}

static JET_ERR message_insert(MailSession *session, Storing *storing)
{
    const RowSetting values[] = {
        {MESSAGE_RECEIVED, ROW_NUMBER(storing->received)},
        {MESSAGE_SENDER, ROW_TEXT(storing->sender)},
        {MESSAGE_RECIPIENTS, ROW_TEXT(storing->recipients)},
        {MESSAGE_SUBJECT, ROW_TEXT(storing->split->subject)},
        {MESSAGE_TEXT, row_bytes(storing->split->text)},
    };
    JET_ERR err = row_insert(session, MESSAGES_BY_ID);
    if (err >= 0)
        err = row_get_prepared(session, MESSAGES_BY_ID, MESSAGE_ID, &storing->message,
                               sizeof storing->message);
    if (err < 0)
        return err;
    /* From the moment it can be seen, it is not to be collected, though nothing links to it yet. */
    keyed_lock_acquire(session->store->message_locks, &storing->message, FALSE);
    storing->is_held = TRUE;
    return row_set_and_write(session, MESSAGES_BY_ID, values, G_N_ELEMENTS(values));
}

static JET_ERR attachment_insert(MailSession *session, const Storing *storing, guint32 ordinal)
{
    const SplitPart *part = g_ptr_array_index(storing->split->parts, ordinal);
    guint64 offset = part->offset;
    char encoding[PART_ENCODING_TEXT_MAX];
    part_encoding_format(&part->encoding, encoding);
    const RowSetting values[] = {
        {ATTACHMENT_MESSAGE, ROW_NUMBER(storing->message)},
        {ATTACHMENT_ORDINAL, ROW_NUMBER(ordinal)},
        {ATTACHMENT_OFFSET, ROW_NUMBER(offset)},
        {ATTACHMENT_HEADER, row_bytes(part->header)},
        {ATTACHMENT_NAME, ROW_TEXT(part->name)},
        {ATTACHMENT_DIGEST, ROW_NUMBER(storing->digests[ordinal].bytes)},
        {ATTACHMENT_ENCODING, ROW_TEXT(encoding)},
    };
    JET_ERR err = row_insert(session, ATTACHMENTS_BY_ID);
    return err < 0 ? err
                   : row_set_and_write(session, ATTACHMENTS_BY_ID, values, G_N_ELEMENTS(values));
}

static JET_ERR store_body(MailSession *session, gpointer data)
{
    Storing *storing = data;
    JET_ERR err = contents_store(session, storing);

    if (err >= 0)
        err = message_insert(session, storing);
    for (guint32 i = 0; i < storing->split->parts->len && err >= 0; i++)
        err = attachment_insert(session, storing, i);
    return err;
}

static void message_let_go(MailSession *session, Storing *storing)
{
    if (storing->is_held)
        keyed_lock_release(session->store->message_locks, &storing->message);
    storing->is_held = FALSE;
}

/* The first step; the message is held when it succeeds. Waits for others that store the same
 * content outside of any transaction. */
static JET_ERR message_store(MailSession *session, Storing *storing)
{
    KeyedLock *lock = session->store->content_locks;
    JET_ERR err = digest_set_look(storing->locks, session);
    if (err < 0)
        return err;

    for (guint tries = 0; tries < TRANSACTION_TRIES; tries++) {
        digest_set_lock(storing->locks, lock);
        err = transaction_try(session, TRANSACTION_LAZY, store_body, storing);
        digest_set_unlock(storing->locks, lock);
        if (err < 0)
            message_let_go(session, storing);
        if (!transaction_is_conflict(err))
            return err;
        transaction_pause(tries);
    }
    return err;
}

/* What came without an envelope (APPEND) is from and for whom its header says. */
static void envelope_tell(const MailDelivery *delivery, const SplitMessage *split,
                          char **ret_sender, char **ret_recipients)
{
    const char *text = g_bytes_get_data(split->text, NULL);

    if (delivery->recipients != NULL) {
        *ret_sender = g_strdup(delivery->sender);
        *ret_recipients = g_strjoinv("\n", (char **)delivery->recipients);
        return;
    }
    *ret_sender = part_header_dup_addresses(text, split->header_size, "From");
    *ret_recipients = part_header_dup_addresses(text, split->header_size, "To");
}

static JET_ERR message_split_and_store(MailSession *session, const MailDelivery *delivery,
                                       guint64 *ret_message)
{
    g_autoptr(SplitMessage) split = split_message_new(delivery->text);
    guint count = split->parts->len;
    g_autofree Digest *digests = g_new(Digest, count + 1);
    for (guint i = 0; i < count; i++)
        digests[i] = content_digest(((SplitPart *)g_ptr_array_index(split->parts, i))->data);
    g_autofree char *sender = NULL, *recipients = NULL;
    envelope_tell(delivery, split, &sender, &recipients);

    Storing storing = {
        .split = split,
        .sender = sender,
        .recipients = recipients,
        .received = g_get_real_time() / 1000,
        .digests = digests,
        .locks = digest_set_new(digests, count),
    };
    JET_ERR err = message_store(session, &storing);
    digest_set_free(storing.locks);
    if (err >= 0)
        *ret_message = storing.message;
    return err;
}

typedef struct {
    const guint64 *folders;
    gsize count;
    EntryContent content;
    guint32 *uids;
    JET_ERR *errs;
} Linking;

static JET_ERR link_one(MailSession *session, guint64 folder, const EntryContent *content,
                        guint32 *ret_uid)
{
    guint32 uid;
    JET_ERR err;

    if ((err = folder_seek(session, folder)) < 0 || (err = folder_get_uid_next(session, &uid)) < 0)
        return err;
    if (uid == G_MAXUINT32)
        return JET_errOutOfDatabaseSpace;
    if ((err = entry_insert(session, folder, uid, content)) < 0) {
        row_cancel(session, ENTRIES_BY_UID);
        return err;
    }
    if ((err = folder_set_uid_next(session, uid + 1)) >= 0)
        *ret_uid = uid;
    return err;
}

/* Errors that are one folder's alone, and that leave nothing of it behind. */
static gboolean is_of_folder(JET_ERR err)
{
    return err == JET_errRecordNotFound || err == JET_errPermissionDenied ||
           err == JET_errInstanceUnavailable || err == JET_errOutOfDatabaseSpace;
}

/* Nothing may link to a message that the first step's commit left out. The entries are written
 * before that is looked at, so that who left the message out sees where it would have gone. */
static JET_ERR unlink_all(MailSession *session, const Linking *linking)
{
    JET_ERR err = JET_errSuccess;

    for (gsize i = 0; i < linking->count && err >= 0; i++) {
        if (linking->uids[i] == 0)
            continue;
        err = entry_seek(session, linking->folders[i], linking->uids[i]);
        if (err >= 0)
            err = row_delete(session, ENTRIES_BY_UID);
        else if (err == JET_errRecordNotFound)
            err = JET_errSuccess;
        linking->uids[i] = 0;
    }
    return err;
}

static JET_ERR link_job(MailSession *session, gpointer data)
{
    Linking *linking = data;
    RowValue key = ROW_NUMBER(linking->content.message);
    JET_ERR err;

    memset(linking->uids, 0, linking->count * sizeof *linking->uids);
    memset(linking->errs, 0, linking->count * sizeof *linking->errs);
    for (gsize i = 0; i < linking->count; i++) {
        err = link_one(session, linking->folders[i], &linking->content, &linking->uids[i]);
        if (err < 0 && !is_of_folder(err))
            return err;
        linking->errs[i] = err;
    }
    err = row_seek(session, MESSAGES_BY_ID, &key, 1);
    return err == JET_errRecordNotFound ? unlink_all(session, linking) : err;
}

/* The second step, for LINKS_BATCH folders at most. */
static void message_link(MailSession *session, Linking *linking, GError **ret_errors)
{
    JET_ERR err = folder_queue_run(session, link_job, linking);
    gboolean is_done = err >= 0; /* whether it can be verified or not */

    if (is_done)
        err = entries_verify(session, linking->folders, linking->count, linking->uids,
                             linking->count);
    for (gsize i = 0; i < linking->count; i++) {
        JET_ERR folder_err = err < 0 ? err : linking->errs[i];

        if (is_done && linking->errs[i] >= 0 && linking->uids[i] != 0)
            watch_list_tell(session->store->watches, linking->folders[i], TRUE);
        ret_errors[i] = NULL;
        if (folder_err < 0) {
            linking->uids[i] = 0;
            session_fail(session, folder_err, &ret_errors[i], "cannot put the message into folder");
        }
    }
}

gboolean mail_deliver(MailSession *session, const MailDelivery *delivery, const guint64 *folders,
                      gsize folder_count, guint32 *ret_uids, GError **ret_errors, GError **error)
{
    g_autoptr(GBytes) keywords = NULL;
    JET_ERR errs[LINKS_BATCH];
    guint64 message;
    JET_ERR err = keywords_pack(delivery->keywords, &keywords);

    if (err >= 0 && g_bytes_get_size(delivery->text) > MAIL_MESSAGE_MAX)
        err = JET_errInvalidParameter;
    if (err >= 0)
        err = message_split_and_store(session, delivery, &message);
    if (err < 0)
        return session_fail(session, err, error, "cannot store message");

    for (gsize i = 0; i < folder_count; i += LINKS_BATCH) {
        Linking linking = {
            .folders = folders + i,
            .count = MIN(folder_count - i, LINKS_BATCH),
            .content = {message, delivery->flags, keywords, delivery->internal_date},
            .uids = ret_uids + i,
            .errs = errs,
        };
        message_link(session, &linking, ret_errors + i);
    }
    keyed_lock_release(session->store->message_locks, &message);
    return TRUE;
}
