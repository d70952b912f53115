/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-source.h - a PDF as what reads it knows it: its objects and keys, and what is left to be
 * read.
 *
 * pdf-keys.c finds the keys, pdf-stream.c reads its streams, pdf-packs.c finds the objects in them.
 */
#ifndef SCANNER_PDF_SOURCE_H
#define SCANNER_PDF_SOURCE_H

#include "scanner/pdf/pdf-crypt.h"
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

/* Borrows the bytes. Finds the objects that do not lie in streams. `end`: board_now(). */
void pdf_source_init(PdfSource *source, const void *data, gsize size, guint64 end);
void pdf_source_clear(PdfSource *source);

/* What stands under a key of a dictionary, or behind the reference there. */
PdfText pdf_source_value(PdfSource *source, PdfText dict, const char *key, PdfWay *way);
gint64 pdf_source_number(PdfSource *source, PdfText dict, const char *key, gint64 otherwise,
                         PdfWay *way);
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
