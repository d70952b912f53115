/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clean-biff.h - workbooks without Excel 4.0 macros and links to other programs. */
#ifndef SCANNER_CLEAN_BIFF_H
#define SCANNER_CLEAN_BIFF_H

#include "scanner/clean/clean-removed.h"

/* The stream `Workbook` or `Book`; NULL when it cannot be cleaned. */
GByteArray *clean_biff_cut(const guint8 *data, gsize size, CleanRemoved removed, gpointer user);

/* A binary part of an xlsb. */
GByteArray *clean_biff12_cut(const guint8 *data, gsize size, CleanRemoved removed, gpointer user);
/* A sheet without cells, to stand where a macro sheet was. */
GByteArray *clean_biff12_empty_sheet(void);

#endif /* SCANNER_CLEAN_BIFF_H */
