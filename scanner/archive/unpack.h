/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack.h - archives that libclamav does not open, by libarchive.
 *
 * In memory, one member at a time, within limits; nothing is written to a file and no other
 * program is started.
 */
#ifndef SCANNER_UNPACK_H
#define SCANNER_UNPACK_H

#include <glib.h>

/* What is still allowed; taken down as it is used. */
typedef struct {
    guint64 file_size; /* of one member */
    guint64 bytes;     /* of all */
    guint files;
    guint64 end; /* board_now() */
} UnpackBudget;

typedef enum {
    UNPACK_DONE,      /* everything in it was given */
    UNPACK_ENCRYPTED, /* so was what needs no password */
    UNPACK_BROKEN,    /* libarchive does not know it, or met something damaged or unknown */
    UNPACK_LIMIT,
    UNPACK_NO_MEMORY
} UnpackResult;

/* A member; without bytes when it is encrypted. They live as long as the call. */
typedef void (*UnpackFound)(const char *name, const void *data, gsize size, gboolean is_encrypted,
                            gpointer user_data);

/* TRUE if the bytes begin as something that libclamav does not take apart, whatever it takes it
 * for; libarchive may know it or not. */
gboolean unpack_is_wanted(const void *data, gsize size);

/* TRUE for a CMS structure or an OpenPGP message, which unpack_walk() opens as well. In a message
 * they are read in more ways: judge-union.h. */
gboolean unpack_is_sealed(const void *data, gsize size);

/* TRUE for a document of Office that is encrypted: OLE, and the zip family that is packed into one
 * then. unpack_walk() opens it where Office does without asking for a password. */
gboolean unpack_is_locked(const void *data, gsize size);

/* TRUE if unpack_walk() will look for files that stand in a text, and may take for one what is
 * none.
 */
gboolean unpack_is_text(const void *data, gsize size, guint64 end);

UnpackResult unpack_walk(const void *data, gsize size, UnpackBudget *budget, UnpackFound found,
                         gpointer user_data);

#endif /* SCANNER_UNPACK_H */
