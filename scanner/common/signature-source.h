/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signature-source.h - which signatures are used, and their version.
 */
#ifndef SCANNER_SIGNATURE_SOURCE_H
#define SCANNER_SIGNATURE_SOURCE_H

#include <glib.h>

/* Where freshclam stores them. Only this directory may be replaced by the bundled one. */
#define SIGNATURE_DIRECTORY_DEFAULT "/var/lib/clamav"

enum {
    SIGNATURE_VERSION_SIZE = 17 /* 64 bits of SHA-256 in hex */
};

typedef struct {
    char *directory; /* the configured one, or the bundled one when the default has no signatures */
    gboolean bundled;
    /* For engine_new(): the directory above and, for the self-test, always the bundled one. */
    char *directories[3];
    /* Depends on the names and bytes of all files. */
    char version[SIGNATURE_VERSION_SIZE];
    gint64 newest; /* latest change of a file in `directory`, in seconds since 1970 */
} SignatureSource;

/* NULL with G_FILE_ERROR when a directory cannot be read, or when one that the operator named has
 * no signatures. */
SignatureSource *signature_source_new(const char *configured, GError **error);
SignatureSource *signature_source_free(SignatureSource *source); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SignatureSource, signature_source_free)

/* Copies the files of `directory` to `kept`: all of them, or none. */
gboolean signature_source_keep(const SignatureSource *source, const char *kept, GError **error);

/* A number that changes when a file is added, removed or written; cheap, for noticing updates. */
guint64 signature_source_stamp(const char *configured);

#endif /* SCANNER_SIGNATURE_SOURCE_H */
