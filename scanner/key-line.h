/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key-line.h - where something stands in a key file, which GKeyFile does not tell. */
#ifndef SCANNER_KEY_LINE_H
#define SCANNER_KEY_LINE_H

#include <glib.h>

/* The first line that sets this key in this section, or has the section when key is NULL; 0 when
 * there is none. */
guint key_line_find(const char *text, const char *section, const char *key);

#endif /* SCANNER_KEY_LINE_H */
