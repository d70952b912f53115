/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.c - what readers found out about messages, beside them.
 *
 * A delivery does nothing for it: a summary is of what is stored, which need not be what was
 * delivered. The rows are in a table of their own, so that keeping them touches no row of a
 * message.
 *
 * We do not change a message once it is stored, but another program may. So a summary has the state
 * of the message that it is of: the rows the message is made of and how often each was changed,
 * which the engine counts whoever does it.
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

static guint64 state_mix(guint64 state, guint64 number)
{
    return (state ^ number) * 0x100000001b3; /* FNV-1a, by words */
}

/* 0 of a message that is gone. */
static JET_ERR state_read(MailSession *session, guint64 message, guint64 *ret)
{
    RowValue key = ROW_NUMBER(message);
    guint64 state = 0xcbf29ce484222325, version;
    JET_ERR err = row_seek(session, MESSAGES_BY_ID, &key, 1);

    *ret = 0;
    if (err == JET_errRecordNotFound)
        return JET_errSuccess;
    if (err < 0 || (err = row_get_number(session, MESSAGES_BY_ID, MESSAGE_VERSION, &version)) < 0)
        return err;
    state = state_mix(state, version);
    err = row_first(session, ATTACHMENTS_BY_MESSAGE, &key, 1, NULL);
    while (err >= 0) {
        guint64 id = 0, changes = 0;
        RowField fields[] = {ROW_FIELD(ATTACHMENT_ID, id), ROW_FIELD(ATTACHMENT_VERSION, changes)};
        err = row_get_fields(session, ATTACHMENTS_BY_MESSAGE, fields, G_N_ELEMENTS(fields));
        if (err < 0)
            return err;
        state = state_mix(state_mix(state, id), changes);
        err = row_next(session, ATTACHMENTS_BY_MESSAGE);
    }
    if (err == JET_errRecordNotFound)
        *ret = state;
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

static JET_ERR read_one(MailSession *session, MailSummary *summary)
{
    guint8 bytes[MAIL_SUMMARY_MAX];
    guint64 state = 0;
    RowField fields[] = {ROW_FIELD(SUMMARY_STATE, state), ROW_FIELD(SUMMARY_DATA, bytes)};
    JET_ERR err = state_read(session, summary->message, &summary->state);

    if (err >= 0)
        err = summary_seek(session, summary->message);
    if (err < 0)
        return err == JET_errRecordNotFound ? JET_errSuccess : err;
    err = row_get_fields(session, SUMMARIES_BY_MESSAGE, fields, G_N_ELEMENTS(fields));
    if (err >= 0 && state == summary->state)
        summary->data = g_bytes_new(bytes, MIN(fields[1].actual, sizeof bytes));
    return err;
}

typedef struct {
    MailSummary *summaries;
    gsize count;
} Reading;

static JET_ERR read_body(MailSession *session, gpointer data)
{
    const Reading *reading = data;
    JET_ERR err = JET_errSuccess;

    for (gsize i = 0; i < reading->count && err >= 0; i++)
        err = read_one(session, &reading->summaries[i]);
    return err;
}

gboolean mail_summaries_read(MailSession *session, MailSummary *summaries, gsize count,
                             GError **error)
{
    Reading reading = {summaries, count};

    for (gsize i = 0; i < count; i++)
        summaries[i].data = NULL;
    JET_ERR err = transaction_try(session, TRANSACTION_READ, read_body, &reading);
    if (err >= 0)
        return TRUE;
    for (gsize i = 0; i < count; i++)
        g_clear_pointer(&summaries[i].data, g_bytes_unref);
    return session_fail(session, err, error, "cannot read what is kept of messages");
}

typedef struct {
    const MailSummary *summaries;
    gsize count;
} Keeping;

static JET_ERR keep_one(MailSession *session, const MailSummary *summary)
{
    RowValue key = ROW_NUMBER(summary->message);
    const RowSetting values[] = {
        {SUMMARY_MESSAGE, key},
        {SUMMARY_STATE, ROW_NUMBER(summary->state)},
        {SUMMARY_DATA, row_bytes(summary->data)},
    };
    JET_ERR err = row_seek(session, MESSAGES_BY_ID, &key, 1);

    if (err < 0)
        return err == JET_errRecordNotFound ? JET_errSuccess : err;
    if ((err = row_lock(session, MESSAGES_BY_ID, JET_bitWriteLock)) < 0)
        return err;
    err = summary_seek(session, summary->message);
    if (err == JET_errRecordNotFound)
        err = row_insert(session, SUMMARIES_BY_MESSAGE);
    else if (err >= 0)
        err = row_replace(session, SUMMARIES_BY_MESSAGE);
    return err < 0 ? err
                   : row_set_and_write(session, SUMMARIES_BY_MESSAGE, values, G_N_ELEMENTS(values));
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
