/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-sheet.h - workbooks as text: SYLK and lists of values (CSV). */
#ifndef SCANNER_MACRO_SHEET_H
#define SCANNER_MACRO_SHEET_H

#include "scanner/macro-document.h"

gboolean macro_sylk_matches(const char *data, gsize size);
void macro_sylk_read(MacroDocument *document, const char *data, gsize size);

/* TRUE if any cell of a text may be a formula that reaches another program. */
gboolean macro_list_matches(const char *data, gsize size);
void macro_list_read(MacroDocument *document, const char *data, gsize size);

#endif /* SCANNER_MACRO_SHEET_H */
