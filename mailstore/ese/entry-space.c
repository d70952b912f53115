/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * entry-space.c - behind the exported functions: the size of databases and compacting them.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "mailstore/ese/backup.h"
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/entry.h"
#include "mailstore/ese/open-files.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/session.h"

/* --- Compacting ----------------------------------------------------------------------- */

typedef struct {
    JET_SESID sesid;
    JET_PFNSTATUS status;
} CompactStatus;

static JET_ERR compact_say(const CompactStatus *status, JET_SNT step, JET_SNPROG *progress)
{
    JET_ERR err = status->status ? status->status(status->sesid, JET_snpCompact, step, progress)
                                 : JET_errSuccess;
    return err < 0 ? err : JET_errSuccess;
}

static JET_ERR compact_progress(void *context, uint32_t done, uint32_t total)
{
    JET_SNPROG progress = {.cbStruct = sizeof(progress), .cunitDone = done, .cunitTotal = total};
    return compact_say(context, JET_sntProgress, &progress);
}

static JET_ERR compact_check_source(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return JET_errFileNotFound;
    return database_is_attached(path) || open_file_is_used(path, &status) ? JET_errDatabaseInUse
                                                                          : JET_errSuccess;
}

static JET_ERR compact(Session *session, const char *from, const char *to, CompactStatus *status)
{
    char *source = NULL, *target = NULL;
    if (session->level > 0)
        return JET_errInTransaction;
    if (backup_is_running(session->instance))
        return JET_errBackupInProgress;
    JET_ERR err = database_resolve_path(from, &source);
    if (err >= 0)
        err = database_resolve_path(to, &target);
    if (err >= 0)
        err = compact_check_source(source);
    if (err >= 0)
        err = compact_say(status, JET_sntBegin, NULL);
    if (err >= 0)
        err = store_compact(source, target, compact_progress, status);
    if (err >= 0)
        err = compact_say(status, JET_sntComplete, NULL);
    free(source);
    free(target);
    return err;
}

JET_ERR entry_compact(JET_SESID sesid, JET_PCSTR szDatabaseSrc, JET_PCSTR szDatabaseDest,
                      JET_PFNSTATUS pfnStatus, JET_CONVERT *pconvert, JET_GRBIT grbit)
{
    Session *session;
    CompactStatus status = {sesid, pfnStatus};
    if (grbit & ~(JET_bitCompactStats | JET_bitCompactRepair))
        return JET_errInvalidGrbit;
    if (pconvert || grbit)
        return JET_errFeatureNotAvailable;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    return session_leave(session, compact(session, szDatabaseSrc, szDatabaseDest, &status));
}

/* --- Defragmenting -------------------------------------------------------------------- */

static JET_ERR defragment(Session *session, JET_DBID dbid, const char *table, JET_GRBIT grbit)
{
    const JET_GRBIT modes = JET_bitDefragmentBatchStart | JET_bitDefragmentBatchStop;
    const JET_GRBIT known = modes | JET_bitDefragmentAvailSpaceTreesOnly |
                            JET_bitDefragmentNoPartialMerges | JET_bitDefragmentBTree;
    SessionDatabase *database;
    uint32_t object_id;
    Scope scope;
    if ((grbit & ~known) || (grbit & modes) == 0 || (grbit & modes) == modes)
        return JET_errInvalidGrbit;
    RETURN_IF_ERROR(session_find_database(session, dbid, &database));
    if (database->read_only)
        return JET_errDatabaseFileReadOnly;
    if (table) {
        RETURN_IF_ERROR(scope_begin(session, database, false, &scope));
        RETURN_IF_ERROR(scope_end(&scope, catalog_find_table(scope.txn, table, &object_id)));
    }
    return grbit & JET_bitDefragmentBatchStop ? JET_wrnDefragNotRunning : JET_errSuccess;
}

JET_ERR entry_defragment(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, uint32_t *pcPasses,
                         uint32_t *pcSeconds, JET_GRBIT grbit)
{
    return entry_defragment2(sesid, dbid, szTableName, pcPasses, pcSeconds, NULL, grbit);
}

JET_ERR entry_defragment2(JET_SESID sesid, JET_DBID dbid, JET_PCSTR szTableName, uint32_t *pcPasses,
                          uint32_t *pcSeconds, JET_CALLBACK callback, JET_GRBIT grbit)
{
    Session *session;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    JET_ERR err = session_leave(session, defragment(session, dbid, szTableName, grbit));
    if (err == JET_errSuccess && pcPasses)
        *pcPasses = 0;
    if (err == JET_errSuccess && pcSeconds)
        *pcSeconds = 0;
    if (err == JET_errSuccess && callback)
        callback(sesid, dbid, JET_tableidNil, JET_cbtypOnlineDefragCompleted, NULL, NULL, NULL, 0);
    return err;
}

/* --- Sizes ---------------------------------------------------------------------------- */

static JET_ERR give_pages(uint64_t pages, uint32_t *ret)
{
    *ret = pages < UINT32_MAX ? (uint32_t)pages : UINT32_MAX;
    return JET_errSuccess;
}

static JET_ERR resize_open(JET_SESID sesid, JET_DBID dbid, uint32_t target, bool grow, bool shrink,
                           uint32_t *ret)
{
    Session *session;
    SessionDatabase *database;
    uint64_t pages = 0;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    JET_ERR err = session_find_database(session, dbid, &database);
    if (err >= 0)
        err = database->read_only
                  ? JET_errDatabaseFileReadOnly
                  : store_resize(database->database->store, target, grow, shrink, &pages);
    if (err >= 0)
        err = give_pages(pages, ret);
    return session_leave(session, err);
}

JET_ERR entry_grow_database(JET_SESID sesid, JET_DBID dbid, uint32_t cpg, uint32_t *pcpgReal)
{
    return pcpgReal ? resize_open(sesid, dbid, cpg, true, false, pcpgReal)
                    : JET_errInvalidParameter;
}

JET_ERR entry_resize_database(JET_SESID sesid, JET_DBID dbid, uint32_t cpgTarget,
                              uint32_t *pcpgActual, JET_GRBIT grbit)
{
    const JET_GRBIT both = JET_bitResizeDatabaseOnlyGrow | JET_bitResizeDatabaseOnlyShrink;
    if (!pcpgActual)
        return JET_errInvalidParameter;
    if ((grbit & ~both) || grbit == both)
        return JET_errInvalidGrbit;
    bool shrink = !(grbit & JET_bitResizeDatabaseOnlyGrow);
    RETURN_IF_ERROR(resize_open(sesid, dbid, cpgTarget, !(grbit & JET_bitResizeDatabaseOnlyShrink),
                                shrink, pcpgActual));
    return shrink && *pcpgActual > cpgTarget ? JET_wrnShrinkNotPossible : JET_errSuccess;
}

static JET_ERR resize_closed(const char *path, uint32_t target, uint32_t *ret)
{
    StoreOptions options = {.path = path};
    Store *store;
    uint64_t pages = 0;
    JET_ERR err = store_open(&options, &store);
    if (err == JET_errDatabaseSharingViolation)
        return JET_errDatabaseInUse;
    RETURN_IF_ERROR(err);
    err = store_resize(store, target, true, false, &pages);
    store_close(store);
    return err < 0 ? err : give_pages(pages, ret);
}

JET_ERR entry_set_database_size(JET_SESID sesid, JET_PCSTR szDatabaseName, uint32_t cpg,
                                uint32_t *pcpgReal)
{
    Session *session;
    char *path = NULL;
    if (!pcpgReal)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(session_enter(sesid, &session));
    JET_ERR err = database_resolve_path(szDatabaseName, &path);
    if (err >= 0)
        err = resize_closed(path, cpg, pcpgReal);
    free(path);
    return session_leave(session, err);
}
