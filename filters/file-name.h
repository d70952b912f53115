/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file-name.h - decodes and normalises the file name of a mail part.
 *
 * A name arrives as the sender wrote it: encoded (RFC 2047, RFC 2231) or not, in any charset, with
 * path components, invisible or direction-changing characters, trailing dots. Rules match the
 * normalised form, so that none of these hides a program. Every function takes hostile bytes, reads
 * at most FILE_NAME_MAX of them, and never fails. Thread-safe.
 */
#ifndef FILTERS_FILE_NAME_H
#define FILTERS_FILE_NAME_H

#include <glib.h>

/* A whole MIME header (STOREHOOK_HEADER_MAX) fits. Of a longer name both ends are kept, since the
 * last extension decides what a desktop does with the file. */
#define FILE_NAME_MAX 16384

/* The name as text: encoded words (RFC 2047), an RFC 2231 value (charset'lang'%41, also as
 * whole `filename*0*=...; filename*1=...` parameters) and raw 8-bit are decoded to valid UTF-8,
 * with their control characters. length < 0: raw ends at a NUL. Never NULL; g_free(). */
char *file_name_decode(const char *raw, gssize length);

/* The name in `filename*0*=...; filename*1=...` as some programs read it, which take the last of
 * two pieces with the same number and ignore missing numbers. NULL: no difference; g_free(). */
char *file_name_decode_otherwise(const char *raw);

/* A name that is not UTF-8, without its invalid bytes. NULL: it is UTF-8; g_free(). */
char *file_name_without_broken(const char *raw);

/* The form that rules match: decoded, last path component, NFKC with case folded, without control,
 * bidi and zero-width characters, without trailing dots and spaces. Never NULL, may be "";
 * g_free(). */
char *file_name_normalize(const char *raw, gssize length);

/* The normalised form, followed by those of the names under which some programs would save the
 * file: with %41 decoded, without control characters and invalid bytes, cut at a control character
 * (a NUL ends a name in C), or without the name of an NTFS stream after a colon. Most names have
 * only one form. NULL-terminated; g_strfreev(). */
char **file_name_readings(const char *raw, gssize length);

/* What follows the last dot of a normalised name; "" without a dot. */
const char *file_name_extension(const char *normalized);

/* TRUE if the last extensions of two raw names differ. */
gboolean file_name_extensions_differ(const char *one, const char *other);

/* All extensions of a normalised name, the last first, at most FILE_NAME_EXTENSIONS of them:
 * "invoice.pdf.exe" gives "exe", "pdf". A word longer than 8 letters or with a space ends the list.
 * NULL-terminated; g_strfreev(). */
#define FILE_NAME_EXTENSIONS 8
char **file_name_extensions(const char *normalized);

/* The ways in which a name can deceive. */
typedef enum {
    FILE_NAME_DIRECTION = 1, /* characters that turn the direction of writing */
    FILE_NAME_SPACES = 2,    /* an extension pushed out of sight by spaces */
    FILE_NAME_DOUBLE = 4,    /* a harmless extension before a dangerous one */
    FILE_NAME_CONTROL = 8,   /* control characters, NUL among them */
    FILE_NAME_TRAILING = 16, /* dots or spaces behind a dangerous extension: dropped when saved */
    FILE_NAME_LONG = 32,     /* longer than file systems allow: the end is lost when saved */
    FILE_NAME_CLASS = 64,    /* a class id in braces, which Windows hides and opens the file with */
    FILE_NAME_ANY = 127
} FileNameLie;

#define FILE_NAME_KEPT_MAX 255 /* bytes: the limit of ext4, NTFS and APFS */

/* FileNameLie bits; 0: an honest name. */
guint file_name_lies(const char *raw, gssize length);
/* The word for one bit in rule files. */
const char *file_name_lie_word(FileNameLie lie);

#endif /* FILTERS_FILE_NAME_H */
