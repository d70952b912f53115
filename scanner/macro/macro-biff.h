/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-biff.h - workbooks of Excel 5 to 2003, and the binary parts of xlsb. */
#ifndef SCANNER_MACRO_BIFF_H
#define SCANNER_MACRO_BIFF_H

#include "scanner/macro/macro-document.h"

/* The stream `Workbook` or `Book` of a compound file. */
void macro_biff_read(MacroDocument *document, const guint8 *data, gsize size);

/* A part of an xlsb, told by its first record. */
gboolean macro_biff12_matches(const char *data, gsize size);
void macro_biff12_read(MacroDocument *document, const char *data, gsize size);

#endif /* SCANNER_MACRO_BIFF_H */
