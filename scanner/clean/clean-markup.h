/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clean-markup.h - web pages and SVG without what is active in them. */
#ifndef SCANNER_CLEAN_MARKUP_H
#define SCANNER_CLEAN_MARKUP_H

#include "scanner/clean/clean-removed.h"

/* Whether it begins like a page or a drawing. */
gboolean clean_markup_matches(const char *data, gsize size);
/* The text without what is active, which is told by element or attribute; NULL: in doubt. Free with
 * g_string_free(). */
GString *clean_markup_cut(const char *data, gsize size, CleanRemoved removed, gpointer user);

#endif /* SCANNER_CLEAN_MARKUP_H */
