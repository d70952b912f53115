/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-source.h - a PDF with all its objects and keys, and its streams as bytes.
 *
 * Streams in any order of filters, with predictors, behind references, and in files that are
 * encrypted with an empty password; objects that lie in such streams. For pdf-file.c.
 */
#ifndef SCANNER_PDF_SOURCE_H
#define SCANNER_PDF_SOURCE_H

#include "scanner/pdf/pdf-crypt.h"
#include "scanner/pdf/pdf-filter.h"
#include "scanner/pdf/pdf-objects.h"

enum {
    PDF_SOURCE_CRYPTS_MAX = 4, /* dictionaries in the updates of one file */
    PDF_SOURCE_WAYS = 8        /* picks of pdf_dict_find() and pdf_objects_resolve() */
};

typedef struct {
    const guint8 *dict; /* where it stands */
    guint pick;         /* how it was read */
    PdfText handlers;   /* /CF */
    PdfCrypt *key;
    PdfCryptMethod streams, strings, files;
} PdfSourceCrypt;

typedef struct {
    const guint8 *data;
    gsize size;
    PdfObjects objects;
    GPtrArray *packs; /* bytes of the streams of objects */
    gsize pack_bytes;
    PdfSourceCrypt crypts[PDF_SOURCE_CRYPTS_MAX];
    guint crypt_count;
    GHashTable *tried;   /* GBytes: which dictionaries of keys, with which identifiers */
    gboolean is_locked;  /* encrypted, and none of the keys is known */
    gboolean is_unsure;  /* one of them is not */
    gboolean has_damage; /* a stream of objects cannot be read */
    gsize to_undo; /* bytes of streams that may still be read: those without end are read again */
    /* The last search for the end of a stream: from here, to there. */
    const guint8 *searched, *found;
} PdfSource;

/* How one stream is read. */
typedef struct {
    guint pick;
    const PdfSourceCrypt *crypt; /* NULL: as it stands */
    gboolean is_by_files;        /* by /EFF and not by /StmF: readers differ */
    gboolean is_doubtful;        /* another pick may be another */
} PdfWay;

/* Borrows the bytes. Finds the objects that do not lie in streams. */
void pdf_source_init(PdfSource *source, const void *data, gsize size, guint64 end);
void pdf_source_clear(PdfSource *source);
gboolean pdf_source_has_packs(const PdfSource *source);
/* Finds the keys, and the objects that lie in streams. */
void pdf_source_unpack(PdfSource *source);

/* By its keys one after another, then as it stands. *number begins with 0. FALSE: no more. What one
 * key opens, another may open as well: who wrote the file knows both. */
gboolean pdf_source_next_way(const PdfSource *source, PdfWay *way, guint *number);
/* One way. *ret is not NULL but for PDF_FILTER_TOO_LARGE; g_free(). */
PdfFilterResult pdf_source_read(PdfSource *source, const PdfObject *object, PdfWay *way, gsize most,
                                guint8 **ret, gsize *ret_size, guint *ret_filters);
/* The bytes of the file with its streams decrypted where they stand, filled up with blanks; as long
 * as they were, g_free(). For readers that cannot; only with pdf_source_is_open(). NULL: a limit,
 * or no memory. */
guint8 *pdf_source_dup_open(PdfSource *source);
/* TRUE if it is encrypted, all with one key that is known. */
gboolean pdf_source_is_open(const PdfSource *source);
/* What many may refer to is read for each of them, `times` over. */
void pdf_source_charge_value(PdfSource *source, PdfText value, guint times);
/* A string that stands in `object`, or in one that it refers to, as UTF-8; g_free(). NULL: it is
 * none, or cannot be read. A long one is a limit, or where told is cut. */
char *pdf_source_text(PdfSource *source, const PdfObject *object, PdfText value, gboolean is_cut);
/* Bytes of a string, or of a stream that stands for one (ISO 32000-2 7.9.2.2). */
char *pdf_source_text_of_bytes(const guint8 *bytes, gsize size);

#endif /* SCANNER_PDF_SOURCE_H */
