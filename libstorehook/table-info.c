/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table-info.c - learns a table's columns and reads and writes its rows through the original API.
 *
 * Fails by -errno; the store's own errors end as -EIO, for the caller has nothing else to do then
 * than to let the row pass and count it. A column that the profile names and the table lacks is
 * taken as absent, but a table without any judged column of its role is no business of ours. A
 * store that fails to tell does not make a column absent, and a cursor of which it tells nothing
 * may be on any table.
 *
 * Known limit: of a multi-valued column only the first value is read.
 */
#include "libstorehook/table-info.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libstorehook/originals.h"
#include "libstorehook/protocol.h"
#include "libstorehook/unicode.h"
#include "libstorehook/unscanned.h"

enum {
    TEMPORARY_DATABASE = 0, /* ESE's dbidTemp */
    UTF16_CODE_PAGE = 1200,
    COMPARE_CHUNK = 32768
};

/* False when the store would not tell of one. */
static bool learn_columns(JET_SESID sesid, JET_TABLEID tableid, const ProfileTable *table,
                          TableInfo *ret)
{
    for (unsigned i = 0; i < COLUMN_COUNT; i++) {
        JET_COLUMNDEF definition = {.cbStruct = sizeof(definition)};
        JET_ERR err;

        if (table->columns[i][0] == '\0')
            continue;
        err = ORIGINAL(JetGetTableColumnInfo)(sesid, tableid, table->columns[i], &definition,
                                              sizeof(definition), JET_ColInfo);
        if (err == JET_errColumnNotFound || err == JET_errInvalidName)
            continue;
        if (err < 0)
            return false;
        ret->columns[i] = (ColumnInfo){.present = true,
                                       .id = definition.columnid,
                                       .type = definition.coltyp,
                                       .code_page = definition.cp};
    }
    return true;
}

static bool has_judged_column(const TableInfo *info)
{
    const ColumnInfo *columns = info->columns;

    switch (info->role) {
    case ROLE_MESSAGES:
        return columns[COLUMN_TEXT].present;
    case ROLE_CONTENTS:
        return columns[COLUMN_DATA].present;
    case ROLE_ATTACHMENTS:
        return columns[COLUMN_NAME].present || columns[COLUMN_HEADER].present ||
               columns[COLUMN_DIGEST].present || columns[COLUMN_DATA].present;
    case ROLE_ENTRIES:
        return columns[COLUMN_MESSAGE].present;
    default:
        return true;
    }
}

static bool is_temporary(const TableInfo *info)
{
    return !info->untold && info->database == TEMPORARY_DATABASE;
}

static TableKnowledge learn_profiled(JET_SESID sesid, JET_TABLEID tableid,
                                     const ProfileTable *table, TableInfo *info)
{
    info->profiled = true;
    info->role = table->role;
    info->set = table->set;
    if (!info->untold)
        info->untold = !learn_columns(sesid, tableid, table, info);
    return info->untold || has_judged_column(info) ? TABLE_LEARNT : TABLE_UNPROFILED;
}

/* It may be any table. */
static TableKnowledge untold(bool has_profile, TableInfo *ret)
{
    *ret = (TableInfo){.profiled = has_profile, .untold = true, .role = ROLE_CONTENTS};
    strcpy(ret->table, UNSCANNED_ANY_TABLE);
    return TABLE_LEARNT;
}

TableKnowledge table_info_learn(JET_SESID sesid, JET_TABLEID tableid, TableInfo *ret)
{
    bool has_profile = profile_id() != 0;
    TableInfo info = {0};
    ProfileTable table;
    char name[JET_cbFullNameMost + 1];
    JET_ERR err;

    if (!originals_complete())
        return untold(has_profile, ret);
    err = ORIGINAL(JetGetTableInfo)(sesid, tableid, name, sizeof(name), JET_TblInfoName);
    if (err == JET_errIllegalOperation) /* of temporary tables that are still being sorted */
        return TABLE_UNKNOWN;
    if (err < 0)
        return untold(has_profile, ret);
    name[sizeof(name) - 1] = '\0';
    if (strlen(name) > PROFILE_NAME_MAX || (has_profile && !profile_find(name, &table)))
        return TABLE_UNPROFILED;
    memcpy(info.table, name, strlen(name) + 1);
    info.untold = ORIGINAL(JetGetTableInfo)(sesid, tableid, &info.database, sizeof(info.database),
                                            JET_TblInfoDbid) < 0;
    if (is_temporary(&info) ||
        (has_profile && learn_profiled(sesid, tableid, &table, &info) != TABLE_LEARNT))
        return TABLE_UNPROFILED;
    *ret = info;
    return TABLE_LEARNT;
}

static JET_ERR retrieve(const RowPlace *place, Column column, JET_GRBIT grbit, uint32_t offset,
                        void *data, uint32_t size, uint32_t *ret_actual)
{
    JET_RETINFO info = {.cbStruct = sizeof(info), .ibLongValue = offset, .itagSequence = 1};

    return ORIGINAL(JetRetrieveColumn)(place->sesid, place->tableid,
                                       place->info->columns[column].id, data, size, ret_actual,
                                       grbit, &info);
}

int table_info_read(const RowPlace *place, Column column, size_t limit, ByteString *ret)
{
    unsigned char few[256], *buffer = few;
    uint32_t actual = 0, room = sizeof(few);
    JET_ERR err;
    int result = 0;

    if (!place->info->columns[column].present)
        return 0;
    if (room > limit)
        room = (uint32_t)limit;
    err = retrieve(place, column, place->grbit, 0, few, room, &actual);
    if (err == JET_wrnBufferTruncated && room < limit) {
        room = actual < limit ? actual : (uint32_t)limit;
        buffer = malloc(room);
        if (!buffer)
            return -ENOMEM;
        err = retrieve(place, column, place->grbit, 0, buffer, room, &actual);
    }
    if (err < 0)
        result = -EIO;
    else if (err != JET_wrnColumnNull)
        result = byte_string_set(ret, buffer, actual < room ? actual : room);
    if (buffer != few)
        free(buffer);
    return result;
}

static bool is_utf16(const ColumnInfo *info)
{
    return (info->type == JET_coltypText || info->type == JET_coltypLongText) &&
           info->code_page == UTF16_CODE_PAGE;
}

static bool number_value(const ColumnInfo *info, const ByteString *raw, uint64_t *ret)
{
    uint64_t value = 0;

    switch (info->type) {
    case JET_coltypBit:
    case JET_coltypUnsignedByte:
    case JET_coltypShort:
    case JET_coltypUnsignedShort:
    case JET_coltypLong:
    case JET_coltypUnsignedLong:
    case JET_coltypCurrency:
    case JET_coltypLongLong:
    case JET_coltypUnsignedLongLong:
        if (raw->size > sizeof(value))
            return false;
        memcpy(&value, raw->data, raw->size);
        *ret = value;
        return true;
    default:
        return false;
    }
}

int table_info_read_text(const RowPlace *place, Column column, size_t limit, ByteString *ret)
{
    const ColumnInfo *info = &place->info->columns[column];
    ByteString raw = {0};
    uint64_t number;
    /* A unit of two bytes is one of UTF-8 at least. */
    int result = table_info_read(place, column, is_utf16(info) ? 2 * limit : limit, &raw);

    if (result < 0 || !raw.data)
        return result;
    if (number_value(info, &raw, &number)) {
        char digits[24];
        int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);

        result = byte_string_set(ret, digits, (size_t)length);
    } else if (is_utf16(info)) {
        unsigned char *text = malloc(raw.size / 2 * 3 + 1);

        result = -ENOMEM;
        if (text) {
            size_t size = unicode_to_utf8((const uint16_t *)(void *)raw.data, raw.size / 2, text);

            result = byte_string_set(ret, text, size < limit ? size : limit);
            free(text);
        }
    } else {
        byte_string_clear(ret);
        *ret = raw;
        return 0;
    }
    byte_string_clear(&raw);
    return result;
}

int table_info_read_number(const RowPlace *place, Column column, uint64_t *ret)
{
    ByteString raw = {0};
    uint64_t value = 0;
    int result = table_info_read(place, column, sizeof(value), &raw);

    if (result == 0 && raw.data)
        memcpy(&value, raw.data, raw.size);
    if (result == 0)
        *ret = value;
    byte_string_clear(&raw);
    return result;
}

static int read_long(const RowPlace *place, Column column, uint32_t size, Blob *ret)
{
    Descriptor memfd;
    uint32_t actual = 0;
    void *map;
    JET_ERR err;

    if (size > BLOB_MAX)
        return -EFBIG;
    map = blob_map_new(size, &memfd);
    if (!map)
        return -ENOMEM;
    err = retrieve(place, column, place->grbit, 0, map, size, &actual);
    if (blob_map_seal(map, size, &memfd) < 0)
        return -ENOMEM;
    if (err != JET_errSuccess || actual != size) {
        descriptor_close(&memfd);
        return -EIO;
    }
    *ret = blob_take_memfd(memfd, size);
    return 0;
}

/* What a question brings as it is. */
static int read_middle(const RowPlace *place, Column column, uint32_t size, Blob *ret)
{
    unsigned char *data = malloc((size_t)size + 1);
    uint32_t actual = 0;

    if (!data)
        return -ENOMEM;
    if (retrieve(place, column, place->grbit, 0, data, size, &actual) != JET_errSuccess ||
        actual != size) {
        free(data);
        return -EIO;
    }
    *ret = (Blob){.set = true, .size = size, .data = data, .memfd = DESCRIPTOR_NONE};
    return 0;
}

int table_info_read_blob(const RowPlace *place, Column column, Blob *ret)
{
    unsigned char *data;
    uint32_t actual = 0;
    JET_ERR err;

    if (!place->info->columns[column].present)
        return 0;
    data = malloc(STOREHOOK_INLINE_MAX + 1);
    if (!data)
        return -ENOMEM;
    err = retrieve(place, column, place->grbit, 0, data, STOREHOOK_INLINE_MAX, &actual);
    if (err == JET_errSuccess && actual <= STOREHOOK_INLINE_MAX) {
        *ret = (Blob){.set = true, .size = actual, .data = data, .memfd = DESCRIPTOR_NONE};
        return 0;
    }
    free(data);
    if (err == JET_wrnColumnNull)
        return 0;
    if (err != JET_wrnBufferTruncated)
        return -EIO;
    return actual <= STOREHOOK_TAIL_MAX ? read_middle(place, column, actual, ret)
                                        : read_long(place, column, actual, ret);
}

bool table_info_changed(const RowPlace *place, Column column)
{
    uint32_t new_size = 0, old_size = 0, offset = 0;
    unsigned char *chunk;
    bool changed = true;
    JET_ERR err, old_err;

    if (!place->info->columns[column].present)
        return false;
    chunk = malloc(2 * (size_t)COMPARE_CHUNK);
    if (!chunk)
        return true;
    do {
        uint32_t left;

        err = retrieve(place, column, JET_bitRetrieveCopy, offset, chunk, COMPARE_CHUNK, &new_size);
        old_err =
            retrieve(place, column, 0, offset, chunk + COMPARE_CHUNK, COMPARE_CHUNK, &old_size);
        if (err == JET_wrnColumnNull && old_err == JET_wrnColumnNull) {
            changed = false;
            break;
        }
        left = new_size < COMPARE_CHUNK ? new_size : COMPARE_CHUNK;
        if (err < 0 || err != old_err || new_size != old_size ||
            memcmp(chunk, chunk + COMPARE_CHUNK, left) != 0)
            break;
        offset += left;
        changed = err == JET_wrnBufferTruncated;
    } while (changed);
    free(chunk);
    return changed;
}

JET_ERR table_info_write(const RowPlace *place, Column column, const void *data, size_t size)
{
    if (!place->info->columns[column].present)
        return JET_errSuccess;
    return ORIGINAL(JetSetColumn)(place->sesid, place->tableid, place->info->columns[column].id,
                                  data, (uint32_t)size, size == 0 ? JET_bitSetZeroLength : 0, NULL);
}

JET_ERR table_info_write_text(const RowPlace *place, Column column, const void *text, size_t size)
{
    const ColumnInfo *info = &place->info->columns[column];
    uint16_t *units;
    size_t count;
    JET_ERR err;

    if (!info->present || !is_utf16(info))
        return table_info_write(place, column, text, size);
    units = malloc(size * sizeof(*units) + 1);
    if (!units)
        return JET_errOutOfMemory;
    count = unicode_to_utf16(text, size, units);
    err = table_info_write(place, column, units, count * sizeof(*units));
    free(units);
    return err;
}
