/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-lex.h - the words of a PDF (ISO 32000-1 7.2, 7.3), and what stands in its dictionaries.
 *
 * No tree is made: a value is the place where it begins, and ends with the bytes around it at the
 * latest.
 */
#ifndef SCANNER_PDF_LEX_H
#define SCANNER_PDF_LEX_H

#include <glib.h>

typedef enum {
    PDF_TOKEN_END,
    PDF_TOKEN_NAME,
    PDF_TOKEN_STRING,
    PDF_TOKEN_HEX,
    PDF_TOKEN_NUMBER,
    PDF_TOKEN_REFERENCE, /* to an object */
    PDF_TOKEN_WORD,      /* true, endobj, ... */
    PDF_TOKEN_OPEN_DICT,
    PDF_TOKEN_CLOSE_DICT,
    PDF_TOKEN_OPEN_ARRAY,
    PDF_TOKEN_CLOSE_ARRAY
} PdfTokenKind;

/* A place in the bytes; moves on as tokens are taken. at == NULL: no value. */
typedef struct {
    const guint8 *at, *end;
} PdfText;

typedef struct {
    PdfTokenKind kind;
    const guint8 *at; /* with the slash or bracket */
    gsize size;
    gint64 number; /* whole part of a number; of a reference, the object's */
    guint generation;
    gboolean has_comment; /* one stands before it */
    gboolean is_glued;    /* a number that goes on as something else: 12x, 1-2 */
} PdfToken;

PdfToken pdf_token_take(PdfText *text);
PdfToken pdf_token_peek(PdfText text);
/* Brackets that are open. Deeper ones are counted, and not told apart. */
enum {
    PDF_NEST_MAX = 256 /* qpdf ends at 500, others before */
};

typedef struct {
    guint depth;
    gboolean has_stray; /* one closed what was not open: it is passed over */
    gboolean is_torn;   /* a >> in an array, where some readers end that */
    guint64 arrays[PDF_NEST_MAX / 64];
} PdfNest;

/* FALSE: the token closes what stands around it. */
gboolean pdf_nest_take(PdfNest *nest, const PdfToken *token);

/* TRUE for a word that cannot stand in a value, and at the end: what is open there is broken. */
gboolean pdf_token_ends_value(const PdfToken *token);
/* Takes a value with all that is in it, up to such a word. */
void pdf_value_take(PdfText *text);

/* TRUE if the token is the name, which may be written with escapes (#46). */
gboolean pdf_token_is_name(const PdfToken *token, const char *name);
gboolean pdf_token_is_word(const PdfToken *token, const char *word);
/* Bytes of a name or string without escapes and brackets. g_free(); NULL: no memory. */
guint8 *pdf_token_bytes(const PdfToken *token, gsize *ret_size);

/* A value by its key. Where the key stands more than once, programs differ in which they take:
 * `pick` 0 is the last one, others are the first. *is_doubtful becomes TRUE where a higher pick is
 * another; may be NULL. */
PdfText pdf_dict_find(PdfText dict, const char *key, guint pick, gboolean *is_doubtful);
/* The next key and its value; FALSE at the end. `dict` stands behind the opening bracket. */
gboolean pdf_dict_next(PdfText *dict, PdfToken *ret_key, PdfText *ret_value);

#endif /* SCANNER_PDF_LEX_H */
