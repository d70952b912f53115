/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rar-lock.h - what libarchive does not tell of a RAR of version 5: whether it has a password, and
 * the streams of NTFS in it. */
#ifndef SCANNER_RAR_LOCK_H
#define SCANNER_RAR_LOCK_H

#include <glib.h>

/* On its heads or on any file in it. FALSE for all else, RAR of version 4 included. */
gboolean rar_lock_is_closed(const guint8 *data, gsize size);

typedef struct {
    const guint8 *data;
    gsize size;
    guint64 unpacked;
    gboolean is_stored; /* the bytes are those of the stream */
    gboolean has_path;  /* its name leads out of the file that it is said to be of */
} RarStream;

/* FALSE ends the walk. */
typedef gboolean (*RarStreamFound)(const RarStream *stream, gpointer user_data);

void rar_lock_streams(const guint8 *data, gsize size, RarStreamFound found, gpointer user_data);

#endif /* SCANNER_RAR_LOCK_H */
