/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * table-mend.c - builds text indexes anew when the collation library has changed.
 *
 * Each index remembers the version that made its keys. Rows in the order of a primary index of
 * text cannot be moved here: JET_errPrimaryIndexCorrupted. Where nothing may be written it is
 * JET_errSecondaryIndexCorrupted, as using the index would miss rows.
 */
#include <string.h>

#include "mailstore/ese/bytes.h"
#include "mailstore/ese/catalog.h"
#include "mailstore/ese/result.h"
#include "mailstore/ese/table.h"

static JET_ERR index_first_entry(TreeCursor *entries, uint32_t object_id, Bytes *ret_key,
                                 Bytes *ret_bookmark)
{
    uint8_t prefix[4];
    store_key_u32(prefix, object_id);
    RETURN_IF_ERROR(tree_cursor_seek(entries, SEEK_GE, (Bytes){prefix, sizeof(prefix)},
                                     (Bytes){NULL, 0}, ret_key, ret_bookmark));
    return ret_key->size < 4 || load_key_u32(ret_key->data) != object_id ? JET_errRecordNotFound
                                                                         : JET_errSuccess;
}

static JET_ERR index_clear_entries(const Index *index, Txn *txn)
{
    TreeCursor *entries;
    Bytes key, bookmark;
    uint8_t copy[2 * STORE_KEY_MAX]; /* what the cursor shows moves with each write */
    RETURN_IF_ERROR(tree_cursor_new(txn, TREE_INDEX, &entries));
    JET_ERR err = index_first_entry(entries, index->object_id, &key, &bookmark);
    while (err >= 0) {
        memcpy(copy, key.data, key.size);
        memcpy(copy + key.size, bookmark.data, bookmark.size);
        err =
            txn_index_delete(txn, (Bytes){copy, key.size}, (Bytes){copy + key.size, bookmark.size},
                             index->grbit & JET_bitIndexUnique);
        if (err >= 0)
            err = index_first_entry(entries, index->object_id, &key, &bookmark);
    }
    tree_cursor_free(entries);
    return err == JET_errRecordNotFound ? JET_errSuccess : err;
}

static JET_ERR index_mend(Cursor *cursor, Scope *scope, const Index *index)
{
    Index mended = *index; /* borrows the name and the collator */
    if (index->grbit & JET_bitIndexPrimary)
        return JET_errPrimaryIndexCorrupted;
    mended.collation_version = text_collation_version(&index->collation);
    RETURN_IF_ERROR(index_clear_entries(index, scope->txn));
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
