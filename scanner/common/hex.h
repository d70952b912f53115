/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hex.h - bytes as hexadecimal digits. */
#ifndef SCANNER_HEX_H
#define SCANNER_HEX_H

#include <glib.h>

/* In lower case; `ret` has room for 2 * size letters and a NUL. */
void hex_write(const void *bytes, gsize size, char *ret);
/* The same; g_free(). */
char *hex_new(const void *bytes, gsize size);
/* FALSE, with nothing written, unless `text` is 2 * size digits of either case. */
gboolean hex_read(const char *text, guint8 *ret, gsize size);

#endif /* SCANNER_HEX_H */
