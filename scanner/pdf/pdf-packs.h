/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pdf-packs.h - the objects that lie in streams of a PDF. For pdf-file.c. */
#ifndef SCANNER_PDF_PACKS_H
#define SCANNER_PDF_PACKS_H

#include "scanner/pdf/pdf-source.h"

gboolean pdf_packs_are_there(const PdfSource *source);
/* Finds the keys of the file, and with them the objects. */
void pdf_packs_open(PdfSource *source);

#endif /* SCANNER_PDF_PACKS_H */
