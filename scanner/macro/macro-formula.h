/* SPDX-License-Identifier: GPL-2.0-or-later */
/* macro-formula.h - compiled formulas of Excel ([MS-XLS] 2.5.198, [MS-XLSB] 2.5.97) as text. */
#ifndef SCANNER_MACRO_FORMULA_H
#define SCANNER_MACRO_FORMULA_H

#include <glib.h>

typedef enum {
    FORMULA_BIFF5, /* Excel 5 and 95 */
    FORMULA_BIFF8, /* 97 to 2003 */
    FORMULA_BIFF12 /* xlsb */
} FormulaVersion;

enum {
    FORMULA_OPERANDS_MAX = 300, /* Excel has 64 levels and 255 arguments */
    FORMULA_TEXT_MAX = 65536    /* Excel's own limit is 8192 letters */
};

/* The text without `=`. Of tokens that are not understood the rest is left out, marked by `?`; the
 * operands until then stand in it all the same. Free with g_free(). */
char *macro_formula_text(const guint8 *tokens, gsize size, FormulaVersion version);

/* `A1` of row 0 and column 0. */
void macro_formula_cell_name(guint row, guint column, char *ret, gsize size);

#endif /* SCANNER_MACRO_FORMULA_H */
