/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-object.h - what OLE objects are, by the bytes in front of their data ([MS-OLEDS] 2.2). */
#ifndef SCANNER_MACRO_OBJECT_H
#define SCANNER_MACRO_OBJECT_H

#include "scanner/macro/macro-document.h"

/* An object as OLE 1 writes it, which is what RTF holds: its class, and the name of the file in it
 * if it is a Package. */
void macro_object_read(MacroDocument *document, const guint8 *data, gsize size);
/* Where the data of such an object are: of a Package the file in it. FALSE: not sound, or linked.
 */
gboolean macro_object_find_data(const guint8 *data, gsize size, const guint8 **ret,
                                gsize *ret_size);
/* The data of a Package: label, file name, path, bytes. */
void macro_object_read_package(MacroDocument *document, const guint8 *data, gsize size);

#endif /* SCANNER_MACRO_OBJECT_H */
