/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * script-type.h - knows scripts that a double click runs by their words, which libmagic calls plain
 * text.
 */
#ifndef SCANNER_SCRIPT_TYPE_H
#define SCANNER_SCRIPT_TYPE_H

#include <glib.h>

enum {
    SCRIPT_TYPE_LOOKED_AT = 8192 /* bytes; a script that says nothing until there is padded */
};

/* A static MIME type, or NULL: not text, or none of those known here. */
const char *script_type_tell(const void *data, gsize size);

#endif /* SCANNER_SCRIPT_TYPE_H */
