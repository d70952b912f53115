/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-objects.h - the objects of a PDF, wherever they stand.
 *
 * The table that says where they are (xref) is not looked at: readers that find it damaged search
 * as well, each in its own way, and what an update replaced may be what another reader shows.
 */
#ifndef SCANNER_PDF_OBJECTS_H
#define SCANNER_PDF_OBJECTS_H

#include "scanner/pdf/pdf-lex.h"

typedef enum {
    PDF_OBJECT_EMBEDDED = 1, /* a stream that says it is a file */
    PDF_OBJECT_PACK = 2,     /* a stream of objects */
    PDF_OBJECT_XREF = 4,
    PDF_OBJECT_PICTURE = 8,
    PDF_OBJECT_ODD = 16,    /* written so that libclamav may pass over it */
    PDF_OBJECT_PACKED = 32, /* lies in a stream of objects */
    PDF_OBJECT_TORN = 64    /* brackets that readers match in different ways */
} PdfObjectFlags;

typedef struct {
    PdfText text;         /* from its value on */
    const guint8 *stream; /* its first byte, or NULL */
    guint number, generation;
    guint flags;
} PdfObject;

typedef enum {
    PDF_MENTION_FILE,   /* /EF, in what tells of a file */
    PDF_MENTION_SCRIPT, /* /JS */
    PDF_MENTION_LAUNCH
} PdfMentionKind;

typedef struct {
    PdfMentionKind kind;
    guint object;       /* its place in the list */
    const guint8 *dict; /* the innermost that it stands in; NULL: none, or too deep */
    const guint8 *name; /* where it stands */
    const guint8 *end;  /* of the bytes */
} PdfMention;

typedef struct {
    PdfObject *objects;
    guint count, room;
    PdfMention *mentions;
    guint mention_count, mention_room;
    guint64 *order; /* of the first `ordered` objects: number and place */
    guint ordered;
    gsize to_read; /* bytes that may still be read: some are again */
    guint64 end;   /* board_now() */
    gboolean has_limit;
} PdfObjects;

/* Finds all that stand in the file. */
void pdf_objects_init(PdfObjects *objects, const guint8 *data, gsize size, guint64 end);
void pdf_objects_clear(PdfObjects *objects);
/* Bytes that were read once more. */
void pdf_objects_charge(PdfObjects *objects, gsize size);
/* One of a stream of objects; read where these are worth it. */
void pdf_objects_add_packed(PdfObjects *objects, guint number, PdfText text, gboolean is_read);
/* FALSE: nothing in a stream of objects is what is looked for. */
gboolean pdf_objects_are_worth_reading(const guint8 *data, gsize size);
/* From here on those that were added are found by their number as well. */
void pdf_objects_sort(PdfObjects *objects);

/* What a reference leads to, or the value itself. Of objects with one number `pick` 0 is the last,
 * 1 the first, others are between them, and *is_doubtful becomes TRUE where a higher pick is
 * another. *ret_object: where the value stands, if it was led to; may be NULL. */
PdfText pdf_objects_resolve(PdfObjects *objects, PdfText value, guint pick, gboolean *is_doubtful,
                            const PdfObject **ret_object);

/* Where its bytes begin: where something follows the word `stream` on its line, some readers go on
 * behind the word (pick 0), others on the next line. */
const guint8 *pdf_objects_stream_start(PdfObjects *objects, const PdfObject *object, guint pick,
                                       gboolean *is_doubtful);

#endif /* SCANNER_PDF_OBJECTS_H */
