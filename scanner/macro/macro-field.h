/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-field.h - field codes of Word, as they stand in XML and in RTF.
 *
 * A code may be cut into any number of runs, and hold other fields whose results are part of it:
 * `{ DD{ QUOTE 69 }AUTO ... }`. QUOTE, SET and REF are worked out.
 */
#ifndef SCANNER_MACRO_FIELD_H
#define SCANNER_MACRO_FIELD_H

#include "scanner/macro/macro-document.h"

enum {
    MACRO_FIELD_DEPTH_MAX = 64,   /* fields within fields: Word itself goes to 20 */
    MACRO_FIELD_NAMES_MAX = 1000, /* bookmarks given a text by SET */
    MACRO_FIELD_SIZE_MAX = 65536  /* of one code */
};

typedef struct {
    MacroDocument *document;
    GPtrArray *open;   /* of Field, the innermost last */
    GHashTable *names; /* what SET gave */
} MacroFields;

void macro_fields_init(MacroFields *fields, MacroDocument *document);
/* Ends what is still open. */
void macro_fields_clear(MacroFields *fields);

void macro_fields_begin(MacroFields *fields);
void macro_fields_text(MacroFields *fields, const char *text, gsize size);
void macro_fields_separate(MacroFields *fields); /* what follows is the result */
void macro_fields_end(MacroFields *fields);

#endif /* SCANNER_MACRO_FIELD_H */
