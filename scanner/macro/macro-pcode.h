/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-pcode.h - whether the source of a VBA project is that of its compiled form, which Office
 * runs when it was made by the same version.
 */
#ifndef SCANNER_MACRO_PCODE_H
#define SCANNER_MACRO_PCODE_H

#include "scanner/macro/macro-document.h"

enum {
    MACRO_PCODE_NAMES_MAX = 65536 /* the number of one has 16 bits */
};

/* The stream `_VBA_PROJECT`: keeps the names that the compiled form uses. */
void macro_pcode_read(MacroDocument *document, const guint8 *data, gsize size);
/* Another stream beside it: notes whether it is a module with compiled code. */
void macro_pcode_read_module(MacroDocument *document, const guint8 *data, gsize size);
/* Once all source is there: tells of the names when hardly one is in it. */
void macro_pcode_compare(MacroDocument *document);

#endif /* SCANNER_MACRO_PCODE_H */
