/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * intercept-close.c - JetCloseTable, JetCloseDatabase, JetDetachDatabase/2 (A, W), JetTerm/2.
 *
 * What is known of a handle is forgotten before the original runs: after it the value may already
 * be another thread's. To forget too much only costs asking again.
 */
#include "libstorehook/intercept.h"

#include "libstorehook/connection.h"
#include "libstorehook/cursors.h"
#include "libstorehook/transactions.h"

INTERCEPT_EXPORT JET_ERR JetCloseTable(JET_SESID sesid, JET_TABLEID tableid)
{
    JET_ERR err;

    if (!ORIGINAL(JetCloseTable) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetCloseTable, sesid, tableid);
    cursors_forget(tableid);
    err = ORIGINAL(JetCloseTable)(sesid, tableid);
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetCloseDatabase(JET_SESID sesid, JET_DBID dbid, JET_GRBIT grbit)
{
    JET_ERR err;

    if (!ORIGINAL(JetCloseDatabase) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetCloseDatabase, sesid, dbid, grbit);
    cursors_forget_session(sesid);
    err = ORIGINAL(JetCloseDatabase)(sesid, dbid, grbit);
    guard_leave();
    return err;
}

#define DETACH(name, parameters, ...)                                                              \
    INTERCEPT_EXPORT JET_ERR name parameters                                                       \
    {                                                                                              \
        JET_ERR err;                                                                               \
                                                                                                   \
        if (!ORIGINAL(name) || !guard_enter())                                                     \
            return INTERCEPT_ORIGINAL(name, __VA_ARGS__);                                          \
        cursors_forget_all();                                                                      \
        err = ORIGINAL(name)(__VA_ARGS__);                                                         \
        guard_leave();                                                                             \
        return err;                                                                                \
    }

DETACH(JetDetachDatabase, (JET_SESID sesid, JET_PCSTR szFilename), sesid, szFilename)
DETACH(JetDetachDatabaseA, (JET_SESID sesid, JET_PCSTR szFilename), sesid, szFilename)
DETACH(JetDetachDatabaseW, (JET_SESID sesid, JET_PCWSTR szFilename), sesid, szFilename)
DETACH(JetDetachDatabase2, (JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit), sesid,
       szFilename, grbit)
DETACH(JetDetachDatabase2A, (JET_SESID sesid, JET_PCSTR szFilename, JET_GRBIT grbit), sesid,
       szFilename, grbit)
DETACH(JetDetachDatabase2W, (JET_SESID sesid, JET_PCWSTR szFilename, JET_GRBIT grbit), sesid,
       szFilename, grbit)
#undef DETACH

/* The store's life ends, perhaps the process's: what passed unscanned is told now or never. */
static void end(JET_INSTANCE instance)
{
    Guard guard;

    guard_work_begin(&guard);
    cursors_forget_all();
    connection_report_last();
    session_end_instance(instance);
    guard_work_end(&guard);
}

INTERCEPT_EXPORT JET_ERR JetTerm(JET_INSTANCE instance)
{
    JET_ERR err;

    if (!ORIGINAL(JetTerm) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetTerm, instance);
    end(instance);
    err = ORIGINAL(JetTerm)(instance);
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetTerm2(JET_INSTANCE instance, JET_GRBIT grbit)
{
    JET_ERR err;

    if (!ORIGINAL(JetTerm2) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetTerm2, instance, grbit);
    end(instance);
    err = ORIGINAL(JetTerm2)(instance, grbit);
    guard_leave();
    return err;
}
