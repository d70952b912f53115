/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * intercept-update.c - JetPrepareUpdate, JetUpdate, JetUpdate2, JetDelete.
 *
 * A call on a table of no profile is a lookup and the original. On a profiled one the prepared row
 * is judged first; the original's result is the host's, except where the row is refused or
 * deferred, and then the original does not run and the row stays prepared.
 *
 * Known limit: a callback of the host's that the original calls (JET_cbtypBeforeInsert) may still
 * set columns of the judged row, which is neither judged nor counted. Other rows that it writes are
 * deferred where that is asked for, else counted, at once, whatever becomes of their transaction:
 * who left a callback by a jump has no end of one that we would see.
 */
#include "libstorehook/intercept.h"

#include <string.h>

#include "libstorehook/connection.h"
#include "libstorehook/cursors.h"
#include "libstorehook/judge.h"
#include "libstorehook/link-note.h"
#include "libstorehook/turn.h"
#include "libstorehook/unscanned.h"

/* One JetUpdate, in either form. */
typedef struct {
    JET_SESID sesid;
    JET_TABLEID tableid;
    void *bookmark;
    uint32_t bookmark_size;
    uint32_t *actual;
    JET_GRBIT grbit;
    bool is_second; /* JetUpdate2 */
    Guard guard;
} UpdateCall;

static JET_ERR call_original(const UpdateCall *call, void *bookmark, uint32_t size,
                             uint32_t *actual)
{
    return call->is_second
               ? ORIGINAL(JetUpdate2)(call->sesid, call->tableid, bookmark, size, actual,
                                      call->grbit)
               : ORIGINAL(JetUpdate)(call->sesid, call->tableid, bookmark, size, actual);
}

/* The original, with errno as the host had it and what it left there kept for the host. *ret_key:
 * the bookmark of the row, whatever room the host has for it. */
static JET_ERR update(UpdateCall *call, ByteString *ret_key)
{
    unsigned char bookmark[JET_cbBookmarkMostMost];
    uint32_t actual = 0;
    JET_ERR err;

    errno = call->guard.saved_errno;
    err = call_original(call, bookmark, sizeof(bookmark), &actual);
    call->guard.saved_errno = errno;
    if (err < 0)
        return err;
    if (actual > 0 && actual <= sizeof(bookmark)) {
        byte_string_set(ret_key, bookmark, actual);
        if (call->bookmark)
            memcpy(call->bookmark, bookmark,
                   actual < call->bookmark_size ? actual : call->bookmark_size);
    }
    if (call->actual)
        *call->actual = actual;
    return err;
}

/* The row stands now: inside a transaction it waits for the commit. */
static void keep_row(Session *session, TrackedRow *row)
{
    if (session && session->level > 0 && transaction_add_row(session, row))
        return;
    if (intercept_row_done(session, row) && connection_peek() == CONNECTION_JUDGE)
        connection_report_counted();
    tracked_row_free(row);
}

/* A kind that is not known is taken for new content, and for that of an old row. */
static bool is_replacing(uint8_t prep)
{
    return prep == JET_prepReplace || prep == JET_prepReplaceNoLock;
}

static bool is_inserting(uint8_t prep)
{
    return prep == JET_prepInsert || prep == JET_prepInsertCopy;
}

/* A link to a message that was dropped or flagged earlier. One that was there before and named
 * another message is not given up for it. */
static JET_ERR update_linked(UpdateCall *call, Judgement *judgement, const Remembered *remembered)
{
    Session *session = judgement->session;
    TrackedRow *row = judgement->row;
    LinkNote *note = NULL;
    JET_ERR err;

    if (remembered->dropped && !row->inserted) {
        tracked_row_free(row);
        return judge_error(DECISION_REFUSE);
    }
    if (row->role == ROLE_ENTRIES)
        note = link_note_new(&judgement->place, remembered->incident, remembered->dropped);
    err = update(call, &row->fields[FIELD_BOOKMARK]);
    if (err >= 0 && remembered->dropped && rows_delete(call->sesid, row) < 0)
        err = judge_error(DECISION_DEFER);
    if (err >= 0 && note && session && session->level > 0) {
        transaction_add_note(session, note);
        note = NULL;
    }
    if (err >= 0)
        link_note_send_all(note);
    link_note_free_all(note);
    tracked_row_free(row);
    return err;
}

/* The key may be another message's by now, of this transaction. */
static bool writes_message(const Session *session, const TrackedRow *link)
{
    for (const TrackedRow *row = session ? session->rows : NULL; row; row = row->next)
        if (row->role == ROLE_MESSAGES && tracked_row_stands(row) &&
            judge_is_same_store(row, link) &&
            byte_string_equals(&row->fields[FIELD_MESSAGE], &link->fields[FIELD_MESSAGE]))
            return true;
    return false;
}

static bool find_remembered(const Judgement *judgement, Remembered *ret)
{
    TrackedRow *row = judgement->row;
    MessageName name = intercept_message_name(judgement->session, row);

    if ((row->role != ROLE_ENTRIES && row->role != ROLE_ATTACHMENTS) || remembered_is_empty())
        return false;
    if (!row->fields[FIELD_MESSAGE].data)
        table_info_read(&judgement->place, COLUMN_MESSAGE, STOREHOOK_TEXT_MAX,
                        &row->fields[FIELD_MESSAGE]);
    return remembered_find(&name, ret) && !writes_message(judgement->session, row);
}

static Decision judge_row(Judgement *judgement)
{
    TrackedRow *row = judgement->row;

    if (judgement->place.info->untold && row->role <= ROLE_CONTENTS)
        return judge_unscanned(row, STOREHOOK_REASON_RESOURCES);
    switch (row->role) {
    case ROLE_CONTENTS:
        return judge_content(judgement);
    case ROLE_MESSAGES:
        return judge_text(judgement);
    case ROLE_ATTACHMENTS:
        return judge_link(judgement);
    case ROLE_ENTRIES:
        /* Only to go with its message; nothing in it is judged. */
        judgement->unchanged =
            !judgement->session || judgement->session->level == 0 ||
            (judgement->replaces && !table_info_changed(&judgement->place, COLUMN_MESSAGE)) ||
            table_info_read(&judgement->place, COLUMN_MESSAGE, STOREHOOK_TEXT_MAX,
                            &row->fields[FIELD_MESSAGE]) < 0;
        return DECISION_WRITE;
    default:
        judgement->unchanged = true;
        return DECISION_WRITE;
    }
}

/* A flagged row must be held until commit, or be judged whole now. */
static Decision judge_flagged(Judgement *judgement)
{
    TrackedRow *row = judgement->row;
    Session *session = judgement->session;

    if (!row->flagged)
        return DECISION_WRITE;
    if (session && session->level > 0)
        return transaction_is_full(session) || !transaction_make_room(session, row)
                   ? DECISION_REFUSE
                   : DECISION_WRITE;
    return judge_alone(judgement);
}

/* The host is told that the row was written; nobody will see it. */
static JET_ERR skip(UpdateCall *call, Judgement *judgement)
{
    TrackedRow *row = judgement->row;
    JET_ERR err = ORIGINAL(JetPrepareUpdate)(call->sesid, call->tableid, JET_prepCancel);

    if (err < 0) {
        tracked_row_free(row);
        return JET_errInstanceUnavailable;
    }
    if (call->actual)
        *call->actual = 0;
    keep_row(judgement->session, row);
    return JET_errSuccess;
}

static JET_ERR update_judged(UpdateCall *call, Judgement *judgement)
{
    TrackedRow *row = judgement->row;
    Remembered remembered;
    Decision decision;
    JET_ERR err;

    if (find_remembered(judgement, &remembered) &&
        (remembered.dropped || row->role == ROLE_ENTRIES))
        return update_linked(call, judgement, &remembered);
    decision = judge_row(judgement);
    turn_give();
    if (decision == DECISION_WRITE)
        decision = judge_flagged(judgement);
    if (decision == DECISION_SKIP)
        return skip(call, judgement);
    err = decision == DECISION_WRITE ? update(call, &row->fields[FIELD_BOOKMARK])
                                     : judge_error(decision);
    if (err < 0)
        judge_restore(judgement);
    if (err < 0 || judgement->unchanged)
        tracked_row_free(row);
    else
        keep_row(judgement->session, row);
    return err;
}

/* No profile yet: what is inserted is counted by table, until it is known which are judged. */
static JET_ERR update_unprofiled(UpdateCall *call, Judgement *judgement)
{
    TrackedRow *row = judgement->row;
    JET_ERR err = update(call, &row->fields[FIELD_BOOKMARK]);

    row->reason = STOREHOOK_REASON_UNAVAILABLE;
    if (err < 0 || judgement->replaces)
        tracked_row_free(row);
    else
        keep_row(judgement->session, row);
    return err;
}

static bool is_judged(const TableInfo *info)
{
    return info->profiled && info->role <= ROLE_CONTENTS;
}

static JET_ERR update_learnt(UpdateCall *call, const Cursor *cursor)
{
    int64_t deadline_us = (int64_t)connection_deadline_ms() * 1000;
    Session *session = session_acquire(call->sesid);
    Judgement judgement = {
        .place = {.sesid = call->sesid,
                  .tableid = call->tableid,
                  .info = &cursor->info,
                  .grbit = JET_bitRetrieveCopy},
        .session = session,
        .budget_us = session && session->level > 0 ? &session->budget_us : &deadline_us,
        .row = tracked_row_new(&cursor->info),
        .replaces = is_replacing(cursor->prep),
    };
    JET_ERR err;

    if (judgement.row) {
        judgement.row->inserted = is_inserting(cursor->prep);
        err = cursor->info.profiled ? update_judged(call, &judgement)
                                    : update_unprofiled(call, &judgement);
    } else if (is_judged(&cursor->info) && judge_defers()) {
        err = judge_error(DECISION_DEFER);
    } else {
        ByteString bookmark = {0};

        err = update(call, &bookmark);
        if (err >= 0 && is_judged(&cursor->info))
            unscanned_add(STOREHOOK_REASON_RESOURCES, cursor->info.table, &bookmark);
        byte_string_clear(&bookmark);
    }
    session_release(session);
    return err;
}

/* A handle learnt in a transaction may have been opened in it, and then its rollback closes it. */
static void note_new_handle(JET_SESID sesid, JET_TABLEID tableid)
{
    Session *session = session_acquire(sesid);

    if (session)
        transaction_note_handle(session, tableid);
    session_release(session);
}

/* What is known of the cursor; *ret only when that is TABLE_LEARNT. */
static TableKnowledge find_cursor(JET_SESID sesid, JET_TABLEID tableid, Cursor *ret)
{
    bool is_new;
    TableKnowledge knowledge = cursors_find(sesid, tableid, ret, &is_new);

    if (is_new)
        note_new_handle(sesid, tableid);
    return knowledge;
}

enum {
    CALLS_BETWEEN_LOOKS = 64 /* on tables of no profile: whether the service has news */
};

static JET_ERR update_guarded(UpdateCall *call)
{
    bool is_ours =
        !connection_is_not_you() && cursors_peek(call->sesid, call->tableid) != TABLE_UNPROFILED;
    TableKnowledge knowledge = TABLE_UNKNOWN;
    Cursor cursor;
    JET_ERR err;

    if (!is_ours && ++guard_thread.calls % CALLS_BETWEEN_LOOKS != 0)
        return call_original(call, call->bookmark, call->bookmark_size, call->actual);
    guard_work_begin(&call->guard);
    if (connection_mode() != CONNECTION_NOT_YOU)
        knowledge = find_cursor(call->sesid, call->tableid, &cursor);
    if (knowledge == TABLE_LEARNT) {
        err = update_learnt(call, &cursor);
        if (err >= 0)
            cursors_set_prep(call->tableid, CURSOR_PREP_UNKNOWN);
    } else {
        errno = call->guard.saved_errno;
        err = call_original(call, call->bookmark, call->bookmark_size, call->actual);
        call->guard.saved_errno = errno;
    }
    guard_work_end(&call->guard);
    return err;
}

/* What the store does to do its own work was judged, or counted, where it was asked for. */
static bool learn_nested(const UpdateCall *call, const void *caller, TableInfo *ret)
{
    return !connection_is_not_you() &&
           cursors_peek(call->sesid, call->tableid) != TABLE_UNPROFILED &&
           !originals_is_store(caller) &&
           table_info_learn(call->sesid, call->tableid, ret) == TABLE_LEARNT;
}

static JET_ERR update_in_callback(const UpdateCall *call, const void *caller, int saved_errno)
{
    TableInfo info;
    bool learnt = learn_nested(call, caller, &info);
    JET_ERR err;

    if (learnt && is_judged(&info) && judge_defers())
        return judge_error(DECISION_DEFER);
    errno = saved_errno;
    err = call_original(call, call->bookmark, call->bookmark_size, call->actual);
    if (err < 0 || !learnt)
        return err;
    if (!info.profiled)
        unscanned_add_unjudged(info.table, NULL);
    else if (is_judged(&info))
        unscanned_add(STOREHOOK_REASON_RESOURCES, info.table, NULL);
    return err;
}

/* From within another call, or in a forked process. */
static JET_ERR update_nested(const UpdateCall *call, const void *caller)
{
    Guard guard;
    JET_ERR err;

    if (guard_thread.depth == 0)
        return call_original(call, call->bookmark, call->bookmark_size, call->actual);
    guard_work_begin(&guard);
    /* Who came here by a jump has it no more. */
    turn_give();
    err = update_in_callback(call, caller, guard.saved_errno);
    guard_work_end(&guard);
    return err;
}

static JET_ERR update_called(UpdateCall *call, const void *caller)
{
    JET_ERR err;

    if (!guard_enter())
        return update_nested(call, caller);
    err = update_guarded(call);
    guard_leave();
    return err;
}

INTERCEPT_EXPORT JET_ERR JetUpdate(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark,
                                   uint32_t cbBookmark, uint32_t *pcbActual)
{
    UpdateCall call = {.sesid = sesid,
                       .tableid = tableid,
                       .bookmark = pvBookmark,
                       .bookmark_size = cbBookmark,
                       .actual = pcbActual};

    if (!ORIGINAL(JetUpdate))
        return JET_errEntryPointNotFound;
    return update_called(&call, __builtin_return_address(0));
}

INTERCEPT_EXPORT JET_ERR JetUpdate2(JET_SESID sesid, JET_TABLEID tableid, void *pvBookmark,
                                    uint32_t cbBookmark, uint32_t *pcbActual, JET_GRBIT grbit)
{
    UpdateCall call = {.sesid = sesid,
                       .tableid = tableid,
                       .bookmark = pvBookmark,
                       .bookmark_size = cbBookmark,
                       .actual = pcbActual,
                       .grbit = grbit,
                       .is_second = true};

    if (!ORIGINAL(JetUpdate2))
        return JET_errEntryPointNotFound;
    return update_called(&call, __builtin_return_address(0));
}

INTERCEPT_EXPORT JET_ERR JetPrepareUpdate(JET_SESID sesid, JET_TABLEID tableid, uint32_t prep)
{
    bool is_ours;
    Cursor cursor;
    Guard guard;
    JET_ERR err;

    if (!ORIGINAL(JetPrepareUpdate) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetPrepareUpdate, sesid, tableid, prep);
    is_ours = prep != JET_prepCancel && !connection_is_not_you() &&
              cursors_peek(sesid, tableid) != TABLE_UNPROFILED;
    err = ORIGINAL(JetPrepareUpdate)(sesid, tableid, prep);
    if (is_ours && err >= 0) {
        guard_work_begin(&guard);
        if (connection_mode() != CONNECTION_NOT_YOU &&
            find_cursor(sesid, tableid, &cursor) == TABLE_LEARNT)
            cursors_set_prep(tableid, prep);
        guard_work_end(&guard);
    }
    guard_leave();
    return err;
}

static JET_ERR delete_learnt(JET_SESID sesid, JET_TABLEID tableid, const TableInfo *info,
                             Guard *guard)
{
    Session *session = session_acquire(sesid);
    unsigned char bookmark[JET_cbBookmarkMostMost];
    uint32_t actual = 0;
    bool tracked = session && session->level > 0 && transaction_has_rows(session) &&
                   ORIGINAL(JetGetBookmark) &&
                   ORIGINAL(JetGetBookmark)(sesid, tableid, bookmark, sizeof(bookmark), &actual) ==
                       JET_errSuccess;
    JET_ERR err;

    errno = guard->saved_errno;
    err = ORIGINAL(JetDelete)(sesid, tableid);
    guard->saved_errno = errno;
    if (err >= 0 && tracked) {
        ByteString gone = {bookmark, actual};

        transaction_row_deleted(session, info, &gone);
    }
    session_release(session);
    return err;
}

INTERCEPT_EXPORT JET_ERR JetDelete(JET_SESID sesid, JET_TABLEID tableid)
{
    Cursor cursor;
    Guard guard;
    JET_ERR err;

    if (!ORIGINAL(JetDelete) || !guard_enter())
        return INTERCEPT_ORIGINAL(JetDelete, sesid, tableid);
    if (connection_is_not_you() || cursors_peek(sesid, tableid) == TABLE_UNPROFILED) {
        err = ORIGINAL(JetDelete)(sesid, tableid);
    } else {
        guard_work_begin(&guard);
        if (find_cursor(sesid, tableid, &cursor) == TABLE_LEARNT) {
            err = delete_learnt(sesid, tableid, &cursor.info, &guard);
        } else {
            errno = guard.saved_errno;
            err = ORIGINAL(JetDelete)(sesid, tableid);
            guard.saved_errno = errno;
        }
        guard_work_end(&guard);
    }
    guard_leave();
    return err;
}
