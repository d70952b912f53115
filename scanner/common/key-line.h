/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key-line.h - where something stands in a key file, and what is wrong there, which
 * GKeyFile does not tell. */
#ifndef SCANNER_KEY_LINE_H
#define SCANNER_KEY_LINE_H

#include <glib.h>

/* The first line that sets this key in this section, or has the section when key is NULL; 0 when
 * there is none. */
guint key_line_find(const char *text, const char *section, const char *key);
/* What GKeyFile would refuse without a line, or take the last of without a word: NULL when there is
 * nothing of the kind, or "FILE:LINE: reason", to be freed. */
char *key_line_fault(const char *file, const char *text);

#endif /* SCANNER_KEY_LINE_H */
