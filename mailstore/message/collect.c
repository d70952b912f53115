/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * collect.c - removes messages that no folder has, and contents that no message has.
 *
 * One pass over both tables in bounded steps, each with its own snapshot; what changes meanwhile is
 * for the next pass. A candidate is looked at again where nobody can link to it any more: messages
 * in the folder queue, contents under their lock and read by a session with a newer snapshot.
 */
#include <string.h>

#include "mailstore/message/content.h"
#include "mailstore/message/row.h"
#include "mailstore/message/summary.h"
#include "mailstore/message/transaction.h"

enum {
    STEP_ROWS = 1000, /* looked at in one snapshot */
    STEP_DELETES = 50 /* removed in one transaction */
};

typedef struct {
    gint64 before; /* received earlier, ms since 1970 */
    guint64 next;  /* id to go on from; 0 at the end */
    guint64 ids[STEP_DELETES];
    guint count;
    guint deleted;
} MessageStep;

static JET_ERR message_is_dead(MailSession *session, guint64 id, gint64 before, gboolean *ret)
{
    RowValue key = ROW_NUMBER(id);
    guint64 received;
    gboolean linked;
    JET_ERR err;

    if ((err = row_get_number(session, MESSAGES_BY_ID, MESSAGE_RECEIVED, &received)) < 0 ||
        (err = row_exists(session, ENTRIES_BY_MESSAGE, key, &linked)) < 0)
        return err;
    *ret = !linked && (gint64)received <= before;
    return JET_errSuccess;
}

static JET_ERR messages_find(MailSession *session, gpointer data)
{
    MessageStep *step = data;
    RowValue from = ROW_NUMBER(step->next);
    guint64 id = 0;

    step->count = 0;
    JET_ERR err = row_first(session, MESSAGES_BY_ID, NULL, 0, &from);
    for (guint i = 0; err >= 0; i++) {
        gboolean dead;
        if ((err = row_get_number(session, MESSAGES_BY_ID, MESSAGE_ID, &id)) < 0)
            return err;
        if (i == STEP_ROWS || step->count == STEP_DELETES) {
            step->next = id;
            return JET_errSuccess;
        }
        if ((err = message_is_dead(session, id, step->before, &dead)) < 0)
            return err;
        if (dead)
            step->ids[step->count++] = id;
        err = row_next(session, MESSAGES_BY_ID);
    }
    if (err != JET_errRecordNotFound)
        return err;
    step->next = 0;
    return JET_errSuccess;
}

static JET_ERR attachments_delete(MailSession *session, guint64 message)
{
    RowValue key = ROW_NUMBER(message);
    JET_ERR err;

    while ((err = row_first(session, ATTACHMENTS_BY_MESSAGE, &key, 1, NULL)) >= 0)
        if ((err = row_delete(session, ATTACHMENTS_BY_MESSAGE)) < 0)
            return err;
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

static JET_ERR message_delete(MailSession *session, guint64 id, MessageStep *step)
{
    RowValue key = ROW_NUMBER(id);
    gboolean dead;
    JET_ERR err = row_seek(session, MESSAGES_BY_ID, &key, 1);

    if (err < 0)
        return err == JET_errRecordNotFound ? JET_errSuccess : err;
    if ((err = message_is_dead(session, id, step->before, &dead)) < 0 || !dead)
        return err;
    if ((err = attachments_delete(session, id)) < 0 || (err = summary_delete(session, id)) < 0 ||
        (err = row_delete(session, MESSAGES_BY_ID)) < 0)
        return err;
    step->deleted++;
    return JET_errSuccess;
}

static JET_ERR messages_delete_job(MailSession *session, gpointer data)
{
    MessageStep *step = data;
    JET_ERR err = JET_errSuccess;

    step->deleted = 0;
    for (guint i = 0; i < step->count && err >= 0; i++) {
        if (!keyed_lock_try(session->store->message_locks, &step->ids[i]))
            continue; /* about to be linked */
        err = message_delete(session, step->ids[i], step);
        keyed_lock_release(session->store->message_locks, &step->ids[i]);
    }
    return err;
}

static JET_ERR messages_collect(MailSession *session, gint64 before, guint *ret_count)
{
    MessageStep step = {.before = before, .next = 1};

    while (step.next != 0 && !atomic_load(&session->store->no_collecting)) {
        JET_ERR err = transaction_run(session, TRANSACTION_READ, messages_find, &step);
        if (err >= 0 && step.count > 0)
            err = folder_queue_run(session, messages_delete_job, &step);
        if (err < 0)
            return err;
        *ret_count += step.count > 0 ? step.deleted : 0;
    }
    return JET_errSuccess;
}

typedef struct {
    MailSession *checker; /* sees what was committed after the locks were taken */
    gboolean at_end;
    Digest next;
    Digest digests[STEP_DELETES];
    gboolean dead[STEP_DELETES];
    guint count;
} ContentStep;

static JET_ERR contents_find(MailSession *session, gpointer data)
{
    ContentStep *step = data;
    RowValue from = ROW_NUMBER(step->next.bytes);
    Digest digest;
    gsize size;

    step->count = 0;
    JET_ERR err = row_first(session, CONTENTS_BY_DIGEST, NULL, 0, &from);
    for (guint i = 0; err >= 0; i++) {
        gboolean linked;
        if ((err = row_get_short(session, CONTENTS_BY_DIGEST, CONTENT_DIGEST, digest.bytes,
                                 sizeof digest.bytes, &size)) < 0)
            return err;
        if (i == STEP_ROWS || step->count == STEP_DELETES) {
            step->next = digest;
            return JET_errSuccess;
        }
        if ((err = row_exists(session, ATTACHMENTS_BY_DIGEST, ROW_NUMBER(digest.bytes), &linked)) <
            0)
            return err;
        if (!linked)
            step->digests[step->count++] = digest;
        err = row_next(session, CONTENTS_BY_DIGEST);
    }
    if (err != JET_errRecordNotFound)
        return err;
    step->at_end = TRUE;
    return JET_errSuccess;
}

/* Of the checker's session: which of the locked digests nothing links to. */
static JET_ERR contents_check(MailSession *session, gpointer data)
{
    ContentStep *step = data;
    for (guint i = 0; i < step->count; i++) {
        gboolean linked;
        JET_ERR err =
            row_exists(session, ATTACHMENTS_BY_DIGEST, ROW_NUMBER(step->digests[i].bytes), &linked);
        if (err < 0)
            return err;
        step->dead[i] = step->dead[i] && !linked;
    }
    return JET_errSuccess;
}

static JET_ERR contents_delete(MailSession *session, gpointer data)
{
    ContentStep *step = data;

    for (guint i = 0; i < step->count; i++)
        step->dead[i] = content_seek(session, &step->digests[i]) >= 0 &&
                        row_lock(session, CONTENTS_BY_DIGEST, JET_bitWriteLock) >= 0;
    JET_ERR err = transaction_run(step->checker, TRANSACTION_READ, contents_check, step);
    for (guint i = 0; i < step->count && err >= 0; i++) {
        if (!step->dead[i])
            continue;
        if ((err = content_seek(session, &step->digests[i])) >= 0)
            err = row_delete(session, CONTENTS_BY_DIGEST);
    }
    return err;
}

/* Keeps those digests that nobody is storing right now, locked. */
static void contents_lock(MailSession *session, ContentStep *step)
{
    guint count = 0;
    for (guint i = 0; i < step->count; i++)
        if (keyed_lock_try(session->store->content_locks, &step->digests[i]))
            step->digests[count++] = step->digests[i];
    step->count = count;
}

static JET_ERR contents_collect(MailSession *session, MailSession *checker)
{
    ContentStep step = {.checker = checker};

    while (!step.at_end && !atomic_load(&session->store->no_collecting)) {
        JET_ERR err = transaction_run(session, TRANSACTION_READ, contents_find, &step);
        if (err < 0)
            return err;
        contents_lock(session, &step);
        if (step.count > 0)
            err = transaction_run(session, TRANSACTION_LAZY, contents_delete, &step);
        for (guint i = 0; i < step.count; i++)
            keyed_lock_release(session->store->content_locks, &step.digests[i]);
        if (err < 0)
            return err;
    }
    return JET_errSuccess;
}

void mail_collect_stop(MailStore *store)
{
    atomic_store(&store->no_collecting, TRUE);
}

guint64 mail_store_count_unlinked(MailStore *store)
{
    return atomic_load(&store->unlinked);
}

gboolean mail_collect(MailSession *session, gint64 min_age, guint *ret_messages, GError **error)
{
    MailSession *checker = mail_session_new(session->store, error);
    guint messages = 0;

    if (checker == NULL)
        return FALSE;
    JET_ERR err = messages_collect(session, g_get_real_time() / 1000 - min_age * 1000, &messages);
    if (err >= 0)
        err = contents_collect(session, checker);
    mail_session_free(checker);
    if (err < 0)
        return session_fail(session, err, error, "cannot remove what no folder has");
    *ret_messages = messages;
    return TRUE;
}
