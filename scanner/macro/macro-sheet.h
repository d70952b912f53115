/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-sheet.h - workbooks as text: SYLK and lists of values (CSV). */
#ifndef SCANNER_MACRO_SHEET_H
#define SCANNER_MACRO_SHEET_H

#include "scanner/macro/macro-document.h"

gboolean macro_sylk_matches(const char *data, gsize size);
void macro_sylk_read(MacroDocument *document, const char *data, gsize size);
/* Whether it is a macro sheet, or has names that start one. */
gboolean macro_sylk_has_macros(const char *data, gsize size);

/* TRUE if any cell of a text may be a formula that reaches another program. */
gboolean macro_list_matches(const char *data, gsize size);
/* The bar of the next such cell, at `from` or behind it; NULL: there is none. */
const char *macro_list_next(const char *data, const char *from, const char *end);
void macro_list_read(MacroDocument *document, const char *data, gsize size);

#endif /* SCANNER_MACRO_SHEET_H */
