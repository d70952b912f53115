/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pdf-keys.h - the keys of a PDF that is encrypted with an empty password. */
#ifndef SCANNER_PDF_KEYS_H
#define SCANNER_PDF_KEYS_H

#include "scanner/pdf/pdf-source.h"

/* Fills in `crypts` of the source, and is_locked and is_unsure. */
void pdf_keys_find(PdfSource *source);
/* By the name of a handler in `handlers` (/CF); `otherwise`: there is no name. */
PdfCryptMethod pdf_keys_method(PdfSource *source, PdfText handlers, const PdfToken *name,
                               PdfCryptMethod otherwise);

#endif /* SCANNER_PDF_KEYS_H */
