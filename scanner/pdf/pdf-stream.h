/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pdf-stream.h - the streams of a PDF as bytes, in each way in which readers take them. */
#ifndef SCANNER_PDF_STREAM_H
#define SCANNER_PDF_STREAM_H

#include "scanner/pdf/pdf-filter.h"
#include "scanner/pdf/pdf-source.h"

/* By its keys one after another, then as it stands. *number begins with 0. FALSE: no more. What one
 * key opens, another may open as well: who wrote the file knows both. */
gboolean pdf_stream_next_way(const PdfSource *source, PdfWay *way, guint *number);
/* One way. *ret is not NULL but for PDF_FILTER_TOO_LARGE; g_free(). */
PdfFilterResult pdf_stream_read(PdfSource *source, const PdfObject *object, PdfWay *way, gsize most,
                                guint8 **ret, gsize *ret_size, guint *ret_filters);
/* The bytes of the file with its streams decrypted where they stand, filled up with blanks; as long
 * as they were, g_free(). For readers that cannot; only with pdf_source_is_open(). NULL: a limit,
 * or no memory. */
guint8 *pdf_stream_dup_open(PdfSource *source);

#endif /* SCANNER_PDF_STREAM_H */
