/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pdf-action.h - what a PDF does by itself (ISO 32000-2 12.6.4). For pdf-file.c. */
#ifndef SCANNER_PDF_ACTION_H
#define SCANNER_PDF_ACTION_H

#include "scanner/pdf/pdf-file.h"
#include "scanner/pdf/pdf-source.h"

/* As pdf_file_actions(). */
gboolean pdf_action_walk(PdfSource *source, PdfActionFound found, gpointer user_data);

#endif /* SCANNER_PDF_ACTION_H */
