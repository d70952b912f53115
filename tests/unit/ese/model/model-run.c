/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model-run.c - does each operation on the engine and on the model, and compares.
 */
#include <string.h>

#include "tests/unit/ese/model/model.h"

enum {
    LONG_MAX_GROWTH = DATA_MAX / 2,
};

static void fill_data(uint8_t *data, size_t size, int32_t seed)
{
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)((uint32_t)seed * 31 + i * 7 + (i >> 8));
}

/* --- Transactions -------------------------------------------------------------- */

static bool run_begin(World *world, ModelSession *session, const Op *op)
{
    JET_GRBIT grbit = op->a ? JET_bitTransactionReadOnly : 0;
    JET_ERR err = JetBeginTransaction2(session->session, grbit);
    if (session->level == LEVELS)
        return expected_code(world, "JetBeginTransaction", JET_errTransTooDeep, err);
    if (!expected_code(world, "JetBeginTransaction", JET_errSuccess, err))
        return false;
    session_begin(world, session, op->a);
    return true;
}

static void level_down(int *level, int from)
{
    if (*level == from)
        --*level;
}

static bool run_commit(World *world, ModelSession *session)
{
    int level = session->level;
    JET_ERR err = JetCommitTransaction(session->session, JET_bitCommitLazyFlush);
    if (level == 0)
        return expected_code(world, "JetCommitTransaction", JET_errNotInTransaction, err);
    if (!expected_code(world, "JetCommitTransaction", JET_errSuccess, err))
        return false;
    session_commit(world, session);
    for (int i = 0; i < CURSORS; i++) {
        ModelCursor *cursor = &session->cursors[i];
        level_down(&cursor->open_level, level);
        level_down(&cursor->index_level, level);
        level_down(&cursor->update_level, level);
        level_down(&cursor->long_level, level);
        if (level == 1)
            cursor->locked = NO;
    }
    return level > 1 || same_committed(world);
}

static void cursor_after_rollback(World *world, ModelSession *session, ModelCursor *cursor,
                                  int level)
{
    if (!cursor->open)
        return;
    if (cursor->open_level >= level) {
        cursor->open = false;
        return;
    }
    if (cursor->update_level >= level || cursor->long_level >= level)
        cursor->update = UPDATE_NONE;
    if (cursor->update == UPDATE_NONE)
        cursor->update_level = cursor->long_level = 0;
    if (cursor->index_level >= level) {
        cursor->index_level = 0;
        if (cursor->index != INDEX_ROWS)
            cursor_index(world, session, cursor, INDEX_ROWS, false);
        cursor->index_level = session->level;
    }
}

static bool run_rollback(World *world, ModelSession *session, const Op *op)
{
    JET_ERR err = JetRollback(session->session, op->a ? JET_bitRollbackAll : 0);
    if (session->level == 0)
        return expected_code(world, "JetRollback", JET_errNotInTransaction, err);
    if (!expected_code(world, "JetRollback", JET_errSuccess, err))
        return false;
    do {
        int level = session->level;
        session_rollback(world, session);
        for (int i = 0; i < CURSORS; i++)
            cursor_after_rollback(world, session, &session->cursors[i], level);
    } while (op->a && session->level > 0);
    return true;
}

/* Outside of a transaction a call that writes has one of its own. */
static bool auto_begin(World *world, ModelSession *session)
{
    if (session->level > 0)
        return false;
    session_begin(world, session, false);
    return true;
}

static bool auto_end(World *world, ModelSession *session, bool automatic, JET_ERR err)
{
    if (!automatic)
        return true;
    if (err < 0)
        session_rollback(world, session);
    else
        session_commit(world, session);
    return err < 0 || same_committed(world);
}

/* --- Updates ------------------------------------------------------------------- */

static bool session_conflict(const ModelSession *session, const ModelCursor *cursor)
{
    for (int i = 0; i < CURSORS; i++) {
        const ModelCursor *other = &session->cursors[i];
        if (other != cursor && other->open &&
            (other->update == UPDATE_REPLACE || other->update == UPDATE_MOVE) &&
            key_compare(&other->base->bookmark, &cursor->bookmark) == 0)
            return true;
    }
    return false;
}

/* The row that is to be copied or replaced. */
static void current_expect(World *world, ModelSession *session, ModelCursor *cursor, bool alone,
                           bool lock, Expect *expect)
{
    if (cursor->place != AT_ENTRY)
        expect_must(expect, JET_errNoCurrentRecord);
    if (alone && session_conflict(session, cursor))
        expect_must(expect, JET_errSessionWriteConflict);
    if (lock)
        lock_expect(world, session, INDEX_ROWS, &cursor->bookmark, HOLD_WRITE, JET_errWriteConflict,
                    expect);
    if (!state_find(session_view(world, session), &cursor->bookmark))
        expect_must(expect, JET_errRecordDeleted);
}

/* The number that the engine drew: the next one. */
static bool take_number(World *world, ModelSession *session, ModelCursor *cursor)
{
    int32_t number = 0;
    JET_ERR err = JetRetrieveColumn(session->session, cursor->table, world->columns[COL_NUMBER],
                                    &number, sizeof number, NULL, JET_bitRetrieveCopy, NULL);
    if (err != JET_errSuccess || number <= world->last_number ||
        (!world->reopened && number != world->last_number + 1))
        return fail(world, "autoincrement gave %d (%d) after %d", number, err, world->last_number);
    world->last_number = cursor->row.number = number;
    world->reopened = false;
    return true;
}

static bool run_prepare(World *world, ModelSession *session, ModelCursor *cursor, const Op *op)
{
    Expect expect = {0};
    uint32_t prep = (uint32_t)op->a;
    bool insert = prep == JET_prepInsert, copy = prep == JET_prepInsertCopy;
    bool replace = prep == JET_prepReplace || prep == JET_prepReplaceNoLock;
    bool locks = session->level > 0 && !insert && !copy && prep != JET_prepReplaceNoLock;
    if (cursor->update != UPDATE_NONE)
        expect_must(&expect, JET_errAlreadyPrepared);
    if (session->level > 0 && session->read_only)
        expect_must(&expect, JET_errTransReadOnly);
    if (!insert && !replace && session->level == 0)
        expect_must(&expect, JET_errNotInTransaction);
    if (!insert)
        current_expect(world, session, cursor, !copy, locks, &expect);
    expect_must(&expect, JET_errSuccess);
    JET_ERR err = JetPrepareUpdate(session->session, cursor->table, prep);
    if (!expected(world, "JetPrepareUpdate", &expect, err) || err < 0)
        return err < 0 && world->failure[0] == 0;
    cursor->update_level = session->level;
    cursor->long_level = copy ? session->level : 0;
    cursor->base = insert ? NULL : state_find(session_view(world, session), &cursor->bookmark);
    cursor->update = insert || copy ? UPDATE_INSERT : replace ? UPDATE_REPLACE : UPDATE_MOVE;
    cursor->row = (Row){.has_num = true, .num = NUM_DEFAULT, .has_version = true};
    if (!insert)
        cursor->row = *cursor->base;
    cursor->locked = locks ? YES : NO;
    if (locks)
        lock_note(world, session, INDEX_ROWS, &cursor->bookmark, HOLD_WRITE, true);
    return replace || prep == JET_prepInsertCopyReplaceOriginal ||
           take_number(world, session, cursor);
}

static void setting_of(const Op *op, Setting *set, uint8_t *data)
{
    static const JET_GRBIT long_bits[] = {0,
                                          JET_bitSetAppendLV,
                                          JET_bitSetOverwriteLV,
                                          JET_bitSetSizeLV,
                                          JET_bitSetSizeLV | JET_bitSetOverwriteLV,
                                          JET_bitSetSeparateLV,
                                          JET_bitSetAppendLV | JET_bitSetSeparateLV};
    int bits = op->b >> 8;
    *set = (Setting){.col = (Col)op->a, .size = (uint32_t)op->c, .data = data, .itag = 1};
    if (set->col == COL_TAGS || set->col == COL_LONGS)
        set->itag = op->b & 0xf;
    if (op->b & 0x10)
        set->grbit |= JET_bitSetZeroLength;
    if (set->col == COL_LONGS) {
        set->grbit |= long_bits[bits % 7];
        set->offset = (uint32_t)op->d;
    } else if (set->col == COL_TAGS && bits) {
        set->grbit |= JET_bitSetUniqueMultiValues;
    } else if (set->col == COL_NUM && bits) {
        set->grbit |= JET_bitSetRevertToDefaultValue;
    }
    if (set->col == COL_NAME || set->col == COL_TAGS || set->col == COL_LONGS)
        fill_data(data, set->size, op->d);
    else
        memcpy(data, &op->d, sizeof op->d);
}

/* Appending to a long value outside the row locks the row. */
static void set_expect(World *world, ModelSession *session, ModelCursor *cursor, const Setting *set,
                       Expect *expect)
{
    const Row *row = &cursor->row;
    bool there = set->itag >= 1 && set->itag <= row->n_longs;
    if (set->col != COL_LONGS || cursor->update == UPDATE_NONE || cursor->update == UPDATE_INSERT ||
        cursor->locked == YES || session->level == 0 || !there ||
        !row->longs[set->itag - 1].separate ||
        !(set->grbit & (JET_bitSetAppendLV | JET_bitSetOverwriteLV | JET_bitSetSizeLV)))
        return;
    if (lock_refused(world, session, INDEX_ROWS, &cursor->base->bookmark, HOLD_WRITE) != YES)
        lock_note(world, session, INDEX_ROWS, &cursor->base->bookmark, HOLD_WRITE, false);
    expect_may(expect, JET_errWriteConflict);
    if (!state_find(&session->view, &cursor->base->bookmark))
        expect_may(expect, JET_errRecordDeleted);
    cursor->locked = MAYBE;
}

static bool run_set(World *world, ModelSession *session, ModelCursor *cursor, const Op *op)
{
    static uint8_t data[DATA_MAX];
    Setting set;
    Expect expect = {0};
    setting_of(op, &set, data);
    uint32_t most = set.col == COL_TAGS ? TAGS_MAX : LONGS_MAX;
    uint32_t has = set.col == COL_TAGS ? cursor->row.n_tags : cursor->row.n_longs;
    if ((set.col == COL_TAGS || set.col == COL_LONGS) && cursor->update != UPDATE_NONE &&
        has == most && (set.itag == 0 || set.itag > has))
        set.itag = most;
    if (set.col == COL_LONGS && set.itag >= 1 && set.itag <= cursor->row.n_longs &&
        cursor->row.longs[set.itag - 1].size > LONG_MAX_GROWTH)
        return true; /* long enough */
    if (set.col == COL_LONGS && session->level > 0 && session->read_only)
        return true; /* where it goes, and so whether that is refused, is the engine's affair */
    JET_SETINFO info = {
        .cbStruct = sizeof info, .ibLongValue = set.offset, .itagSequence = set.itag};
    set_expect(world, session, cursor, &set, &expect);
    ModelCursor after = *cursor;
    expect_must(&expect, row_set(&after, session, &set));
    JET_ERR err = JetSetColumn(session->session, cursor->table, world->columns[set.col], set.data,
                               set.size, set.grbit, &info);
    if (!expected(world, "JetSetColumn", &expect, err))
        return false;
    if (err >= 0)
        *cursor = after;
    return same_copy(world, session, cursor);
}

static bool run_update(World *world, ModelSession *session, ModelCursor *cursor)
{
    Expect expect = {0};
    ModelKey bookmark = {0};
    uint8_t buffer[600];
    uint32_t size = 0;
    bool automatic = auto_begin(world, session);
    if (cursor->update == UPDATE_NONE)
        expect_must(&expect, JET_errUpdateNotPrepared);
    else if (session->read_only)
        expect_must(&expect, JET_errTransReadOnly);
    else
        update_expect(world, session, cursor, &expect);
    JET_ERR err = JetUpdate(session->session, cursor->table, buffer, sizeof buffer, &size);
    if (!expected(world, "JetUpdate", &expect, err))
        return false;
    if (err >= 0) {
        if (size > BOOKMARK_SIZE)
            return fail(world, "a bookmark of %u bytes", size);
        memcpy(bookmark.data, buffer, size);
        bookmark.size = size;
        if (cursor->row.bookmark.size == 0) {
            if (key_compare(&bookmark, &world->last_bookmark) <= 0)
                return fail(world, "a bookmark that is not behind the last");
            world->last_bookmark = bookmark;
        } else if (key_compare(&bookmark, &cursor->row.bookmark) != 0) {
            return fail(world, "JetUpdate returned another bookmark");
        }
        update_done(world, session, cursor, &bookmark);
    }
    return auto_end(world, session, automatic, err);
}

static bool run_cancel(World *world, ModelSession *session, ModelCursor *cursor)
{
    JET_ERR code = cursor->update == UPDATE_NONE ? JET_errUpdateNotPrepared : JET_errSuccess;
    cursor->update = UPDATE_NONE;
    return expected_code(world, "JetPrepareUpdate(Cancel)", code,
                         JetPrepareUpdate(session->session, cursor->table, JET_prepCancel));
}

static bool run_delete(World *world, ModelSession *session, ModelCursor *cursor)
{
    Expect expect = {0};
    bool automatic = auto_begin(world, session);
    if (cursor->update == UPDATE_MOVE)
        expect_must(&expect, JET_errAlreadyPrepared);
    else
        cursor->update = UPDATE_NONE;
    if (cursor->place != AT_ENTRY)
        expect_must(&expect, JET_errNoCurrentRecord);
    if (session_conflict(session, cursor))
        expect_must(&expect, JET_errSessionWriteConflict);
    if (session->read_only)
        expect_must(&expect, JET_errTransReadOnly);
    if (!expect.closed)
        delete_expect(world, session, cursor, &expect);
    JET_ERR err = JetDelete(session->session, cursor->table);
    if (!expected(world, "JetDelete", &expect, err))
        return false;
    if (err >= 0)
        delete_done(world, session, cursor);
    return auto_end(world, session, automatic, err);
}

static bool escrow_done(World *world, ModelSession *session, ModelCursor *cursor, int32_t delta,
                        int32_t old)
{
    const Row *now = state_find(&session->view, &cursor->bookmark);
    int32_t before = escrow_running(world, &cursor->bookmark);
    lock_note(world, session, INDEX_ROWS, &cursor->bookmark, HOLD_ESCROW, true);
    bool shared = lock_held(world, session, &cursor->bookmark) == HOLD_ESCROW;
    if (!shared)
        before = now->count;
    if (old != before)
        return fail(world, "JetEscrowUpdate returned %d, expected %d", old, before);
    Row *row = model_new(sizeof *row);
    *row = *now;
    row->count = (int32_t)((uint32_t)row->count + (uint32_t)delta);
    state_put(&session->view, row);
    if (shared)
        session->escrows[session->n_escrows++] = (Escrow){cursor->bookmark, delta, session->level};
    return true;
}

static bool run_escrow(World *world, ModelSession *session, ModelCursor *cursor, const Op *op)
{
    Expect expect = {0};
    int32_t old = 0;
    if (session->level == 0)
        expect_must(&expect, JET_errNotInTransaction);
    if (cursor->update != UPDATE_NONE)
        expect_must(&expect, JET_errAlreadyPrepared);
    if (session->read_only)
        expect_must(&expect, JET_errTransReadOnly);
    if (cursor->place != AT_ENTRY)
        expect_must(&expect, JET_errNoCurrentRecord);
    if (!expect.closed && !state_find(&session->view, &cursor->bookmark))
        expect_must(&expect, JET_errRecordDeleted);
    if (!expect.closed)
        lock_expect(world, session, INDEX_ROWS, &cursor->bookmark, HOLD_ESCROW,
                    JET_errWriteConflict, &expect);
    expect_must(&expect, JET_errSuccess);
    JET_ERR err = JetEscrowUpdate(session->session, cursor->table, world->columns[COL_COUNT],
                                  (void *)&op->a, sizeof op->a, &old, sizeof old, NULL, 0);
    return expected(world, "JetEscrowUpdate", &expect, err) &&
           (err < 0 || escrow_done(world, session, cursor, op->a, old));
}

static bool run_lock(World *world, ModelSession *session, ModelCursor *cursor, const Op *op)
{
    Expect expect = {0};
    Hold hold = op->a ? HOLD_WRITE : HOLD_READ;
    const ModelKey *bookmark = &cursor->bookmark;
    if (session->level == 0)
        expect_must(&expect, JET_errNotInTransaction);
    if (op->a && session->read_only)
        expect_must(&expect, JET_errTransReadOnly);
    if (cursor->place != AT_ENTRY)
        expect_must(&expect, JET_errNoCurrentRecord);
    if (session->read_only)
        expect_must(&expect, JET_errTransReadOnly);
    if (!expect.closed) {
        lock_expect(world, session, INDEX_ROWS, bookmark, hold, JET_errWriteConflict, &expect);
        if (!state_find(&session->view, bookmark))
            expect_must(&expect, JET_errRecordDeleted);
    }
    expect_must(&expect, JET_errSuccess);
    JET_ERR err =
        JetGetLock(session->session, cursor->table, op->a ? JET_bitWriteLock : JET_bitReadLock);
    if (err >= 0)
        lock_note(world, session, INDEX_ROWS, bookmark, hold, true);
    return expected(world, "JetGetLock", &expect, err);
}

/* --- Positions ----------------------------------------------------------------- */

static bool run_move(World *world, ModelSession *session, ModelCursor *cursor, const Op *op)
{
    JET_ERR err = JetMove(session->session, cursor->table, op->a, op->b ? JET_bitMoveKeyNE : 0);
    cursor->update = UPDATE_NONE;
    return expected_code(world, "JetMove", cursor_move(world, session, cursor, op->a, op->b), err);
}

static bool run_index(World *world, ModelSession *session, ModelCursor *cursor, const Op *op)
{
    IndexKind old = cursor->index;
    JET_ERR err = JetSetCurrentIndex2(session->session, cursor->table, index_names[op->a],
                                      op->b ? JET_bitNoMove : 0);
    if (err >= 0 && (!op->b || old != (IndexKind)op->a))
        cursor->update = UPDATE_NONE;
    return expected_code(world, "JetSetCurrentIndex2",
                         cursor_index(world, session, cursor, (IndexKind)op->a, op->b), err);
}

/* One column of a search key: a number, or so many bytes. */
static JET_ERR make_segment(ModelSession *session, ModelCursor *cursor, bool binary, bool down,
                            int32_t value, JET_GRBIT grbit, ModelKey *key)
{
    uint8_t data[TAG_SIZE] = {0};
    bool present = value >= 0;
    uint32_t size = !present ? 0 : binary ? (uint32_t)value % (TAG_SIZE + 1) : 4;
    if (binary) {
        fill_data(data, size, value);
        key_add_binary(key, present, data, size, down);
        if (present && size == 0)
            grbit |= JET_bitKeyDataZeroLength;
    } else {
        memcpy(data, &value, sizeof value);
        key_add_long(key, present, value, down);
    }
    return JetMakeKey(session->session, cursor->table, present ? data : NULL, size, grbit);
}

static JET_ERR make_key(World *world, ModelSession *session, ModelCursor *cursor, const Op *op,
                        ModelKey *key)
{
    bool two = cursor->index == INDEX_MIX ||
               (cursor->index == INDEX_ROWS && world->shape == SHAPE_NAME_ID);
    bool first_binary = two || cursor->index == INDEX_TAGS;
    bool first_down = cursor->index == INDEX_MIX ||
                      (cursor->index == INDEX_ROWS && world->shape == SHAPE_ID_DOWN);
    bool second = two && (op->b & 1), limit = op->b & 2;
    JET_GRBIT last = limit ? JET_bitFullColumnEndLimit : 0;
    *key = (ModelKey){0};
    JET_ERR err = make_segment(session, cursor, first_binary, first_down, op->c,
                               JET_bitNewKey | (second ? 0 : last), key);
    if (err >= 0 && second)
        err = make_segment(session, cursor, false, false, op->d, last, key);
    if (limit)
        key_add_limit(key);
    return err;
}

static bool run_seek(World *world, ModelSession *session, ModelCursor *cursor, const Op *op,
                     bool range)
{
    static const JET_GRBIT relations[] = {JET_bitSeekEQ, JET_bitSeekLT,
                                          JET_bitSeekLE, JET_bitSeekGE,
                                          JET_bitSeekGT, JET_bitSeekEQ | JET_bitSetIndexRange};
    ModelKey key;
    JET_ERR err = make_key(world, session, cursor, op, &key);
    if (cursor->index == INDEX_ROWS && world->shape == SHAPE_NO_PRIMARY)
        return expected_code(world, "JetMakeKey", JET_errNoCurrentIndex, err);
    if (!expected_code(world, "JetMakeKey", JET_errSuccess, err))
        return false;
    JET_GRBIT grbit = relations[op->a % 6];
    if (!range) {
        err = JetSeek(session->session, cursor->table, grbit);
        cursor->update = UPDATE_NONE;
        return expected_code(world, "JetSeek", cursor_seek(world, session, cursor, &key, grbit),
                             err);
    }
    grbit = (JET_GRBIT)op->a &
            (JET_bitRangeInclusive | JET_bitRangeUpperLimit | JET_bitRangeInstantDuration);
    err = JetSetIndexRange(session->session, cursor->table, grbit);
    return expected_code(world, "JetSetIndexRange", cursor_range(cursor, &key, grbit), err);
}

static bool run_range_remove(World *world, ModelSession *session, ModelCursor *cursor)
{
    JET_ERR err = JetSetIndexRange(session->session, cursor->table, JET_bitRangeRemove);
    JET_ERR code = cursor->ranged ? JET_errSuccess : JET_errInvalidOperation;
    cursor->ranged = false;
    return expected_code(world, "JetSetIndexRange(Remove)", code, err);
}

static bool run_goto(World *world, ModelSession *session, ModelCursor *cursor, const Op *op)
{
    const State *from = op->b ? &world->committed : session_view(world, session);
    if (from->n == 0)
        return true;
    const ModelKey *bookmark = &from->rows[op->a % from->n]->bookmark;
    JET_ERR err = JetGotoBookmark(session->session, cursor->table, (void *)bookmark->data,
                                  (uint32_t)bookmark->size);
    cursor->update = UPDATE_NONE;
    return expected_code(world, "JetGotoBookmark", cursor_goto(world, session, cursor, bookmark),
                         err);
}

static bool run_count(World *world, ModelSession *session, ModelCursor *cursor, const Op *op)
{
    uint32_t count = 0;
    int expected_count = cursor_count(world, session, cursor);
    if (expected_count == COUNT_UNKNOWN)
        return true;
    JET_ERR err = JetIndexRecordCount(session->session, cursor->table, &count, (uint32_t)op->a);
    if (op->a > 0 && expected_count > op->a)
        expected_count = op->a;
    if (expected_count < 0)
        return expected_code(world, "JetIndexRecordCount", expected_count, err);
    if (err != JET_errSuccess || count != (uint32_t)expected_count)
        return fail(world, "JetIndexRecordCount gave %d: %u, expected %d", err, count,
                    expected_count);
    return true;
}

/* Places by number: the cursor's own, and another. */
static bool run_place(World *world, ModelSession *session, ModelCursor *cursor, const Op *op)
{
    JET_RECPOS is = {.cbStruct = sizeof is}, should = {0};
    JET_RECPOS to = {.cbStruct = sizeof to,
                     .centriesLT = (uint32_t)op->a % 8,
                     .centriesTotal = (uint32_t)op->a % 8 + (uint32_t)op->b % 8 + 1};
    JET_ERR err = JetGetRecordPosition(session->session, cursor->table, &is, sizeof is);
    if (!expected_code(world, "JetGetRecordPosition", cursor_place(world, session, cursor, &should),
                       err))
        return false;
    if (err >= 0 &&
        (is.centriesLT != should.centriesLT || is.centriesInRange != should.centriesInRange ||
         is.centriesTotal != should.centriesTotal))
        return fail(world, "JetGetRecordPosition gave %u, %u of %u, expected %u, %u of %u",
                    is.centriesLT, is.centriesInRange, is.centriesTotal, should.centriesLT,
                    should.centriesInRange, should.centriesTotal);
    err = JetGotoPosition(session->session, cursor->table, &to);
    cursor->update = UPDATE_NONE;
    return expected_code(world, "JetGotoPosition", cursor_goto_place(world, session, cursor, &to),
                         err);
}

/* To the entry of the secondary index that it is on. */
static bool run_return(World *world, ModelSession *session, ModelCursor *cursor)
{
    uint8_t key[600], bookmark[600];
    uint32_t key_size = 0, size = 0;
    JET_ERR code = cursor->index == INDEX_ROWS ? JET_errNoCurrentIndex
                   : cursor->place != AT_ENTRY ? JET_errNoCurrentRecord
                                               : JET_errSuccess;
    JET_ERR err = JetGetSecondaryIndexBookmark(session->session, cursor->table, key, sizeof key,
                                               &key_size, bookmark, sizeof bookmark, &size, 0);
    if (!expected_code(world, "JetGetSecondaryIndexBookmark", code, err) || err < 0)
        return world->failure[0] == 0;
    if (key_size != cursor->key.size || memcmp(key, cursor->key.data, key_size) != 0 ||
        size != cursor->bookmark.size || memcmp(bookmark, cursor->bookmark.data, size) != 0)
        return fail(world, "JetGetSecondaryIndexBookmark gave another entry");
    code = cursor_entry_exists(world, session, cursor) ? JET_errSuccess : JET_errRecordDeleted;
    err = JetGotoSecondaryIndexBookmark(session->session, cursor->table, key, key_size, bookmark,
                                        size, 0);
    cursor->update = UPDATE_NONE;
    if (code >= 0)
        cursor->ranged = cursor->at_start = false;
    return expected_code(world, "JetGotoSecondaryIndexBookmark", code, err);
}

/* --- One operation ------------------------------------------------------------- */

static bool run_session(World *world, ModelSession *session, ModelCursor *cursor, const Op *op)
{
    switch (op->kind) {
    case OP_BEGIN:
        return run_begin(world, session, op);
    case OP_COMMIT:
        return run_commit(world, session);
    case OP_ROLLBACK:
        return run_rollback(world, session, op);
    case OP_OPEN:
        return run_open(world, session, cursor);
    default:
        return same_table(world, session->session, session->scan, session_view(world, session));
    }
}

static bool run_cursor(World *world, ModelSession *session, ModelCursor *cursor, const Op *op)
{
    switch (op->kind) {
    case OP_PREPARE:
        return run_prepare(world, session, cursor, op);
    case OP_SET:
        return run_set(world, session, cursor, op);
    case OP_UPDATE:
        return run_update(world, session, cursor);
    case OP_CANCEL:
        return run_cancel(world, session, cursor);
    case OP_DELETE:
        return run_delete(world, session, cursor);
    case OP_ESCROW:
        return run_escrow(world, session, cursor, op);
    case OP_LOCK:
        return run_lock(world, session, cursor, op);
    case OP_MOVE:
        return run_move(world, session, cursor, op);
    case OP_INDEX:
        return run_index(world, session, cursor, op);
    case OP_SEEK:
    case OP_RANGE:
        return run_seek(world, session, cursor, op, op->kind == OP_RANGE);
    case OP_RANGE_REMOVE:
        return run_range_remove(world, session, cursor);
    case OP_GOTO:
        return run_goto(world, session, cursor, op);
    case OP_COUNT:
        return run_count(world, session, cursor, op);
    case OP_PLACE:
        return run_place(world, session, cursor, op);
    case OP_RETURN:
        return run_return(world, session, cursor);
    case OP_CLOSE:
        return run_close(world, session, cursor);
    default:
        return same_copy(world, session, cursor);
    }
}

bool world_run(World *world, const Op *op)
{
    ModelSession *session = &world->sessions[op->session];
    ModelCursor *cursor = &session->cursors[op->cursor];
    if (op->kind == OP_REOPEN)
        return run_reopen(world);
    if (op->kind == OP_KILL)
        return run_kill(world);
    if (op->kind <= OP_ROLLBACK || op->kind == OP_OPEN || op->kind == OP_VIEW)
        return run_session(world, session, cursor, op) &&
               same_cursor(world, session, &session->cursors[0]) &&
               same_cursor(world, session, &session->cursors[1]);
    return !cursor->open ||
           (run_cursor(world, session, cursor, op) && same_cursor(world, session, cursor));
}
