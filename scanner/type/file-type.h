/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file-type.h - what a content really is, whatever its name says.
 *
 * First by signs that cost nothing; libmagic (a quarter of a millisecond on average) is asked only
 * where those leave doubt and somebody needs to know.
 */
#ifndef SCANNER_FILE_TYPE_H
#define SCANNER_FILE_TYPE_H

#include "scanner/common/verdict.h"

#define FILE_TYPE_ERROR file_type_error_quark()
GQuark file_type_error_quark(void);
typedef enum {
    FILE_TYPE_ERROR_LIBRARY
} FileTypeError;

/* libmagic with its database: loaded once, used in forked workers, by one thread. */
typedef struct FileTyper FileTyper;

FileTyper *file_typer_new(GError **error);
FileTyper *file_typer_free(FileTyper *typer); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FileTyper, file_typer_free)

/* Sets type and type_is_sure from the first bytes and, for zip, from the names inside. The type
 * stays "" where there is no sign. */
void file_type_guess(const void *data, gsize size, Verdict *verdict);
/* Asks libmagic where the guess was not sure; afterwards it is, or libmagic could not tell. */
void file_typer_tell(FileTyper *typer, const void *data, gsize size, Verdict *verdict);

#endif /* SCANNER_FILE_TYPE_H */
