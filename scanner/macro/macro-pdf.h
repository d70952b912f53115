/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-pdf.h - actions of a PDF that start programs or open what it carries. */
#ifndef SCANNER_MACRO_PDF_H
#define SCANNER_MACRO_PDF_H

#include "scanner/macro/macro-document.h"
#include "scanner/pdf/pdf-file.h"

void macro_pdf_read(MacroDocument *document, PdfFile *file);

#endif /* SCANNER_MACRO_PDF_H */
