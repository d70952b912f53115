/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * intercept.c - what becomes of a row once nothing can take it back. Cannot fail.
 */
#include "libstorehook/intercept.h"

#include "libstorehook/unscanned.h"

MessageName intercept_message_name(const Session *session, const TrackedRow *row)
{
    return (MessageName){.instance = session ? session->instance : 0,
                         .database = row->database,
                         .set = row->set,
                         .key = &row->fields[FIELD_MESSAGE]};
}

static void remember_message(const Session *session, const TrackedRow *row)
{
    const MessageName name = intercept_message_name(session, row);
    const char *incident = (const char *)row->fields[FIELD_INCIDENT].data;

    if (row->settled)
        remembered_add(&name, row->dropped, incident ? incident : "");
    else if (tracked_row_stands(row) && !remembered_is_empty())
        remembered_forget(&name);
}

bool intercept_row_done(const Session *session, const TrackedRow *row)
{
    if (row->role == ROLE_MESSAGES && row->profiled && row->fields[FIELD_MESSAGE].data)
        remember_message(session, row);
    if (row->reason == ROW_REASON_NONE || !tracked_row_stands(row))
        return false;
    if (row->profiled)
        unscanned_add((StorehookReason)row->reason, row->table, &row->fields[FIELD_BOOKMARK]);
    else
        unscanned_add_unjudged(row->table, &row->fields[FIELD_BOOKMARK]);
    return true;
}
