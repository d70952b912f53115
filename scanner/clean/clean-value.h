/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clean-value.h - whether an attribute or a style sheet of a web page does something by itself. */
#ifndef SCANNER_CLEAN_VALUE_H
#define SCANNER_CLEAN_VALUE_H

#include <glib.h>

/* An attribute by its name without prefix, in lower case, and its value as it stands. */
gboolean clean_value_is_active(const char *element, const char *attribute, const char *value,
                               gsize size);
/* A style sheet. */
gboolean clean_value_style_is_active(const char *text, gsize size);
/* Whether all programs take the bytes of this character set as ASCII where they are below 0x80. */
gboolean clean_value_charset_is_plain(const char *name, gsize size);

#endif /* SCANNER_CLEAN_VALUE_H */
