/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signature-source.h - which signatures are used, and which version of them.
 */
#ifndef SCANNER_SIGNATURE_SOURCE_H
#define SCANNER_SIGNATURE_SOURCE_H

#include <glib.h>

/* Where freshclam keeps them. Only in its stead may the bundled ones do. */
#define SIGNATURE_DIRECTORY_DEFAULT "/var/lib/clamav"

enum {
    SIGNATURE_VERSION_SIZE = 17 /* 64 bits of SHA-256 in hex */
};

typedef struct {
    char *directory; /* the configured one, or the bundled one when the default holds none */
    gboolean bundled;
    /* What engine_new() loads: the directory and, for the self-test, always the bundled one. */
    char *directories[3];
    /* Over names and bytes of all files: another byte is another version. */
    char version[SIGNATURE_VERSION_SIZE];
    gint64 newest; /* seconds since 1970: the latest change of a file in `directory` */
} SignatureSource;

/* NULL with G_FILE_ERROR when a directory cannot be read, or when one that is not the default holds
 * no signatures: who names a place means it. */
SignatureSource *signature_source_new(const char *configured, GError **error);
SignatureSource *signature_source_free(SignatureSource *source); /* accepts and returns NULL */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SignatureSource, signature_source_free)

/* Copies the files of `directory` to `kept`, whole or not at all. */
gboolean signature_source_keep(const SignatureSource *source, const char *kept, GError **error);

/* A cheap number that changes when a file comes, goes or is written: for noticing updates. */
guint64 signature_source_stamp(const char *configured);

#endif /* SCANNER_SIGNATURE_SOURCE_H */
