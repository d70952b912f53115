/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cursor-seek.c - search keys, seeking by them, and index ranges.
 *
 * Fails with JET_errKeyNotMade, JET_errKeyIsMade, JET_errNoCurrentIndex (the table has no primary
 * index and none is chosen), JET_errRecordNotFound, JET_errNoCurrentRecord, JET_errInvalidGrbit,
 * JET_errInvalidBufferSize, JET_errIndexTuplesKeyTooSmall.
 */
#include <string.h>

#include "mailstore/ese/cursor-tree.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/update.h"
#include "mailstore/ese/value.h"

enum {
    KEY_COLUMN_LIMITS = JET_bitFullColumnStartLimit | JET_bitFullColumnEndLimit |
                        JET_bitPartialColumnStartLimit | JET_bitPartialColumnEndLimit,
    KEY_BITS = JET_bitNewKey | JET_bitNormalizedKey | JET_bitKeyDataZeroLength | JET_bitStrLimit |
               JET_bitSubStrLimit | KEY_COLUMN_LIMITS,
    SEEK_BITS = JET_bitSeekEQ | JET_bitSeekLT | JET_bitSeekLE | JET_bitSeekGE | JET_bitSeekGT,
};

static const Index *cursor_current_index(const Cursor *cursor)
{
    return cursor->index ? cursor->index : cursor->schema->primary;
}

/* The bits of old: JET_bitSubStrLimit is for text, JET_bitStrLimit for all others. */
static KeyLimit key_old_limit_of(JET_GRBIT grbit, const Column *column)
{
    if ((grbit & JET_bitSubStrLimit) && coltyp_is_text(column->coltyp))
        return KEY_LIMIT_PARTIAL_END;
    if (!(grbit & JET_bitStrLimit))
        return KEY_LIMIT_NONE;
    return key_column_has_parts(column) && !coltyp_is_text(column->coltyp) ? KEY_LIMIT_PARTIAL_END
                                                                           : KEY_LIMIT_FULL_END;
}

static JET_ERR key_limit_of(JET_GRBIT grbit, const Column *column, KeyLimit *ret)
{
    switch (grbit & KEY_COLUMN_LIMITS) {
    case 0:
        *ret = key_old_limit_of(grbit, column);
        return JET_errSuccess;
    case JET_bitFullColumnStartLimit:
        *ret = KEY_LIMIT_NONE;
        return JET_errSuccess;
    case JET_bitFullColumnEndLimit:
        *ret = KEY_LIMIT_FULL_END;
        return JET_errSuccess;
    case JET_bitPartialColumnEndLimit:
        *ret = KEY_LIMIT_PARTIAL_END;
        return JET_errSuccess;
    case JET_bitPartialColumnStartLimit:
        *ret = KEY_LIMIT_PARTIAL_START;
        return JET_errSuccess;
    default:
        return JET_errInvalidGrbit;
    }
}

static JET_ERR cursor_take_normalized_key(Cursor *cursor, const Index *index, const void *data,
                                          uint32_t size)
{
    if (!data || size > (uint32_t)index->key_most + 1)
        return JET_errInvalidParameter;
    key_clear(&cursor->search);
    memcpy(cursor->search.data, data, size);
    cursor->search.size = size;
    cursor->search_made = cursor->search_complete = true;
    return JET_errSuccess;
}

/* What is looked for has the form that values have in the index: padded, or a part of a text. */
static JET_ERR key_value_of(const Index *index, unsigned segment, uint8_t buffer[JET_cbColumnMost],
                            Bytes *value)
{
    const Column *column = index->segments[segment].column;
    if (segment == 0 && (index->grbit & JET_bitIndexTuples) && coltyp_is_text(column->coltyp)) {
        size_t unit = tuple_unit(column), most = index->tuples.length_max * unit;
        if (value->size < index->tuples.length_min * unit)
            return JET_errIndexTuplesKeyTooSmall;
        value->size = value->size < most ? value->size : most;
    }
    if (!value->data || !column_is_fixed(column) || value->size == column->max_size)
        return JET_errSuccess;
    if (value->size == 0 || value->size > column->max_size || !coltyp_is_text(column->coltyp))
        return JET_errInvalidBufferSize;
    *value = value_pad(column, *value, buffer);
    return JET_errSuccess;
}

JET_ERR cursor_make_key(Cursor *cursor, const void *data, uint32_t size, JET_GRBIT grbit)
{
    static const uint8_t empty[1];
    const Index *index = cursor_current_index(cursor);
    uint8_t padded[JET_cbColumnMost];
    KeyLimit limit;
    if (grbit & ~(JET_GRBIT)KEY_BITS)
        return JET_errInvalidGrbit;
    if (!index)
        return JET_errNoCurrentIndex;
    if (grbit & JET_bitNormalizedKey)
        return cursor_take_normalized_key(cursor, index, data, size);
    if (!data && size > 0)
        return JET_errInvalidParameter;
    if (grbit & JET_bitNewKey) {
        key_clear(&cursor->search);
        cursor->search_segments = 0;
        cursor->search_made = cursor->search_complete = false;
    } else if (!cursor->search_made) {
        return JET_errKeyNotMade;
    }
    if (cursor->search_complete || cursor->search_segments >= index->n_segments)
        return JET_errKeyIsMade;
    unsigned segment = cursor->search_segments;
    Bytes value = {size > 0 ? data : (grbit & JET_bitKeyDataZeroLength) ? empty : NULL, size};
    RETURN_IF_ERROR(key_limit_of(grbit, index->segments[segment].column, &limit));
    RETURN_IF_ERROR(key_value_of(index, segment, padded, &value));
    RETURN_IF_ERROR(limit == KEY_LIMIT_NONE
                        ? key_append(&cursor->search, index, segment, value)
                        : key_append_limit(&cursor->search, index, segment, value, limit));
    cursor->search_segments++;
    cursor->search_made = true;
    cursor->search_complete = limit != KEY_LIMIT_NONE || (grbit & JET_bitFullColumnStartLimit);
    return JET_errSuccess;
}

JET_ERR cursor_retrieve_key(Cursor *cursor, void *data, uint32_t size, uint32_t *ret_actual,
                            JET_GRBIT grbit)
{
    if (grbit & ~JET_bitRetrieveCopy)
        return JET_errInvalidGrbit;
    if (grbit & JET_bitRetrieveCopy) {
        if (!cursor->search_made)
            return JET_errKeyNotMade;
        return bytes_return(key_bytes(&cursor->search), data, size, ret_actual);
    }
    if (!cursor_current_index(cursor))
        return JET_errNoCurrentIndex;
    if (cursor->position != POSITION_ON_ENTRY)
        return JET_errNoCurrentRecord;
    return bytes_return((Bytes){cursor->key, cursor->key_size}, data, size, ret_actual);
}

/* Takes the search key out of the cursor. */
static void cursor_consume_key(Cursor *cursor, Key *ret)
{
    ret->size = cursor->search.size;
    ret->truncated = cursor->search.truncated;
    memcpy(ret->data, cursor->search.data, ret->size);
    cursor->search_made = cursor->search_complete = false;
    cursor->search_segments = 0;
}

/* Between the entries before and after the key. */
static void cursor_park_between(Cursor *cursor, const Key *key)
{
    cursor_park(cursor, POSITION_BETWEEN);
    memcpy(cursor->key, key->data, key->size);
    cursor->key_size = key->size;
    cursor->bookmark_size = 0;
}

/* The entry next to all that have the key: from the smallest key above it, which is the key and a
 * zero byte. A limit key is longer than any entry's, so none equals it. */
static JET_ERR cursor_find_beyond(Cursor *cursor, const Key *key, SeekKind kind)
{
    uint8_t above[KEY_LIMIT_MOST + 1];
    size_t size = key->size;
    memcpy(above, key->data, size);
    if (size <= KEY_MOST)
        above[size++] = 0;
    return cursor_find(cursor, kind, (Bytes){above, size}, (Bytes){NULL, 0});
}

/* The entry that the relation asks for. */
static JET_ERR cursor_find_relation(Cursor *cursor, const Key *key, JET_GRBIT relation)
{
    const Bytes none = {NULL, 0};
    switch (relation) {
    case JET_bitSeekLT:
        return cursor_find(cursor, SEEK_LT, key_bytes(key), none);
    case JET_bitSeekLE:
        return cursor_find_beyond(cursor, key, SEEK_LT);
    case JET_bitSeekGT:
        return cursor_find_beyond(cursor, key, SEEK_GE);
    default:
        return cursor_find(cursor, SEEK_GE, key_bytes(key), none);
    }
}

static bool cursor_is_at_key(const Cursor *cursor, const Key *key)
{
    return cursor->key_size == key->size && memcmp(cursor->key, key->data, key->size) == 0;
}

static void cursor_limit(Cursor *cursor, const Key *key, JET_GRBIT grbit)
{
    cursor->range.active = true;
    cursor->range.upper = grbit & JET_bitRangeUpperLimit;
    cursor->range.inclusive = grbit & JET_bitRangeInclusive;
    cursor->range.size = key->size;
    memcpy(cursor->range.key, key->data, key->size);
}

/* Whether the next entry has another key. */
static JET_ERR cursor_check_unique(Cursor *cursor, const Key *key)
{
    Cursor other = *cursor;
    other.range.active = false;
    cursor->in_sync = false;
    Bytes bookmark =
        cursor->index ? (Bytes){cursor->bookmark, cursor->bookmark_size} : (Bytes){NULL, 0};
    JET_ERR err = cursor_find(&other, SEEK_GT, key_bytes(key), bookmark);
    if (err == JET_errRecordNotFound)
        return JET_wrnUniqueKey;
    RETURN_IF_ERROR(err);
    return cursor_is_at_key(&other, key) ? JET_errSuccess : JET_wrnUniqueKey;
}

static JET_ERR cursor_seek_in_scope(Cursor *cursor, const Key *key, JET_GRBIT grbit)
{
    JET_GRBIT relation = grbit & SEEK_BITS;
    cursor_park_between(cursor, key);
    JET_ERR err = cursor_find_relation(cursor, key, relation);
    bool equal = err >= 0 && cursor_is_at_key(cursor, key);
    if (err >= 0 && relation == JET_bitSeekEQ && !equal)
        err = JET_errRecordNotFound;
    if (err < 0) {
        cursor_park_between(cursor, key);
        return err;
    }
    if (grbit & JET_bitSetIndexRange)
        cursor_limit(cursor, key, JET_bitRangeUpperLimit | JET_bitRangeInclusive);
    if (grbit & JET_bitCheckUniqueness)
        return cursor_check_unique(cursor, key);
    bool warns = relation == JET_bitSeekGE || relation == JET_bitSeekLE;
    return warns && !equal ? JET_wrnSeekNotEqual : JET_errSuccess;
}

JET_ERR cursor_seek(Cursor *cursor, JET_GRBIT grbit)
{
    Scope scope;
    Key key;
    JET_GRBIT relation = grbit & SEEK_BITS;
    const JET_GRBIT extras = JET_bitSetIndexRange | JET_bitCheckUniqueness;
    if ((grbit & ~(relation | extras)) || (relation & (relation - 1)) != 0)
        return JET_errInvalidGrbit;
    if (relation == 0)
        return JET_errInvalidParameter;
    if (relation != JET_bitSeekEQ) /* the others say nothing of one key */
        grbit = relation;
    cursor_end_filling(cursor);
    if (cursor->temporary && !temporary_is_scrollable(cursor->temporary))
        return JET_errIllegalOperation;
    if (!cursor_current_index(cursor))
        return JET_errNoCurrentIndex;
    if (!cursor->search_made)
        return JET_errKeyNotMade;
    update_cancel(cursor);
    cursor_consume_key(cursor, &key);
    RETURN_IF_ERROR(cursor_scope(cursor, false, &scope));
    return scope_end(&scope, cursor_seek_in_scope(cursor, &key, grbit));
}

JET_ERR cursor_set_range(Cursor *cursor, JET_GRBIT grbit)
{
    Key key;
    if (grbit & ~(JET_bitRangeInclusive | JET_bitRangeUpperLimit | JET_bitRangeInstantDuration |
                  JET_bitRangeRemove))
        return JET_errInvalidGrbit;
    if (cursor->temporary && !temporary_is_scrollable(cursor->temporary))
        return JET_errIllegalOperation;
    if (grbit & JET_bitRangeRemove) {
        if (grbit != JET_bitRangeRemove)
            return JET_errInvalidGrbit;
        bool active = cursor->range.active;
        cursor->range.active = false;
        return active ? JET_errSuccess : JET_errInvalidOperation;
    }
    if (!cursor_current_index(cursor))
        return JET_errNoCurrentIndex;
    if (!cursor->search_made)
        return JET_errKeyNotMade;
    cursor_consume_key(cursor, &key);
    cursor_limit(cursor, &key, grbit);
    bool on_entry = cursor->position == POSITION_ON_ENTRY;
    bool inside = on_entry && cursor_in_range(cursor);
    if (!inside || (grbit & JET_bitRangeInstantDuration))
        cursor->range.active = false;
    if (on_entry && !inside)
        cursor_park(cursor,
                    grbit & JET_bitRangeUpperLimit ? POSITION_AFTER_LAST : POSITION_BEFORE_FIRST);
    return inside ? JET_errSuccess : JET_errNoCurrentRecord;
}
