/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctl-table.h - aligned tables on a terminal, for storehookctl.
 */
#ifndef SCANNER_CTL_TABLE_H
#define SCANNER_CTL_TABLE_H

#include <glib.h>
#include <stdio.h>

typedef struct CtlTable CtlTable;

/* Column titles end with NULL. */
CtlTable *ctl_table_new(const char *const *titles);
void ctl_table_free(CtlTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CtlTable, ctl_table_free)

/* One cell after the other, row by row. Text from mail is made fit for a terminal: no control or
 * direction-changing characters, at most `max` columns (0: all), cut with an ellipsis. */
void ctl_table_add(CtlTable *table, const char *text, guint max);
void ctl_table_print(const CtlTable *table, FILE *to);

/* The same cleaning for a text outside of a table; g_free(). */
char *ctl_text_clean(const char *text, guint max);

#endif /* SCANNER_CTL_TABLE_H */
