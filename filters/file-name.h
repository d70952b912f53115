/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file-name.h - what a file name of a mail part really says.
 *
 * A name arrives as the sender wrote it: encoded (RFC 2047, RFC 2231) or not, in any charset, with
 * path parts, invisible or direction-changing characters, trailing dots. Rules match the normalised
 * form, so that none of these gets a program past them. Every function takes hostile bytes,
 * looks at no more than FILE_NAME_MAX of them, and never fails. Thread-safe.
 */
#ifndef FILTERS_FILE_NAME_H
#define FILTERS_FILE_NAME_H

#include <glib.h>

/* A part's whole MIME header (STOREHOOK_HEADER_MAX) fits; of a longer name the two ends are kept,
 * since the last extension decides what a desktop does with it. */
#define FILE_NAME_MAX 16384

/* The name as text: encoded words (RFC 2047), an RFC 2231 value (charset'lang'%41, also as
 * whole `filename*0*=...; filename*1=...` parameters) and raw 8-bit are decoded to valid UTF-8,
 * with their control characters. length < 0: raw ends at a NUL. Never NULL; g_free(). */
char *file_name_decode(const char *raw, gssize length);

/* The same of `filename*0*=...; filename*1=...` as programs put it together that take the last of
 * two pieces with one number, and pay no heed to a number that is missing. NULL: it is the same;
 * g_free(). */
char *file_name_decode_otherwise(const char *raw);

/* A name that is no UTF-8 without the bytes that are not. NULL: it is UTF-8; g_free(). */
char *file_name_without_broken(const char *raw);

/* The form that rules match: decoded, last path component, NFKC with case folded, without control,
 * bidi and zero-width characters, without trailing dots and spaces. Never NULL, may be "";
 * g_free(). */
char *file_name_normalize(const char *raw, gssize length);

/* The normalised form, and behind it in that form what some program would save the file as instead:
 * with %41 decoded, without control characters and broken ones, cut at a control character (a NUL
 * ends a name in C), or without the name of a stream of NTFS behind a colon. Nearly all names have
 * no second one. NULL-terminated; g_strfreev(). */
char **file_name_readings(const char *raw, gssize length);

/* Points at what follows the last dot of a normalised name; "" without one. */
const char *file_name_extension(const char *normalized);

/* TRUE if the last extensions of two names, as they came, are not the same. */
gboolean file_name_extensions_differ(const char *one, const char *other);

/* All extensions of a normalised name, the last first, at most FILE_NAME_EXTENSIONS of them:
 * "invoice.pdf.exe" gives "exe", "pdf". A word longer than 8 letters or with a space ends the list.
 * NULL-terminated; g_strfreev(). */
#define FILE_NAME_EXTENSIONS 8
char **file_name_extensions(const char *normalized);

/* In how many ways a name is made to be taken for another. */
typedef enum {
    FILE_NAME_DIRECTION = 1, /* characters that turn the direction of writing */
    FILE_NAME_SPACES = 2,    /* an extension pushed out of sight by spaces */
    FILE_NAME_DOUBLE = 4,    /* a harmless extension before a dangerous one */
    FILE_NAME_CONTROL = 8,   /* control characters, NUL among them */
    FILE_NAME_TRAILING = 16, /* dots or spaces behind a dangerous extension: dropped when saved */
    FILE_NAME_LONG = 32,     /* longer than a file system keeps: its end is lost when saved */
    FILE_NAME_CLASS = 64,    /* a class in braces, which desktops hide and open it by */
    FILE_NAME_ANY = 127
} FileNameLie;

#define FILE_NAME_KEPT_MAX 255 /* bytes: ext4, NTFS and APFS keep no more */

/* FileNameLie bits; 0: an honest name. */
guint file_name_lies(const char *raw, gssize length);
/* The word of a bit in rule files. */
const char *file_name_lie_word(FileNameLie lie);

#endif /* FILTERS_FILE_NAME_H */
