/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-file.h - what a PDF carries: files, and streams that libclamav passes over.
 *
 * In memory, within limits. Streams in any order of filters, with predictors, behind references,
 * in objects that lie in others, and in files that are encrypted with an empty password.
 */
#ifndef SCANNER_PDF_FILE_H
#define SCANNER_PDF_FILE_H

#include "scanner/archive/unpack.h"
#include "scanner/common/sign-filter.h"

typedef struct PdfFile PdfFile;

gboolean pdf_file_matches(const void *data, gsize size, SignLacks lacks);

/* Borrows the bytes. end: board_now() at which it must be over. */
PdfFile *pdf_file_new(const void *data, gsize size, guint64 end);
PdfFile *pdf_file_free(PdfFile *file); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PdfFile, pdf_file_free)

/* TRUE where pdf_file_walk() has something to give, or met a limit. */
gboolean pdf_file_has_files(const PdfFile *file);
/* Gives the files by their names, and without a name the streams that libclamav passes over. What
 * has names with two extensions is given by each. UNPACK_BROKEN: a file cannot be read. */
UnpackResult pdf_file_walk(PdfFile *file, UnpackBudget *budget, UnpackFound found,
                           gpointer user_data);

typedef enum {
    PDF_ACTION_LAUNCH,
    PDF_ACTION_SCRIPT
} PdfAction;

/* TRUE if it is encrypted and opens without a password. */
gboolean pdf_file_is_open(const PdfFile *file);
/* TRUE if it is encrypted and may need one. */
gboolean pdf_file_is_locked(const PdfFile *file);
/* Its bytes as if its streams had never been encrypted, for libclamav, which cannot open each that
 * is open; g_free(). NULL: there was no time, no memory, or a limit. */
guint8 *pdf_file_dup_open(PdfFile *file);

/* What it does by itself: /Launch and the texts that tell what is started, /JS and the script, cut
 * where it is long. FALSE: there was no time for all, or a limit was met. */
typedef void (*PdfActionFound)(PdfAction action, const char *text, gsize size, gpointer user_data);
gboolean pdf_file_actions(PdfFile *file, PdfActionFound found, gpointer user_data);

#endif /* SCANNER_PDF_FILE_H */
