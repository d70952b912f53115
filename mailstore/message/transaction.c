/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transaction.c - one function's work as one transaction, run again when others were in the way.
 *
 * The store API never waits for another session: it reports a conflict at once. Those who would
 * meet often are kept apart by locks of this process (keyed-lock.h, folder-queue.h), so a second
 * try is rare, and a conflict that outlives all tries means that something is stuck.
 */
#include "mailstore/message/transaction.h"

#define PAUSE_MAX_US 60000

gboolean transaction_is_conflict(JET_ERR err)
{
    return err == JET_errWriteConflict || err == JET_errKeyDuplicate;
}

void transaction_pause(guint tries)
{
    g_usleep(MIN(50ul << MIN(tries, 16), PAUSE_MAX_US));
}

JET_ERR transaction_try(MailSession *session, TransactionKind kind, TransactionBody body,
                        gpointer data)
{
    JET_ERR err = JetBeginTransaction2(session->sesid,
                                       kind == TRANSACTION_READ ? JET_bitTransactionReadOnly : 0);
    if (err < 0) {
        session->failure = (Failure){err, "JetBeginTransaction2", NULL};
        return err;
    }

    err = body(session, data);
    if (err >= 0) {
        err = JetCommitTransaction(session->sesid,
                                   kind == TRANSACTION_DURABLE ? 0 : JET_bitCommitLazyFlush);
        if (err >= 0)
            return JET_errSuccess;
        session->failure = (Failure){err, "JetCommitTransaction", NULL};
    }
    if (err == JET_errDiskIO) /* an id is drawn in a commit of its own, so the body may meet it */
        atomic_store(&session->store->has_failed, TRUE);
    JetRollback(session->sesid, JET_bitRollbackAll); /* also savepoints that the body left */
    return err;
}

JET_ERR transaction_run(MailSession *session, TransactionKind kind, TransactionBody body,
                        gpointer data)
{
    JET_ERR err = transaction_try(session, kind, body, data);

    for (guint i = 1; i < TRANSACTION_TRIES && transaction_is_conflict(err); i++) {
        transaction_pause(i);
        err = transaction_try(session, kind, body, data);
    }
    return err;
}
