/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * info-index.c - what one index is: numbers, names, its id, and the structure that makes another
 * like it.
 *
 * Fails with JET_errBufferTooSmall, JET_errInvalidIndexId, JET_errIllegalOperation (the id of a
 * temporary table's index), JET_errFeatureNotAvailable.
 */
#include <assert.h>
#include <string.h>

#include "mailstore/ese/info.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/wide.h"

enum {
    KEY_TEXT_MAX = KEY_SEGMENTS_MAX * (1 + NAME_MAX_BYTES + 1) + 1,
};

/* --- The id -------------------------------------------------------------------- */

/* JET_INDEXID.rgbIndexId: opaque to programs, and good for as long as the index lives. */
typedef struct {
    uint32_t table, index, database, zero;
} IndexId;

static_assert(sizeof(IndexId) == sizeof(((JET_INDEXID *)0)->rgbIndexId), "fills it");

static JET_ERR info_index_id(const Cursor *cursor, const Index *index, void *result, uint32_t size)
{
    JET_INDEXID answer = {.cbStruct = sizeof(answer)};
    if (!result || size < sizeof(answer))
        return JET_errBufferTooSmall;
    if (cursor->temporary)
        return JET_errIllegalOperation;
    IndexId id = {.table = cursor->table->object_id,
                  .index = index->object_id,
                  .database = cursor->database->database->id};
    memcpy(answer.rgbIndexId, &id, sizeof(id));
    memcpy(result, &answer, sizeof(answer));
    return JET_errSuccess;
}

JET_ERR info_index_of_id(Cursor *cursor, const JET_INDEXID *from, char ret_name[NAME_MAX_BYTES + 1])
{
    IndexId id;
    if (from->cbStruct != sizeof(*from))
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(cursor_refresh_now(cursor));
    memcpy(&id, from->rgbIndexId, sizeof(id));
    if (cursor->temporary || id.table != cursor->table->object_id ||
        id.database != cursor->database->database->id)
        return JET_errInvalidIndexId;
    for (uint32_t i = 0; i < cursor->schema->n_indexes; i++) {
        const Index *index = &cursor->schema->indexes[i];
        if (index->object_id != id.index)
            continue;
        memcpy(ret_name, index->name, strlen(index->name) + 1);
        return JET_errSuccess;
    }
    return JET_errInvalidIndexId;
}

/* --- JET_INDEXCREATE* ---------------------------------------------------------- */

/* Places data behind the structure: first to see how much there is, then in earnest. */
typedef struct {
    uintptr_t at;
    bool wide, writes;
} Writer;

static void *writer_put(Writer *writer, const void *data, size_t size, size_t alignment)
{
    uintptr_t start = (writer->at + alignment - 1) & ~(alignment - 1);
    writer->at = start + size;
    if (writer->writes)
        memcpy((void *)start, data, size);
    return (void *)start;
}

static JET_ERR writer_text(Writer *writer, const char *text, bool wide, void **ret)
{
    JET_WCHAR units[TEXT_LOCALE_MAX + 1];
    size_t n = 0;
    if (!wide) {
        *ret = writer_put(writer, text, strlen(text) + 1, 1);
        return JET_errSuccess;
    }
    RETURN_IF_ERROR(wide_copy_out(text, units, sizeof(units)));
    while (units[n])
        n++;
    *ret = writer_put(writer, units, (n + 1) * sizeof(*units), sizeof(*units));
    return JET_errSuccess;
}

/* "+column\0-column\0\0" */
static JET_ERR writer_key(Writer *writer, const Index *index, JET_INDEXCREATE3_A *create)
{
    JET_WCHAR units[KEY_TEXT_MAX];
    char text[KEY_TEXT_MAX];
    size_t n = 0;
    for (unsigned i = 0; i < index->n_segments; i++) {
        const char *name = index->segments[i].column->name;
        char sign = index->segments[i].descending ? '-' : '+';
        if (writer->wide) {
            units[n++] = (JET_WCHAR)sign;
            RETURN_IF_ERROR(
                wide_copy_out(name, units + n, (uint32_t)((KEY_TEXT_MAX - n) * sizeof(*units))));
            while (units[n])
                n++;
        } else {
            text[n++] = sign;
            memcpy(text + n, name, strlen(name) + 1);
            n += strlen(name);
        }
        n++;
    }
    text[n] = 0;
    units[n++] = 0;
    size_t unit = writer->wide ? sizeof(*units) : 1;
    create->cbKey = (uint32_t)(n * unit);
    create->szKey = writer_put(writer, writer->wide ? (void *)units : text, n * unit, unit);
    return JET_errSuccess;
}

static JET_ERR writer_conditions(Writer *writer, const Index *index, JET_INDEXCREATE3_A *create)
{
    JET_CONDITIONALCOLUMN conditions[INDEX_CONDITIONS_MAX] = {0};
    for (unsigned i = 0; i < index->n_conditions; i++) {
        void *name;
        RETURN_IF_ERROR(
            writer_text(writer, index->conditions[i].column->name, writer->wide, &name));
        conditions[i] = (JET_CONDITIONALCOLUMN){.cbStruct = sizeof(conditions[i]),
                                                .szColumnName = name,
                                                .grbit = index->conditions[i].must_be_null
                                                             ? JET_bitIndexColumnMustBeNull
                                                             : JET_bitIndexColumnMustBeNonNull};
    }
    create->cConditionalColumn = index->n_conditions;
    if (index->n_conditions > 0)
        create->rgconditionalcolumn =
            writer_put(writer, conditions, index->n_conditions * sizeof(*conditions),
                       _Alignof(JET_CONDITIONALCOLUMN));
    return JET_errSuccess;
}

/* A locale by name in the third form, by number in the others; only where text is in the key. */
static JET_ERR writer_collation(Writer *writer, const Index *index, uint32_t level,
                                JET_INDEXCREATE3_A *create)
{
    const TextCollation *collation = &index->collation;
    uint32_t flags = collation->map_flags ? collation->map_flags : TEXT_MAP_DEFAULT;
    create->grbit &= ~(JET_GRBIT)JET_bitIndexUnicode;
    if (!collation->collator)
        return JET_errSuccess;
    create->grbit |= JET_bitIndexUnicode;
    if (level != JET_IdxInfoCreateIndex3) {
        JET_UNICODEINDEX unicode = {text_lcid_of_locale(collation->locale), flags};
        create->pidxunicode =
            writer_put(writer, &unicode, sizeof(unicode), _Alignof(JET_UNICODEINDEX));
        return JET_errSuccess;
    }
    void *locale;
    RETURN_IF_ERROR(writer_text(
        writer, collation->locale[0] ? collation->locale : TEXT_LOCALE_DEFAULT, true, &locale));
    JET_UNICODEINDEX2 unicode = {locale, flags};
    create->pidxunicode =
        writer_put(writer, &unicode, sizeof(unicode), _Alignof(JET_UNICODEINDEX2));
    return JET_errSuccess;
}

/* All three forms begin alike, and the first is a shorter one. */
static JET_ERR writer_index(Writer *writer, const Index *index, uint32_t level,
                            JET_INDEXCREATE3_A *create)
{
    void *name;
    RETURN_IF_ERROR(writer_text(writer, index->name, writer->wide, &name));
    create->szIndexName = name;
    RETURN_IF_ERROR(writer_key(writer, index, create));
    create->grbit = index->grbit;
    create->ulDensity = index->density;
    create->cbVarSegMac = index->var_segment_most;
    if (index->grbit & JET_bitIndexTuples) {
        const TupleLimits *tuples = &index->tuples;
        JET_TUPLELIMITS limits = {tuples->length_min, tuples->length_max, tuples->to_index_max,
                                  tuples->increment, tuples->start};
        create->grbit |= JET_bitIndexTupleLimits;
        create->ptuplelimits =
            writer_put(writer, &limits, sizeof(limits), _Alignof(JET_TUPLELIMITS));
    }
    create->cbKeyMost = index->key_most;
    RETURN_IF_ERROR(writer_conditions(writer, index, create));
    return writer_collation(writer, index, level, create);
}

static JET_ERR info_index_create(const Index *index, void *result, uint32_t size, uint32_t level,
                                 bool wide)
{
    uint32_t head =
        level == JET_IdxInfoCreateIndex ? sizeof(JET_INDEXCREATE) : sizeof(JET_INDEXCREATE3);
    JET_INDEXCREATE3_A create = {.cbStruct = head};
    if (!result || size < head)
        return JET_errBufferTooSmall;
    for (int pass = 0; pass < 2; pass++) {
        Writer writer = {.at = (uintptr_t)result + head, .wide = wide, .writes = pass == 1};
        RETURN_IF_ERROR(writer_index(&writer, index, level, &create));
        if (writer.at > (uintptr_t)result + size)
            return JET_errBufferTooSmall;
    }
    memcpy(result, &create, head);
    return JET_errSuccess;
}

/* --- All levels ---------------------------------------------------------------- */

JET_ERR info_one_index(const Cursor *cursor, const Index *index, void *result, uint32_t size,
                       uint32_t level, bool wide)
{
    const char *locale = index->collation.locale;
    switch (level) {
    case JET_IdxInfoVarSegMac:
        return info_short(index->var_segment_most, result, size);
    case JET_IdxInfoKeyMost:
        return info_short(index->key_most, result, size);
    case JET_IdxInfoLCID:
        return info_short((uint16_t)text_lcid_of_locale(locale), result, size);
    case JET_IdxInfoLocaleName:
        return info_text(locale[0] ? locale : TEXT_LOCALE_DEFAULT, result, size, wide);
    case JET_IdxInfoIndexId:
        return info_index_id(cursor, index, result, size);
    case JET_IdxInfoCreateIndex:
    case JET_IdxInfoCreateIndex2:
    case JET_IdxInfoCreateIndex3:
        return info_index_create(index, result, size, level, wide);
    case JET_IdxInfoSysTabCursor:
    case JET_IdxInfoOLC:
    case JET_IdxInfoResetOLC:
    case JET_IdxInfoSpaceAlloc:
        return JET_errFeatureNotAvailable;
    default:
        return JET_errInvalidParameter;
    }
}
