/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table-mend.c - builds text indexes anew when the collation library has changed.
 *
 * Each index remembers the version that made its keys. Rows in the order of a primary index of
 * text cannot be moved here: JET_errPrimaryIndexCorrupted. Where nothing may be written it is
 * JET_errSecondaryIndexCorrupted, as using the index would miss rows.
 */
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/table.h"

static JET_ERR index_mend(Cursor *cursor, Scope *scope, const Index *index)
{
    Index mended = *index; /* borrows the name and the collator */
    if (index->grbit & JET_bitIndexPrimary)
        return JET_errPrimaryIndexCorrupted;
    mended.collation_version = text_collation_version(&index->collation);
    RETURN_IF_ERROR(table_clear_tree(scope->txn, TREE_INDEX, index->object_id,
                                     index->grbit & JET_bitIndexUnique));
    RETURN_IF_ERROR(catalog_put_index(scope->txn, cursor->table->object_id, &mended));
    return table_build_index(cursor->schema, index, scope->txn);
}

static JET_ERR table_mend_in(Cursor *cursor, Scope *scope)
{
    RETURN_IF_ERROR(catalog_lock(scope->txn, cursor->table->object_id, KEY_LOCK_WRITE));
    RETURN_IF_ERROR(cursor_refresh(cursor, scope->txn));
    for (uint32_t i = 0; i < cursor->schema->n_indexes; i++)
        if (index_is_stale(&cursor->schema->indexes[i]))
            RETURN_IF_ERROR(index_mend(cursor, scope, &cursor->schema->indexes[i]));
    return table_put_changed(scope, cursor->schema);
}

JET_ERR table_mend_text_indexes(Cursor *cursor)
{
    Scope scope;
    if (!cursor->schema->stale_text)
        return JET_errSuccess;
    if (cursor->database->read_only || (cursor->session->level > 0 && cursor->session->read_only))
        return JET_errSecondaryIndexCorrupted;
    RETURN_IF_ERROR(table_change_begin(cursor->session, cursor->database, &scope));
    JET_ERR err = table_change_end(&scope, table_mend_in(cursor, &scope));
    session_refresh_cursors(cursor->session, cursor->table, cursor->database);
    return err;
}
