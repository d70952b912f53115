/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quarantine-file.h - one file of the quarantine; private to quarantine.c.
 *
 *   "SHQ1"  u32 size of the metadata  u64 size of the content   (little-endian)
 *   metadata (JSON)   content, each byte exclusive-or 0xFF   SHA-256 over metadata and content
 */
#ifndef SCANNER_QUARANTINE_FILE_H
#define SCANNER_QUARANTINE_FILE_H

#include <glib.h>

#define QUARANTINE_ID_LENGTH 32 /* hex digits; the name of a file begins with them */
#define QUARANTINE_FILE_HEADER 16
#define QUARANTINE_FILE_TRAILER 32

/* Writes NAME in `directory` whole and synced, the directory too; or nothing. */
gboolean quarantine_file_write(int directory, const char *name, GBytes *metadata, int content,
                               gsize size, GError **error);
/* The metadata, or its first bytes; the sizes in the header are checked against the file's. */
GBytes *quarantine_file_metadata(int directory, const char *name, gsize most, GError **error);
/* Both parts, checked against the SHA-256. */
gboolean quarantine_file_read(int directory, const char *name, GBytes **ret_metadata,
                              GBytes **ret_content, GError **error);
/* Appends a line, or lines divided by newlines, synced. */
gboolean quarantine_file_append(int directory, const char *name, const char *line, GError **error);

#endif /* SCANNER_QUARANTINE_FILE_H */
