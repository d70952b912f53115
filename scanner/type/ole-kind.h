/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ole-kind.h - what a compound file ([MS-CFB]) is, and whether it wants a password.
 */
#ifndef SCANNER_OLE_KIND_H
#define SCANNER_OLE_KIND_H

#include <glib.h>

typedef struct {
    const char *type; /* MIME type, static; NULL: none of those known here */
    gboolean is_encrypted;
} OleKind;

/* FALSE when it is no compound file, or libgsf cannot open it. */
gboolean ole_kind_tell(const void *data, gsize size, OleKind *ret);

#endif /* SCANNER_OLE_KIND_H */
