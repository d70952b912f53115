/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * intercept-close.c - JetCloseTable, JetCloseDatabase, JetDetachDatabase/2 (A, W), JetTerm/2.
 *
 * What is known of a handle is forgotten before the original runs: after it the value may already
 * be another thread's. To forget too much only costs asking again. So it is done also within
 * another call, from a callback of the host's.
 */
#include "libstorehook/intercept.h"

#include "libstorehook/connection.h"
#include "libstorehook/cursors.h"
#include "libstorehook/transactions.h"

#define CLOSE(name, forget, parameters, ...)                                                       \
    INTERCEPT_EXPORT JET_ERR name parameters                                                       \
    {                                                                                              \
        bool is_outermost = guard_enter();                                                         \
        JET_ERR err;                                                                               \
                                                                                                   \
        if (!guard_is_forked())                                                                    \
            forget;                                                                                \
        err = INTERCEPT_ORIGINAL(name, __VA_ARGS__);                                               \
        if (is_outermost)                                                                          \
            guard_leave();                                                                         \
        return err;                                                                                \
    }

CLOSE(JetCloseTable, cursors_forget(tableid), (JET_SESID sesid, JET_TABLEID tableid), sesid,
      tableid)
CLOSE(JetCloseDatabase, cursors_forget_session(sesid),
      (JET_SESID sesid, JET_DBID dbid, JET_GRBIT grbit), sesid, dbid, grbit)
CLOSE(JetDetachDatabase, cursors_forget_all(), (JET_SESID sesid, JET_PCSTR szFilename), sesid,
      szFilename)
CLOSE(JetDetachDatabaseA, cursors_forget_all(), (JET_SESID sesid, JET_PCSTR szFilename), sesid,
      szFilename)
CLOSE(JetDetachDatabaseW, cursors_forget_all(), (JET_SESID sesid, JET_PCWSTR szFilename), sesid,
      szFilename)
CLOSE(JetDetachDatabase2, cursors_forget_all(),
      (JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit), sesid, szFilename, grbit)
CLOSE(JetDetachDatabase2A, cursors_forget_all(),
      (JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit), sesid, szFilename, grbit)
CLOSE(JetDetachDatabase2W, cursors_forget_all(),
      (JET_SESID sesid, JET_PCWSTR szFilename, JET_GRBIT grbit), sesid, szFilename, grbit)
#undef CLOSE

/* The store's life ends, perhaps the process's: what passed unscanned is told now or never. */
static void begin_end(Guard *guard)
{
    guard_work_begin(guard);
    cursors_forget_all();
    connection_report_last();
    errno = guard->saved_errno;
}

/* An end that the store refused leaves its sessions in their transactions. */
static void finish_end(Guard *guard, JET_INSTANCE instance, JET_ERR err)
{
    guard->saved_errno = errno;
    if (err >= 0)
        session_end_instance(instance);
    guard_work_end(guard);
}

INTERCEPT_EXPORT JET_ERR JetTerm(JET_INSTANCE instance)
{
    Guard guard;
    JET_ERR err;

    if (!ORIGINAL(JetTerm) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetTerm, instance);
    begin_end(&guard);
    err = ORIGINAL(JetTerm)(instance);
    finish_end(&guard, instance, err);
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetTerm2(JET_INSTANCE instance, JET_GRBIT grbit)
{
    Guard guard;
    JET_ERR err;

    if (!ORIGINAL(JetTerm2) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetTerm2, instance, grbit);
    begin_end(&guard);
    err = ORIGINAL(JetTerm2)(instance, grbit);
    finish_end(&guard, instance, err);
    guard_leave();
    return err;
}
