/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * check-table.h - what the trees say as tables: definitions, rows, indexes, long values.
 */
#ifndef MAILSTORE_ESE_CHECK_TABLE_H
#define MAILSTORE_ESE_CHECK_TABLE_H

#include "mailstore/ese/check-page.h"

typedef struct {
    uint64_t tables, rows, index_entries, long_values;
    uint64_t unreferenced;  /* long values that no row has: room that is lost, no damage */
    uint64_t stale_indexes; /* made by another version of the collation: not compared */
} CheckTables;

/* After check_pages without damage. Tells damage; memory that is short is check->failure. */
void check_tables(Check *check, CheckTables *ret);

#endif
