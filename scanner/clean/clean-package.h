/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-package.h - which parts of an office package are its macros, and the lists that name them.
 *
 * OOXML by [ECMA-376] part 2 (open packaging), OpenDocument by its part 2.
 */
#ifndef SCANNER_CLEAN_PACKAGE_H
#define SCANNER_CLEAN_PACKAGE_H

#include "scanner/clean/clean-removed.h"

/* Adds to sets of names the parts that relationships of type vbaProject and its like lead to, and
 * those that are macro sheets. `name` is that of the relationships' member. FALSE: it is no XML. */
gboolean clean_package_find(const char *name, const guint8 *data, gsize size, GHashTable *macros,
                            GHashTable *sheets);
/* A part of OpenDocument that holds scripts. */
gboolean clean_package_is_script(const char *name);
/* Whether a member is one of the lists. */
gboolean clean_package_is_list(const char *name);
/* The list without the entries of `parts`, with macro sheets as worksheets, and with what is loaded
 * from outside leading nowhere; NULL when there is nothing of that or it is no XML, which *ret_ok
 * tells apart. Free with g_bytes_unref(). */
GBytes *clean_package_edit(const char *name, const guint8 *data, gsize size, GHashTable *parts,
                           CleanRemoved removed, gpointer user, gboolean *ret_ok);

#endif /* SCANNER_CLEAN_PACKAGE_H */
