/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model-row.c - what setting a column does to a row being made, and what an update may say.
 */
#include <string.h>

#include "tests/unit/ese/model/model.h"

/* --- Columns ------------------------------------------------------------------- */

static JET_ERR set_long(bool *present, int32_t *value, const Setting *set)
{
    *present = set->size > 0;
    if (set->size > 0)
        memcpy(value, set->data, sizeof *value);
    return JET_errSuccess;
}

static JET_ERR set_name(Row *row, const Setting *set)
{
    row->has_name = set->size > 0 || (set->grbit & JET_bitSetZeroLength);
    row->name_size = set->size < NAME_SIZE ? set->size : NAME_SIZE;
    memcpy(row->name, set->data, row->name_size);
    return set->size > NAME_SIZE ? JET_wrnColumnMaxTruncated : JET_errSuccess;
}

static JET_ERR set_tag(Row *row, const Setting *set)
{
    bool there = set->itag >= 1 && set->itag <= row->n_tags;
    uint32_t at = there ? set->itag - 1 : row->n_tags;
    if (set->size == 0 && !(set->grbit & JET_bitSetZeroLength)) {
        if (!there)
            return JET_errSuccess;
        memmove(&row->tags[at], &row->tags[at + 1], (row->n_tags - at - 1) * sizeof row->tags[0]);
        row->n_tags--;
        return JET_errSuccess;
    }
    if (set->size > TAG_SIZE)
        return JET_errColumnTooBig;
    for (uint32_t i = 0; (set->grbit & JET_bitSetUniqueMultiValues) && i < row->n_tags; i++)
        if ((!there || i != at) && row->tags[i].size == set->size &&
            memcmp(row->tags[i].data, set->data, set->size) == 0)
            return JET_errMultiValuedDuplicate;
    row->n_tags += !there;
    row->tags[at].size = set->size;
    memcpy(row->tags[at].data, set->data, set->size);
    return JET_errSuccess;
}

/* The bytes after the operation; JET_errColumnNoChunk for one that begins behind the end. */
static JET_ERR long_bytes(const Long *old, const Setting *set, Long *ret)
{
    JET_GRBIT operation =
        set->grbit & (JET_bitSetAppendLV | JET_bitSetOverwriteLV | JET_bitSetSizeLV);
    uint32_t offset = 0, kept = old->size;
    uint32_t size = set->size;
    if (operation == 0)
        kept = 0;
    else if (operation == JET_bitSetAppendLV)
        offset = old->size;
    else if (operation & JET_bitSetOverwriteLV)
        offset = set->offset;
    if (offset > old->size)
        return JET_errColumnNoChunk;
    uint32_t end = offset + size;
    if (operation == JET_bitSetSizeLV)
        end = set->size, size = 0;
    else if (operation == JET_bitSetOverwriteLV && end < old->size)
        end = old->size;
    ret->size = end;
    ret->data = model_new(end + 1);
    if (kept > 0)
        memcpy(ret->data, old->data, kept < end ? kept : end);
    if (size > 0)
        memcpy(ret->data + offset, set->data, size);
    ret->separate = end > LONG_SEPARATE || (set->grbit & JET_bitSetSeparateLV) ||
                    (old->separate && operation != 0);
    return JET_errSuccess;
}

/* Without bytes: no value is left. */
static bool long_clears(JET_GRBIT grbit)
{
    if (grbit & JET_bitSetOverwriteLV)
        return grbit & JET_bitSetSizeLV;
    return !(grbit & (JET_bitSetAppendLV | JET_bitSetZeroLength));
}

static JET_ERR set_long_value(ModelCursor *cursor, const ModelSession *session, const Setting *set)
{
    static const Long none;
    Row *row = &cursor->row;
    bool there = set->itag >= 1 && set->itag <= row->n_longs;
    uint32_t at = there ? set->itag - 1 : row->n_longs;
    const Long *old = there ? &row->longs[at] : &none;
    Long new;
    if (set->size == 0 && long_clears(set->grbit)) {
        if (!there)
            return JET_errSuccess;
        memmove(&row->longs[at], &row->longs[at + 1],
                (row->n_longs - at - 1) * sizeof row->longs[0]);
        row->n_longs--;
        return JET_errSuccess;
    }
    if (set->size == 0 && there && (set->grbit & (JET_bitSetAppendLV | JET_bitSetOverwriteLV)))
        return JET_errSuccess;
    JET_ERR err = long_bytes(old, set, &new);
    if (err < 0)
        return err;
    if (new.separate && session->level == 0)
        return JET_errNotInTransaction;
    if (new.separate)
        cursor->long_level = session->level;
    row->n_longs += !there;
    row->longs[at] = new;
    return JET_errSuccess;
}

JET_ERR row_set(ModelCursor *cursor, const ModelSession *session, const Setting *set)
{
    Row *row = &cursor->row;
    bool number = set->col == COL_ID || set->col == COL_NUM || set->col == COL_UNI ||
                  set->col == COL_COUNT || set->col == COL_VERSION;
    if (cursor->update == UPDATE_NONE)
        return JET_errUpdateNotPrepared;
    if (set->col == COL_NUMBER || (set->col == COL_VERSION && cursor->update == UPDATE_REPLACE))
        return JET_errInvalidColumnType;
    if (set->col == COL_COUNT && cursor->update == UPDATE_REPLACE)
        return JET_errInvalidOperation;
    if (number && !(set->grbit & JET_bitSetRevertToDefaultValue) && set->size != 4 &&
        (set->size != 0 || set->col == COL_COUNT))
        return JET_errInvalidBufferSize;
    switch (set->col) {
    case COL_ID:
        return set->size == 0 ? JET_errNullInvalid : set_long(&row->has_id, &row->id, set);
    case COL_NUM:
        if (!(set->grbit & JET_bitSetRevertToDefaultValue))
            return set_long(&row->has_num, &row->num, set);
        row->has_num = true;
        row->num = NUM_DEFAULT;
        return JET_errSuccess;
    case COL_UNI:
        return set_long(&row->has_uni, &row->uni, set);
    case COL_COUNT:
        memcpy(&row->count, set->data, sizeof row->count);
        return JET_errSuccess;
    case COL_VERSION:
        return set_long(&row->has_version, &row->version, set);
    case COL_NAME:
        return set_name(row, set);
    case COL_TAGS:
        return set_tag(row, set);
    default:
        return set_long_value(cursor, session, set);
    }
}

/* --- Updates ------------------------------------------------------------------- */

static bool keys_have(const ModelKey *keys, int n, const ModelKey *key)
{
    for (int i = 0; i < n; i++)
        if (key_compare(&keys[i], key) == 0)
            return true;
    return false;
}

void lock_expect(World *world, const ModelSession *session, IndexKind index, const ModelKey *key,
                 Hold hold, JET_ERR code, Expect *expect)
{
    if (expect->closed)
        return;
    Answer refused = lock_refused(world, session, index, key, hold);
    expect_answer(expect, refused, code);
    if (refused != YES)
        lock_note(world, session, index, key, hold, false);
}

static bool key_is_taken(const World *world, const State *state, IndexKind index,
                         const ModelKey *key, const Row *except)
{
    for (int i = 0; i < state->n; i++) {
        ModelKey keys[TAGS_MAX];
        if (state->rows[i] == except)
            continue;
        int n = row_keys(world, state->rows[i], index, keys);
        if (keys_have(keys, n, key))
            return true;
    }
    return false;
}

/* The keys of one index that the row has not yet, in whatever order the engine takes them: when one
 * is refused, locks on the others may be held. */
static void new_keys_expect(World *world, const ModelSession *session, IndexKind index,
                            const Row *old, int n_before, const ModelKey *before, int n_after,
                            const ModelKey *after, Expect *expect)
{
    Answer refused = NO;
    if (expect->closed)
        return;
    for (int i = 0; i < n_after; i++) {
        if (keys_have(before, n_before, &after[i]))
            continue;
        Answer answer = lock_refused(world, session, index, &after[i], HOLD_WRITE);
        if (answer != YES)
            lock_note(world, session, index, &after[i], HOLD_WRITE, false);
        if (key_is_taken(world, session_view(world, session), index, &after[i], old))
            answer = YES;
        refused = answer > refused ? answer : refused;
    }
    expect_answer(expect, refused, JET_errKeyDuplicate);
}

/* From the old row to the new one in the unique indexes, in the order in which they were made. */
static void indexes_expect(World *world, const ModelSession *session, const Row *old,
                           const Row *new, Expect *expect)
{
    bool moved = old && new &&key_compare(&old->bookmark, &new->bookmark) != 0;
    for (IndexKind index = INDEX_UNI; index <= INDEX_TAGS; index++) {
        ModelKey before[TAGS_MAX], after[TAGS_MAX];
        if (!index_is_unique(world, index))
            continue;
        int n_before = old ? row_keys(world, old, index, before) : 0;
        int n_after = new ? row_keys(world, new, index, after) : 0;
        if (n_after < 0)
            expect_must(expect, JET_errMultiValuedIndexViolation);
        for (int i = 0; i < n_before; i++)
            if (moved || !keys_have(after, n_after, &before[i]))
                lock_expect(world, session, index, &before[i], HOLD_WRITE, JET_errWriteConflict,
                            expect);
        new_keys_expect(world, session, index, old, moved ? 0 : n_before, before, n_after, after,
                        expect);
    }
}

static void row_bookmark(const World *world, Row *row)
{
    ModelKey keys[TAGS_MAX];
    if (world->shape == SHAPE_NO_PRIMARY) {
        row->bookmark.size = 0; /* the engine's next number */
        return;
    }
    row_keys(world, row, INDEX_ROWS, keys);
    row->bookmark = keys[0];
}

static void insert_expect(World *world, ModelSession *session, ModelCursor *cursor, Expect *expect)
{
    Row *row = &cursor->row;
    if (!row->has_id)
        expect_must(expect, JET_errNullInvalid);
    row_bookmark(world, row);
    if (row->bookmark.size > 0 && state_find(session_view(world, session), &row->bookmark))
        expect_must(expect, JET_errKeyDuplicate);
    if (row->bookmark.size > 0)
        lock_expect(world, session, INDEX_ROWS, &row->bookmark, HOLD_WRITE, JET_errKeyDuplicate,
                    expect);
    indexes_expect(world, session, NULL, row, expect);
}

/* Is the row still the one that was prepared from? */
static void base_expect(const ModelCursor *cursor, const Row *now, Expect *expect)
{
    if (!now)
        expect_must(expect, JET_errRecordDeleted);
    else if (now == cursor->base || (cursor->update == UPDATE_REPLACE && cursor->locked == YES))
        return;
    else if (!rows_equal(now, cursor->base) && cursor->locked != MAYBE)
        expect_must(expect, JET_errWriteConflict);
    else /* the same again: its long values may still be others */
        expect_may(expect, JET_errWriteConflict);
}

static void replace_expect(World *world, ModelSession *session, ModelCursor *cursor, Expect *expect)
{
    Row *row = &cursor->row;
    const Row *now = state_find(session_view(world, session), &cursor->base->bookmark);
    if (cursor->locked != YES)
        lock_expect(world, session, INDEX_ROWS, &cursor->base->bookmark, HOLD_WRITE,
                    JET_errWriteConflict, expect);
    base_expect(cursor, now, expect);
    row->bookmark = cursor->base->bookmark;
    if (!now)
        return;
    if (world->shape != SHAPE_NO_PRIMARY) {
        ModelKey keys[TAGS_MAX];
        row_keys(world, row, INDEX_ROWS, keys);
        if (key_compare(&keys[0], &row->bookmark) != 0)
            expect_must(expect, JET_errRecordPrimaryChanged);
    }
    indexes_expect(world, session, now, row, expect);
}

static void move_expect(World *world, ModelSession *session, ModelCursor *cursor, Expect *expect)
{
    Row *row = &cursor->row;
    const Row *now = state_find(session_view(world, session), &cursor->base->bookmark);
    lock_expect(world, session, INDEX_ROWS, &cursor->base->bookmark, HOLD_WRITE,
                JET_errWriteConflict, expect);
    base_expect(cursor, now, expect);
    row_bookmark(world, row);
    if (!now)
        return;
    if (row->bookmark.size > 0 && key_compare(&row->bookmark, &now->bookmark) != 0) {
        if (state_find(session_view(world, session), &row->bookmark))
            expect_must(expect, JET_errKeyDuplicate);
        lock_expect(world, session, INDEX_ROWS, &row->bookmark, HOLD_WRITE, JET_errKeyDuplicate,
                    expect);
    }
    indexes_expect(world, session, now, row, expect);
}

void update_expect(World *world, ModelSession *session, ModelCursor *cursor, Expect *expect)
{
    if (cursor->update == UPDATE_INSERT)
        insert_expect(world, session, cursor, expect);
    else if (cursor->update == UPDATE_REPLACE)
        replace_expect(world, session, cursor, expect);
    else
        move_expect(world, session, cursor, expect);
    expect_must(expect, JET_errSuccess);
}

static void note_changes(World *world, const ModelSession *session, const Row *old, const Row *new)
{
    bool moved = old && new &&key_compare(&old->bookmark, &new->bookmark) != 0;
    if (old)
        lock_note(world, session, INDEX_ROWS, &old->bookmark, HOLD_WRITE, true);
    if (new)
        lock_note(world, session, INDEX_ROWS, &new->bookmark, HOLD_WRITE, true);
    for (IndexKind index = INDEX_UNI; index <= INDEX_TAGS; index++) {
        ModelKey before[TAGS_MAX], after[TAGS_MAX];
        if (!index_is_unique(world, index))
            continue;
        int n_before = old ? row_keys(world, old, index, before) : 0;
        int n_after = new ? row_keys(world, new, index, after) : 0;
        for (int i = 0; i < n_before; i++)
            if (moved || !keys_have(after, n_after, &before[i]))
                lock_note(world, session, index, &before[i], HOLD_WRITE, true);
        for (int i = 0; i < n_after; i++)
            if (moved || !keys_have(before, n_before, &after[i]))
                lock_note(world, session, index, &after[i], HOLD_WRITE, true);
    }
}

void update_done(World *world, ModelSession *session, ModelCursor *cursor, const ModelKey *bookmark)
{
    Row *row = model_new(sizeof *row);
    const Row *old = cursor->update == UPDATE_INSERT
                         ? NULL
                         : state_find(session_view(world, session), &cursor->base->bookmark);
    *row = cursor->row;
    row->bookmark = *bookmark;
    if (cursor->update == UPDATE_REPLACE) {
        row->count = old->count;
        row->has_version = true;
        row->version = (old->has_version ? old->version : 0) + 1;
    }
    note_changes(world, session, old, row);
    if (old)
        state_remove(&session->view, &old->bookmark);
    state_put(&session->view, row);
    cursor->update = UPDATE_NONE;
}

void delete_expect(World *world, ModelSession *session, ModelCursor *cursor, Expect *expect)
{
    const Row *now = state_find(session_view(world, session), &cursor->bookmark);
    lock_expect(world, session, INDEX_ROWS, &cursor->bookmark, HOLD_WRITE, JET_errWriteConflict,
                expect);
    if (!now)
        expect_must(expect, JET_errRecordDeleted);
    else
        indexes_expect(world, session, now, NULL, expect);
    expect_must(expect, JET_errSuccess);
}

void delete_done(World *world, ModelSession *session, ModelCursor *cursor)
{
    const Row *now = state_find(&session->view, &cursor->bookmark);
    note_changes(world, session, now, NULL);
    state_remove(&session->view, &cursor->bookmark);
}
