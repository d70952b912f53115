/* SPDX-License-Identifier: GPL-2.0-or-later */
/* archive-kind.h - archives, disks and file systems that libclamav passes over, by their signs. */
#ifndef SCANNER_ARCHIVE_KIND_H
#define SCANNER_ARCHIVE_KIND_H

#include <glib.h>

/* Moves on behind frames that zstd and lz4 pass over (RFC 8878 3.1.2), which would hide the first
 * one from us. */
void archive_kind_skip_frames(const guint8 **data, gsize *size);

/* TRUE for what libclamav passes over, or ends too early in; libarchive may know it or not. */
gboolean archive_kind_is_packed(const void *data, gsize size);
/* TRUE for one compressed file, or an archive that is compressed as a whole. */
gboolean archive_kind_is_stream(const void *data, gsize size);
/* TRUE for what is encrypted for who has the key. */
gboolean archive_kind_is_locked(const void *data, gsize size);
/* TRUE for a disk of which libarchive reads one volume at the most. */
gboolean archive_kind_is_unread_disk(const void *data, gsize size);

#endif /* SCANNER_ARCHIVE_KIND_H */
