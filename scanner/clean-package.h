/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-package.h - which parts of an office package are its macros, and the lists that name them.
 *
 * OOXML by [ECMA-376] part 2 (open packaging), OpenDocument by its part 2.
 */
#ifndef SCANNER_CLEAN_PACKAGE_H
#define SCANNER_CLEAN_PACKAGE_H

#include <glib.h>

/* Adds to `parts` (a set of names) those that relationships of type vbaProject and its like lead
 * to. `name` is that of the relationships' member. FALSE: it is no XML. */
gboolean clean_package_find_macros(const char *name, const guint8 *data, gsize size,
                                   GHashTable *parts);
/* A part of OpenDocument that holds scripts. */
gboolean clean_package_is_script(const char *name);
/* Whether a member is one of the lists. */
gboolean clean_package_is_list(const char *name);
/* The list without the entries of `parts`; NULL when it names none of them or is no XML, which
 * *ret_ok tells apart. Free with g_bytes_unref(). */
GBytes *clean_package_edit(const char *name, const guint8 *data, gsize size, GHashTable *parts,
                           gboolean *ret_ok);

#endif /* SCANNER_CLEAN_PACKAGE_H */
