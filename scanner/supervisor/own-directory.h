/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * own-directory.h - a directory for files that the service trusts.
 */
#ifndef SCANNER_OWN_DIRECTORY_H
#define SCANNER_OWN_DIRECTORY_H

#include <glib.h>

typedef enum {
    OWN_DIRECTORY_PRIVATE, /* others who write there could allow contents, or forge verdicts */
    OWN_DIRECTORY_SHARED   /* may be like /tmp: others can add files there, but not replace ours */
} OwnDirectoryUse;

/* Makes `path` (0750) and the directories above it if they are missing. FALSE with G_FILE_ERROR,
 * also when it belongs to neither this user nor root, or everybody may write there. */
gboolean own_directory_make(const char *path, OwnDirectoryUse use, GError **error);

#endif /* SCANNER_OWN_DIRECTORY_H */
