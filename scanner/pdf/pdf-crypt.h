/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-crypt.h - PDFs that are encrypted and open without a password (ISO 32000-2 7.6): everybody
 * reads these, and few know that they are encrypted.
 */
#ifndef SCANNER_PDF_CRYPT_H
#define SCANNER_PDF_CRYPT_H

#include <glib.h>

typedef enum {
    PDF_CRYPT_IDENTITY,
    PDF_CRYPT_RC4,
    PDF_CRYPT_AES,    /* with a key of each object */
    PDF_CRYPT_AES_256 /* with the key of the file */
} PdfCryptMethod;

typedef struct {
    const guint8 *bytes;
    gsize size;
} PdfCryptText;

/* From the dictionary, table 20 and 21. */
typedef struct {
    gint64 revision;
    gint64 key_bits;
    gint64 permissions;
    gboolean metadata_is_plain;
    PdfCryptText owner, user, owner_key, user_key, id; /* /O, /U, /OE, /UE, /ID[0] */
} PdfCryptSettings;

typedef struct PdfCrypt PdfCrypt;

/* NULL: it needs a password, or is of a kind that nobody here knows. */
PdfCrypt *pdf_crypt_new(const PdfCryptSettings *settings);
PdfCrypt *pdf_crypt_free(PdfCrypt *crypt); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PdfCrypt, pdf_crypt_free)
gboolean pdf_crypt_equal(const PdfCrypt *one, const PdfCrypt *other);

/* The bytes of a stream or string of this object; g_free(). NULL: no memory, or more than a
 * gigabyte. */
guint8 *pdf_crypt_undo(const PdfCrypt *crypt, PdfCryptMethod method, guint number, guint generation,
                       const guint8 *data, gsize size, gsize *ret_size);

#endif /* SCANNER_PDF_CRYPT_H */
