/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transaction.h - one function's work as one transaction, run again when others were in the way.
 */
#ifndef MAILSTORE_MESSAGE_TRANSACTION_H
#define MAILSTORE_MESSAGE_TRANSACTION_H

#include "mailstore/message/session.h"

typedef enum {
    TRANSACTION_READ,
    TRANSACTION_LAZY,   /* durable with the next durable one of any session */
    TRANSACTION_DURABLE /* on disk before the return */
} TransactionKind;

/* May be run several times, each time with a fresh snapshot: it must begin its results anew. */
typedef JET_ERR (*TransactionBody)(MailSession *session, gpointer data);

/* Begins, runs the body, commits; rolls back when either fails. JET_errWriteConflict and
 * JET_errKeyDuplicate are tried again TRANSACTION_TRIES times. */
enum {
    TRANSACTION_TRIES = 60 /* with the pauses between them about three seconds */
};
JET_ERR transaction_run(MailSession *session, TransactionKind kind, TransactionBody body,
                        gpointer data);
/* The same, once. */
JET_ERR transaction_try(MailSession *session, TransactionKind kind, TransactionBody body,
                        gpointer data);
gboolean transaction_is_conflict(JET_ERR err);
/* Waits before the next try, the longer the more tries there were. */
void transaction_pause(guint tries);

#endif /* MAILSTORE_MESSAGE_TRANSACTION_H */
