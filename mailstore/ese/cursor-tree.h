/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cursor-tree.h - a cursor's place in the tree of its index; for cursor-*.c only.
 */
#ifndef MAILSTORE_ESE_CURSOR_TREE_H
#define MAILSTORE_ESE_CURSOR_TREE_H

#include "mailstore/ese/cursor.h"

/* Goes to the entry that the tree has for the key: JET_errRecordNotFound when the index has none,
 * and the position is as it was. Within a scope. */
JET_ERR cursor_find(Cursor *cursor, SeekKind kind, Bytes key, Bytes bookmark);
/* One entry on; off the end or the range parks the cursor: JET_errNoCurrentRecord. */
JET_ERR cursor_step(Cursor *cursor, bool forward);
/* Of the current entry. */
bool cursor_in_range(const Cursor *cursor);

#endif
