/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own-directory.h - a directory that what the service relies on may stand in.
 */
#ifndef SCANNER_OWN_DIRECTORY_H
#define SCANNER_OWN_DIRECTORY_H

#include <glib.h>

typedef enum {
    OWN_DIRECTORY_PRIVATE, /* who could write there could allow contents, or forge verdicts */
    OWN_DIRECTORY_SHARED   /* may be as /tmp: others make files there, but replace none of ours */
} OwnDirectoryUse;

/*
 * Makes `path` (0750), with those above it, unless it is there. FALSE with G_FILE_ERROR, also when
 * it belongs to neither this user nor root, or everybody may write there.
 */
gboolean own_directory_make(const char *path, OwnDirectoryUse use, GError **error);

#endif /* SCANNER_OWN_DIRECTORY_H */
