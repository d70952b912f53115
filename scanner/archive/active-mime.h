/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * active-mime.h - what Word puts the macros of a page into that it saves (editdata.mso): a head,
 * and the compound file with the project, deflated.
 */
#ifndef SCANNER_ACTIVE_MIME_H
#define SCANNER_ACTIVE_MIME_H

#include <glib.h>

typedef enum {
    ACTIVE_MIME_DONE,
    ACTIVE_MIME_BROKEN,
    ACTIVE_MIME_TOO_LARGE /* or no memory for it */
} ActiveMimeResult;

gboolean active_mime_matches(const void *data, gsize size);
/* At most `most` bytes, to be freed with g_free(). */
ActiveMimeResult active_mime_unpack(const void *data, gsize size, gsize most, guint8 **ret,
                                    gsize *ret_size);

#endif /* SCANNER_ACTIVE_MIME_H */
