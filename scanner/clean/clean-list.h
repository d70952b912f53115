/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clean-list.h - lists of values (CSV) and SYLK without cells that reach other programs. */
#ifndef SCANNER_CLEAN_LIST_H
#define SCANNER_CLEAN_LIST_H

#include "scanner/clean/clean-removed.h"

/* Of the same length; NULL for SYLK with a macro sheet, which nobody here writes anew. */
GString *clean_list_cut(const char *data, gsize size, CleanRemoved removed, gpointer user);

#endif /* SCANNER_CLEAN_LIST_H */
