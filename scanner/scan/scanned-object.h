/* SPDX-License-Identifier: GPL-2.0-or-later */
/* scanned-object.h - what libclamav shows while it takes a content apart. */
#ifndef SCANNER_SCANNED_OBJECT_H
#define SCANNER_SCANNED_OBJECT_H

#include <glib.h>

#include "scanner/common/sign-filter.h"

/* Ends with the call that it is handed to. */
typedef struct {
    guint level;      /* of the content itself 0, of what lies in it 1 */
    const char *type; /* libclamav's name for it (CL_TYPE_...) */
    const char *name; /* NULL: none, or not told */
    const void *data; /* NULL: not told */
    gsize size;
    gboolean is_normalized; /* made by libclamav itself, of another */
    SignLacks lacks;
    gboolean has_payload; /* page_payload_matches() */
    struct PdfFile *pdf;  /* its objects, or NULL: it is none */
} ScannedObject;

#endif /* SCANNER_SCANNED_OBJECT_H */
