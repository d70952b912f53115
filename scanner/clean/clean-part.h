/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clean-part.h - XML parts of office packages without what acts by itself in them. */
#ifndef SCANNER_CLEAN_PART_H
#define SCANNER_CLEAN_PART_H

#include "scanner/clean/clean-removed.h"

/* NULL: there is nothing active in it, or it cannot go out, which *ret_ok tells apart. Free with
 * g_bytes_unref(). */
GBytes *clean_part_edit(const guint8 *data, gsize size, CleanRemoved removed, gpointer user,
                        gboolean *ret_ok);
/* A worksheet without cells, to stand where a macro sheet was. */
GBytes *clean_part_empty_sheet(void);

#endif /* SCANNER_CLEAN_PART_H */
