/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pdf-filter.h - what the streams of a PDF are packed with (ISO 32000-1 7.4), with a limit. */
#ifndef SCANNER_PDF_FILTER_H
#define SCANNER_PDF_FILTER_H

#include <glib.h>

typedef enum {
    PDF_FILTER_UNKNOWN, /* or of pictures */
    PDF_FILTER_NONE,
    PDF_FILTER_HEX,
    PDF_FILTER_BASE85,
    PDF_FILTER_RUN_LENGTH,
    PDF_FILTER_LZW,
    PDF_FILTER_FLATE
} PdfFilterKind;

typedef struct {
    PdfFilterKind kind;
    /* Of LZW and Flate, 7.4.4.3. */
    gint64 predictor, colors, bits, columns, early_change;
    gboolean is_odd; /* these are not clear: what comes out is, too */
} PdfFilter;

typedef enum {
    PDF_FILTER_DONE,
    PDF_FILTER_BROKEN,   /* what came before the damage is there */
    PDF_FILTER_TOO_LARGE /* or no memory for it: nothing is there */
} PdfFilterResult;

/* By its name, without the slash, or the short form that some readers know. */
PdfFilterKind pdf_filter_kind(const char *name);

/* At most `most` bytes, to be freed with g_free(). An unknown or odd filter is damage. */
PdfFilterResult pdf_filter_undo(const PdfFilter *filter, const guint8 *data, gsize size, gsize most,
                                guint8 **ret, gsize *ret_size);

#endif /* SCANNER_PDF_FILTER_H */
