/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cursors.h - what is known of the host's cursors (JET_TABLEID), learnt at their first use.
 *
 * For all threads. A handle value may be given out anew for another table after each call that can
 * close cursors, so those calls make us forget before the original runs.
 */
#ifndef LIBSTOREHOOK_CURSORS_H
#define LIBSTOREHOOK_CURSORS_H

#include "libstorehook/table-info.h"

enum {
    CURSOR_PREP_UNKNOWN = 255
};

typedef struct {
    TableInfo info;
    uint8_t prep; /* JET_prep..., or CURSOR_PREP_UNKNOWN */
} Cursor;

/*
 * TABLE_LEARNT fills *ret; else it is untouched. Asks the store when the handle is new, or was
 * learnt by another profile; *ret_new tells so.
 */
TableKnowledge cursors_find(JET_SESID sesid, JET_TABLEID tableid, Cursor *ret, bool *ret_new);
/* What is known already, without asking the store: TABLE_UNKNOWN when nothing is. */
TableKnowledge cursors_peek(JET_SESID sesid, JET_TABLEID tableid);
/* Remembers the kind of update that was prepared; nothing when the cursor is not known. */
void cursors_set_prep(JET_TABLEID tableid, uint32_t prep);

void cursors_forget(JET_TABLEID tableid);
void cursors_forget_session(JET_SESID sesid);
void cursors_forget_all(void);

#endif /* LIBSTOREHOOK_CURSORS_H */
