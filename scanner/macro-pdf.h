/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-pdf.h - actions of a PDF that start programs or open what it carries. */
#ifndef SCANNER_MACRO_PDF_H
#define SCANNER_MACRO_PDF_H

#include "scanner/macro-document.h"

gboolean macro_pdf_matches(const char *data, gsize size);
void macro_pdf_read(MacroDocument *document, const char *data, gsize size);

#endif /* SCANNER_MACRO_PDF_H */
