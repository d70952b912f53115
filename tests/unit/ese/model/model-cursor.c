/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model-cursor.c - the model's positions: in a sorted list of entries made anew for each call.
 */
#include "tests/unit/ese/model/model.h"

void cursor_park(ModelCursor *cursor, Place place)
{
    cursor->place = place;
    cursor->ranged = cursor->at_start = false;
}

static void cursor_set(ModelCursor *cursor, const Entry *entry)
{
    cursor->place = AT_ENTRY;
    cursor->key = entry->key;
    cursor->bookmark = entry->row->bookmark;
}

/* Where the entry is or would be. */
static int compare_entry(const Entry *entry, const ModelKey *key, const ModelKey *bookmark)
{
    int order = key_compare(&entry->key, key);
    return order || !bookmark ? order : key_compare(&entry->row->bookmark, bookmark);
}

/* The neighbour's place in the list; -1 or n: none. */
static int cursor_neighbour(const ModelCursor *cursor, const Entries *entries, bool forward)
{
    const ModelKey *bookmark = cursor->place == AT_ENTRY ? &cursor->bookmark : NULL;
    int at;
    if (cursor->place == AT_FIRST)
        return forward ? 0 : -1;
    if (cursor->place == AT_LAST)
        return forward ? entries->n : entries->n - 1;
    if (forward) {
        for (at = 0; at < entries->n; at++) {
            int order = compare_entry(&entries->at[at], &cursor->key, bookmark);
            if (order > 0 || (order == 0 && !bookmark))
                break;
        }
        return at;
    }
    for (at = entries->n - 1; at >= 0; at--)
        if (compare_entry(&entries->at[at], &cursor->key, bookmark) < 0)
            break;
    return at;
}

static bool key_in_range(const ModelCursor *cursor, const ModelKey *key)
{
    int order = key_compare(key, &cursor->range);
    if (order == 0)
        return cursor->range_inclusive;
    return cursor->range_upper ? order < 0 : order > 0;
}

static JET_ERR cursor_step(ModelCursor *cursor, const Entries *entries, bool forward)
{
    int at = cursor_neighbour(cursor, entries, forward);
    bool limited = cursor->ranged && cursor->range_upper == forward;
    if (at < 0 || at >= entries->n || (limited && !key_in_range(cursor, &entries->at[at].key))) {
        cursor_park(cursor, forward ? AT_LAST : AT_FIRST);
        return JET_errNoCurrentRecord;
    }
    cursor_set(cursor, &entries->at[at]);
    return JET_errSuccess;
}

JET_ERR cursor_move(const World *world, const ModelSession *session, ModelCursor *cursor,
                    int32_t rows, bool other_key)
{
    static Entries entries;
    const State *view = session_view(world, session);
    entries_of(world, view, cursor->index, &entries);
    if (rows == 0) {
        if (cursor->place != AT_ENTRY)
            return JET_errNoCurrentRecord;
        return state_find(view, &cursor->bookmark) ? JET_errSuccess : JET_errRecordDeleted;
    }
    if (rows == JET_MoveFirst || rows == JET_MoveLast) {
        cursor_park(cursor, rows == JET_MoveFirst ? AT_FIRST : AT_LAST);
        return cursor_step(cursor, &entries, rows == JET_MoveFirst);
    }
    for (int left = rows > 0 ? rows : -rows; left > 0; left--) {
        ModelKey key = cursor->key;
        bool again = other_key && cursor->place == AT_ENTRY;
        do {
            JET_ERR err = cursor_step(cursor, &entries, rows > 0);
            if (err < 0)
                return err;
        } while (again && key_compare(&key, &cursor->key) == 0);
    }
    return JET_errSuccess;
}

JET_ERR cursor_seek(const World *world, const ModelSession *session, ModelCursor *cursor,
                    const ModelKey *key, JET_GRBIT grbit)
{
    static Entries entries;
    int at = -1;
    JET_GRBIT relation =
        grbit & (JET_bitSeekEQ | JET_bitSeekLT | JET_bitSeekLE | JET_bitSeekGE | JET_bitSeekGT);
    entries_of(world, session_view(world, session), cursor->index, &entries);
    bool forward = relation != JET_bitSeekLT && relation != JET_bitSeekLE;
    for (int i = 0; i < entries.n && !(forward && at >= 0); i++) {
        int order = key_compare(&entries.at[i].key, key);
        if ((relation == JET_bitSeekEQ && order == 0) ||
            (relation == JET_bitSeekGE && order >= 0) || (relation == JET_bitSeekGT && order > 0) ||
            (relation == JET_bitSeekLE && order <= 0) || (relation == JET_bitSeekLT && order < 0))
            at = i;
    }
    cursor_park(cursor, AT_BETWEEN);
    cursor->key = *key;
    if (at < 0)
        return JET_errRecordNotFound;
    cursor_set(cursor, &entries.at[at]);
    if (grbit & JET_bitSetIndexRange) {
        cursor->ranged = cursor->range_upper = cursor->range_inclusive = true;
        cursor->range = *key;
    }
    bool warns = relation == JET_bitSeekGE || relation == JET_bitSeekLE;
    return warns && key_compare(&cursor->key, key) != 0 ? JET_wrnSeekNotEqual : JET_errSuccess;
}

JET_ERR cursor_range(ModelCursor *cursor, const ModelKey *key, JET_GRBIT grbit)
{
    cursor->range = *key;
    cursor->range_upper = grbit & JET_bitRangeUpperLimit;
    cursor->range_inclusive = grbit & JET_bitRangeInclusive;
    bool inside = cursor->place == AT_ENTRY && key_in_range(cursor, &cursor->key);
    if (cursor->place == AT_ENTRY && !inside)
        cursor_park(cursor, cursor->range_upper ? AT_LAST : AT_FIRST);
    cursor->ranged = inside && !(grbit & JET_bitRangeInstantDuration);
    return inside ? JET_errSuccess : JET_errNoCurrentRecord;
}

JET_ERR cursor_goto(const World *world, const ModelSession *session, ModelCursor *cursor,
                    const ModelKey *bookmark)
{
    ModelKey keys[TAGS_MAX];
    const Row *row = state_find(session_view(world, session), bookmark);
    if (!row)
        return JET_errRecordDeleted;
    if (cursor->index == INDEX_TAGS && row->n_tags > 0) {
        /* The first value's entry. */
        keys[0] = (ModelKey){0};
        key_add_binary(&keys[0], true, row->tags[0].data, row->tags[0].size, false);
    } else if (row_keys(world, row, cursor->index, keys) == 0) {
        return JET_errNoCurrentRecord;
    }
    cursor_park(cursor, AT_ENTRY);
    cursor_set(cursor, &(Entry){keys[0], row});
    return JET_errSuccess;
}

JET_ERR cursor_index(const World *world, const ModelSession *session, ModelCursor *cursor,
                     IndexKind index, bool no_move)
{
    IndexKind old = cursor->index;
    if (no_move && cursor->place != AT_ENTRY)
        return JET_errNoCurrentRecord;
    cursor->index = index;
    if (no_move) {
        ModelKey bookmark = cursor->bookmark;
        JET_ERR err = cursor_goto(world, session, cursor, &bookmark);
        if (err < 0)
            cursor->index = old;
        else
            cursor->index_level = session->level;
        return err;
    }
    cursor->index_level = session->level;
    if (cursor_move(world, session, cursor, JET_MoveFirst, false) < 0)
        cursor_park(cursor, AT_FIRST);
    cursor->at_start = true;
    return JET_errSuccess;
}

bool cursor_entry_exists(const World *world, const ModelSession *session, const ModelCursor *cursor)
{
    static Entries entries;
    bool there = false;
    entries_of(world, session_view(world, session), cursor->index, &entries);
    for (int i = 0; i < entries.n; i++)
        there = there || compare_entry(&entries.at[i], &cursor->key, &cursor->bookmark) == 0;
    return there;
}

JET_ERR cursor_place(const World *world, const ModelSession *session, const ModelCursor *cursor,
                     JET_RECPOS *ret)
{
    static Entries entries;
    if (cursor->place != AT_ENTRY)
        return JET_errNoCurrentRecord;
    entries_of(world, session_view(world, session), cursor->index, &entries);
    *ret = (JET_RECPOS){.centriesTotal = (uint32_t)entries.n};
    for (int i = 0; i < entries.n; i++) {
        int order = key_compare(&entries.at[i].key, &cursor->key);
        ret->centriesLT += order < 0;
        ret->centriesInRange += order == 0;
    }
    return JET_errSuccess;
}

JET_ERR cursor_goto_place(const World *world, const ModelSession *session, ModelCursor *cursor,
                          const JET_RECPOS *place)
{
    static Entries entries;
    entries_of(world, session_view(world, session), cursor->index, &entries);
    if (entries.n == 0)
        return JET_errRecordNotFound;
    uint32_t n = (uint32_t)entries.n, at = place->centriesLT * n / place->centriesTotal;
    cursor_park(cursor, AT_FIRST);
    cursor_set(cursor, &entries.at[at < n ? at : n - 1]);
    return JET_errSuccess;
}

/* Where a cursor was put on the first row and there was none, there may be one by now. */
int cursor_count(const World *world, const ModelSession *session, ModelCursor *cursor)
{
    static Entries entries;
    int count = 1;
    if (cursor->place != AT_ENTRY && cursor->at_start) {
        if (cursor_move(world, session, cursor, JET_MoveFirst, false) < 0)
            cursor_park(cursor, AT_FIRST);
        cursor->at_start = true;
    }
    if (cursor->place != AT_ENTRY)
        return cursor->at_start ? 0 : JET_errNoCurrentRecord;
    ModelCursor walker = *cursor;
    if (!cursor_entry_exists(world, session, cursor))
        return COUNT_UNKNOWN;
    entries_of(world, session_view(world, session), cursor->index, &entries);
    while (cursor_step(&walker, &entries, !cursor->ranged || cursor->range_upper) >= 0)
        count++;
    return count;
}
