/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * wide-create.c - JET_TABLECREATE* and JET_INDEXCREATE* with UTF-16 text.
 *
 * The _W and the plain form have the same layout, so a structure is copied whole and its texts are
 * replaced. What the engine fills in (columnid, err, tableid, cCreated) is given back at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "mailstore/ese/fault.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/wide.h"

enum {
    INDEX_CREATE_SIZE_MIN = 72,
    INDEX_CONDITIONS_MOST = 16,
    ARRAY_MOST = JET_ccolMost,
};

struct WideBlock {
    WideBlock *next;
    max_align_t data[];
};

static void *block_new(WideBlock **blocks, size_t size)
{
    WideBlock *block = fault_malloc(sizeof(*block) + size);
    if (!block)
        return NULL;
    block->next = *blocks;
    *blocks = block;
    return block->data;
}

static void blocks_free(WideBlock *blocks)
{
    while (blocks) {
        WideBlock *next = blocks->next;
        free(blocks);
        blocks = next;
    }
}

/* `wide` points at UTF-16 in a copied structure; it comes to point at UTF-8. */
static JET_ERR text_replace(WideBlock **blocks, char **wide, uint32_t *size)
{
    WideText text = {0};
    if (!*wide)
        return JET_errSuccess;
    JET_ERR err = size ? wide_text_counted((JET_PCWSTR)*wide, *size, &text)
                       : wide_text((JET_PCWSTR)*wide, &text);
    char *copy = err >= 0 ? block_new(blocks, (size_t)text.size + 1) : NULL;
    if (err >= 0 && !copy)
        err = JET_errOutOfMemory;
    if (err >= 0) {
        memcpy(copy, text.text, (size_t)text.size + 1);
        *wide = copy;
        if (size)
            *size = text.size;
    }
    wide_text_clear(&text);
    return err;
}

static JET_ERR array_copy(WideBlock **blocks, const void *from, size_t size, void **ret)
{
    *ret = block_new(blocks, size);
    if (!*ret)
        return JET_errOutOfMemory;
    memcpy(*ret, from, size);
    return JET_errSuccess;
}

static JET_ERR columns_convert(WideBlock **blocks, JET_COLUMNCREATE **columns, uint32_t n)
{
    void *copy;
    if (!*columns || n == 0)
        return JET_errSuccess;
    if (n > ARRAY_MOST)
        return JET_errInvalidParameter;
    RETURN_IF_ERROR(array_copy(blocks, *columns, n * sizeof(**columns), &copy));
    *columns = copy;
    for (uint32_t i = 0; i < n; i++)
        RETURN_IF_ERROR(text_replace(blocks, &(*columns)[i].szColumnName, NULL));
    return JET_errSuccess;
}

static JET_ERR conditions_convert(WideBlock **blocks, JET_INDEXCREATE *index)
{
    void *copy;
    if (!index->rgconditionalcolumn || index->cConditionalColumn == 0)
        return JET_errSuccess;
    if (index->cConditionalColumn > INDEX_CONDITIONS_MOST)
        return JET_errIndexInvalidDef;
    RETURN_IF_ERROR(array_copy(blocks, index->rgconditionalcolumn,
                               index->cConditionalColumn * sizeof(*index->rgconditionalcolumn),
                               &copy));
    index->rgconditionalcolumn = copy;
    for (uint32_t i = 0; i < index->cConditionalColumn; i++)
        RETURN_IF_ERROR(text_replace(blocks, &index->rgconditionalcolumn[i].szColumnName, NULL));
    return JET_errSuccess;
}

/* Elements are as long as their cbStruct says, and no longer than the form that the call takes; all
 * forms begin like the first. */
static JET_ERR indexes_convert(WideBlock **blocks, void **indexes, uint32_t n, size_t most)
{
    size_t size = 0;
    void *copy;
    if (!*indexes || n == 0)
        return JET_errSuccess;
    if (n > ARRAY_MOST)
        return JET_errInvalidParameter;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t step = *(const uint32_t *)((const char *)*indexes + size);
        if (step < INDEX_CREATE_SIZE_MIN || step > most || step % 8 != 0)
            return JET_errInvalidParameter;
        size += step;
    }
    RETURN_IF_ERROR(array_copy(blocks, *indexes, size, &copy));
    *indexes = copy;
    for (char *at = copy; at < (char *)copy + size; at += *(uint32_t *)at) {
        JET_INDEXCREATE *index = (JET_INDEXCREATE *)at;
        RETURN_IF_ERROR(text_replace(blocks, &index->szIndexName, NULL));
        RETURN_IF_ERROR(text_replace(blocks, &index->szKey, &index->cbKey));
        RETURN_IF_ERROR(conditions_convert(blocks, index));
    }
    return JET_errSuccess;
}

static void columns_give_back(const JET_COLUMNCREATE *from, JET_COLUMNCREATE_W *to, uint32_t n)
{
    for (uint32_t i = 0; from && to && i < n; i++) {
        to[i].columnid = from[i].columnid;
        to[i].err = from[i].err;
    }
}

static void indexes_give_back(const void *from, void *to, uint32_t n)
{
    const char *from_at = from;
    char *to_at = to;
    for (uint32_t i = 0; from && to && i < n; i++) {
        const JET_INDEXCREATE *index = (const JET_INDEXCREATE *)from_at;
        ((JET_INDEXCREATE_W *)to_at)->err = index->err;
        to_at += index->cbStruct;
        from_at += index->cbStruct;
    }
}

#define TABLECREATE(N, TYPE, STRUCTURE)                                                            \
    JET_ERR wide_tablecreate##N##_begin(TYPE##_W *from, STRUCTURE *to)                             \
    {                                                                                              \
        void *copy;                                                                                \
        if (!from || from->cbStruct != sizeof(*from))                                              \
            return JET_errInvalidParameter;                                                        \
        to->wide = from;                                                                           \
        RETURN_IF_ERROR(array_copy(&to->blocks, from, sizeof(*from), &copy));                      \
        TYPE *narrow = copy;                                                                       \
        RETURN_IF_ERROR(text_replace(&to->blocks, &narrow->szTableName, NULL));                    \
        RETURN_IF_ERROR(text_replace(&to->blocks, &narrow->szTemplateTableName, NULL));            \
        RETURN_IF_ERROR(text_replace(&to->blocks, &narrow->szCallback, NULL));                     \
        RETURN_IF_ERROR(columns_convert(&to->blocks, &narrow->rgcolumncreate, narrow->cColumns));  \
        RETURN_IF_ERROR(indexes_convert(&to->blocks, (void **)&narrow->rgindexcreate,              \
                                        narrow->cIndexes, sizeof(*narrow->rgindexcreate)));        \
        to->narrow = narrow;                                                                       \
        return JET_errSuccess;                                                                     \
    }                                                                                              \
                                                                                                   \
    JET_ERR wide_tablecreate##N##_end(STRUCTURE *structure, JET_ERR err)                           \
    {                                                                                              \
        TYPE *narrow = structure->narrow;                                                          \
        TYPE##_W *wide = structure->wide;                                                          \
        if (narrow) {                                                                              \
            wide->tableid = narrow->tableid;                                                       \
            wide->cCreated = narrow->cCreated;                                                     \
            columns_give_back(narrow->rgcolumncreate, wide->rgcolumncreate, narrow->cColumns);     \
            indexes_give_back(narrow->rgindexcreate, wide->rgindexcreate, narrow->cIndexes);       \
        }                                                                                          \
        blocks_free(structure->blocks);                                                            \
        return err;                                                                                \
    }

TABLECREATE(2, JET_TABLECREATE2, WideTablecreate2)
TABLECREATE(3, JET_TABLECREATE3, WideTablecreate3)
TABLECREATE(4, JET_TABLECREATE4, WideTablecreate4)

#define INDEXCREATE(N, TYPE, STRUCTURE)                                                            \
    JET_ERR wide_indexcreate##N##_begin(TYPE##_W *from, uint32_t n, STRUCTURE *to)                 \
    {                                                                                              \
        void *indexes = from;                                                                      \
        RETURN_IF_ERROR(indexes_convert(&to->blocks, &indexes, n, sizeof(*from)));                 \
        to->wide = from;                                                                           \
        to->narrow = indexes;                                                                      \
        to->n = n;                                                                                 \
        return JET_errSuccess;                                                                     \
    }                                                                                              \
                                                                                                   \
    JET_ERR wide_indexcreate##N##_end(STRUCTURE *structure, JET_ERR err)                           \
    {                                                                                              \
        indexes_give_back(structure->narrow, structure->wide, structure->n);                       \
        blocks_free(structure->blocks);                                                            \
        return err;                                                                                \
    }

INDEXCREATE(, JET_INDEXCREATE, WideIndexcreate)
INDEXCREATE(2, JET_INDEXCREATE2, WideIndexcreate2)
INDEXCREATE(3, JET_INDEXCREATE3, WideIndexcreate3)
