/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-ole.h - compound files: workbooks, fields of Word, objects. */
#ifndef SCANNER_MACRO_OLE_H
#define SCANNER_MACRO_OLE_H

#include "scanner/macro/macro-document.h"

gboolean macro_ole_matches(const char *data, gsize size);
void macro_ole_read(MacroDocument *document, const char *data, gsize size);

#endif /* SCANNER_MACRO_OLE_H */
