/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.c - what readers found out about messages, beside them.
 *
 * A message does not change once it is stored, so what was found out stays right. A delivery does
 * nothing for it: a summary is of what is stored, which need not be what was delivered. The rows
 * are in a table of their own, so that keeping them touches no row of a message.
 *
 * They can be made again and are committed lazily. Who keeps one write-locks its message: a
 * collection that did not see the summary meets a conflict when it deletes the message, and looks
 * again.
 */
#include "mailstore/message/summary.h"

#include <string.h>

#include "mailstore/message/row.h"
#include "mailstore/message/transaction.h"

static JET_ERR summary_seek(MailSession *session, guint64 message)
{
    RowValue key = ROW_NUMBER(message);
    return row_seek(session, SUMMARIES_BY_MESSAGE, &key, 1);
}

JET_ERR summary_delete(MailSession *session, guint64 message)
{
    JET_ERR err = summary_seek(session, message);
    if (err < 0)
        return err == JET_errRecordNotFound ? JET_errSuccess : err;
    return row_delete(session, SUMMARIES_BY_MESSAGE);
}

typedef struct {
    const guint64 *messages;
    gsize count;
    GBytes **summaries;
} Reading;

static void reading_forget(const Reading *reading)
{
    for (gsize i = 0; i < reading->count; i++)
        g_clear_pointer(&reading->summaries[i], g_bytes_unref);
}

static JET_ERR read_body(MailSession *session, gpointer data)
{
    const Reading *reading = data;
    guint8 bytes[MAIL_SUMMARY_MAX];
    gsize size;

    for (gsize i = 0; i < reading->count; i++) {
        JET_ERR err = summary_seek(session, reading->messages[i]);
        if (err == JET_errRecordNotFound)
            continue;
        if (err < 0 || (err = row_get_short(session, SUMMARIES_BY_MESSAGE, SUMMARY_DATA, bytes,
                                            sizeof bytes, &size)) < 0)
            return err;
        reading->summaries[i] = g_bytes_new(bytes, size);
    }
    return JET_errSuccess;
}

gboolean mail_summaries_read(MailSession *session, const guint64 *messages, gsize count,
                             GBytes **ret_summaries, GError **error)
{
    Reading reading = {messages, count, ret_summaries};

    memset(ret_summaries, 0, count * sizeof *ret_summaries);
    JET_ERR err = transaction_try(session, TRANSACTION_READ, read_body, &reading);
    if (err >= 0)
        return TRUE;
    reading_forget(&reading);
    return session_fail(session, err, error, "cannot read what is kept of messages");
}

typedef struct {
    const MailSummary *summaries;
    gsize count;
} Keeping;

static JET_ERR keep_one(MailSession *session, const MailSummary *summary)
{
    RowValue key = ROW_NUMBER(summary->message), value;
    JET_ERR err = row_seek(session, MESSAGES_BY_ID, &key, 1);

    if (err < 0)
        return err == JET_errRecordNotFound ? JET_errSuccess : err;
    if ((err = row_lock(session, MESSAGES_BY_ID, JET_bitWriteLock)) < 0)
        return err;
    err = summary_seek(session, summary->message);
    if (err == JET_errRecordNotFound) {
        if ((err = row_insert(session, SUMMARIES_BY_MESSAGE)) >= 0)
            err = row_set(session, SUMMARIES_BY_MESSAGE, SUMMARY_MESSAGE, key);
    } else if (err >= 0) {
        err = row_replace(session, SUMMARIES_BY_MESSAGE);
    }
    if (err < 0)
        return err;
    value.data = g_bytes_get_data(summary->data, &value.size);
    err = row_set(session, SUMMARIES_BY_MESSAGE, SUMMARY_DATA, value);
    return err < 0 ? err : row_write(session, SUMMARIES_BY_MESSAGE);
}

static JET_ERR keep_body(MailSession *session, gpointer data)
{
    const Keeping *keeping = data;
    JET_ERR err = JET_errSuccess;

    for (gsize i = 0; i < keeping->count && err >= 0; i++)
        err = keep_one(session, &keeping->summaries[i]);
    return err;
}

gboolean mail_summaries_keep(MailSession *session, const MailSummary *summaries, gsize count,
                             GError **error)
{
    Keeping keeping = {summaries, count};
    JET_ERR err = transaction_try(session, TRANSACTION_LAZY, keep_body, &keeping);
    return err >= 0 || session_fail(session, err, error, "cannot keep what is known of messages");
}
