/* SPDX-License-Identifier: GPL-2.0-or-later */
/* key-line.h - the lines of a key file, which GKeyFile does not report. */
#ifndef SCANNER_KEY_LINE_H
#define SCANNER_KEY_LINE_H

#include <glib.h>

/* The number of the first line with this key in this section, or with the section if key is NULL;
 * 0: none. */
guint key_line_find(const char *text, const char *section, const char *key);
/* Finds what GKeyFile refuses without a line number, and what stands twice, of which it takes the
 * last. "FILE:LINE: reason", g_free(); NULL: nothing is wrong. */
char *key_line_fault(const char *file, const char *text);

#endif /* SCANNER_KEY_LINE_H */
