/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-biff12.c - reads the binary parts of xlsb ([MS-XLSB] 2.1.4) that macros live in.
 *
 * A part is told by its first record. Worksheets and macro sheets look alike, so cells of both are
 * read; whether there is a macro sheet the book's relationships tell (macro-xml.c). Cannot fail.
 */
#include "scanner/macro/macro-biff.h"

#include "scanner/macro/macro-bytes.h"
#include "scanner/macro/macro-formula.h"

enum {
    RECORD_CELL_RK = 2,
    RECORD_CELL_REAL = 5,
    RECORD_CELL_TEXT = 6,
    RECORD_CELL_SHARED = 7,
    RECORD_FORMULA_TEXT = 8,
    RECORD_FORMULA_NUMBER = 9,
    RECORD_FORMULA_BOOL = 10,
    RECORD_FORMULA_ERROR = 11,
    RECORD_ROW = 0,
    RECORD_SHARED_STRING = 19,
    RECORD_NAME = 39,
    RECORD_BEGIN_SHEET = 129,
    RECORD_BEGIN_BOOK = 131,
    RECORD_SHEET = 156,
    RECORD_BEGIN_STRINGS = 159,
    RECORD_BEGIN_LINK = 360,

    LINK_DDE = 1, /* what a supporting book is: 0 a workbook, 1 DDE, 2 OLE */
    NAME_BUILT_IN = 0x20,
    SHEET_HIDDEN = 1,
    SHEET_VERY_HIDDEN = 2,
    LOOK_AT_CLOCK = 65536 /* records */
};

typedef struct {
    MacroDocument *document;
    Bytes part;
    guint type;
    Bytes record;
    guint row, strings;
    char cell[32];
} Reader;

static char *take_text(Bytes *record)
{
    GString *text = g_string_new(NULL);
    guint letters = bytes_number(record, 4);

    if (letters != 0xFFFFFFFF) /* there is none */
        bytes_text(record, letters, TRUE, text);
    return g_string_free(text, FALSE);
}

static char *take_formula(Bytes *record)
{
    gsize size = bytes_number(record, 4);

    return macro_formula_text(record->at, MIN(size, record->left), FORMULA_BIFF12);
}

static void take_place(Reader *reader)
{
    macro_formula_cell_name(reader->row, bytes_number(&reader->record, 4) & 0x3FFF, reader->cell,
                            sizeof(reader->cell));
    (void)bytes_number(&reader->record, 4); /* its looks */
}

static void read_formula(Reader *reader, gsize value_size)
{
    g_autofree char *formula = NULL;

    take_place(reader);
    if (reader->type == RECORD_FORMULA_TEXT) {
        g_autofree char *value = take_text(&reader->record);

        macro_document_add_constant(reader->document, reader->cell, value);
    } else {
        (void)bytes_take(&reader->record, value_size);
    }
    (void)bytes_number(&reader->record, 2); /* flags */
    formula = take_formula(&reader->record);
    macro_document_add_formula(reader->document, reader->cell, formula);
}

static void read_name(Reader *reader)
{
    g_autofree char *name = NULL, *formula = NULL;
    const char *shown;

    (void)bytes_take(&reader->record, 9); /* flags, key, sheet */
    name = take_text(&reader->record);
    formula = take_formula(&reader->record);
    shown = g_ascii_strncasecmp(name, "_xlnm.", 6) == 0 ? name + 6 : name;
    if (g_ascii_strncasecmp(shown, "auto_", 5) == 0)
        macro_document_add_fact(reader->document, MACRO_SOURCE_FORMULA, "name", shown);
    macro_document_add_formula(reader->document, shown, formula);
}

static void read_sheet(Reader *reader)
{
    guint state = bytes_number(&reader->record, 4);

    reader->document->has_hidden_sheet |= state == SHEET_HIDDEN;
    reader->document->has_very_hidden_sheet |= state == SHEET_VERY_HIDDEN;
}

static void read_link(Reader *reader)
{
    guint kind = bytes_number(&reader->record, 2);
    g_autofree char *program = take_text(&reader->record), *topic = take_text(&reader->record);
    g_autofree char *both = g_strconcat(program, "|", topic, NULL);

    if (kind == LINK_DDE)
        macro_document_add_fact(reader->document, MACRO_SOURCE_FIELD, "dde", both);
}

static void read_shared_string(Reader *reader)
{
    g_autofree char *text = NULL;
    char name[32];

    (void)bytes_number(&reader->record, 1);
    text = take_text(&reader->record);
    g_snprintf(name, sizeof(name), "sst_%u", reader->strings++);
    macro_document_add_constant(reader->document, name, text);
}

static void read_cell(Reader *reader)
{
    g_autofree char *text = NULL;
    char shared[32];

    take_place(reader);
    switch (reader->type) {
    case RECORD_CELL_RK:
        macro_document_add_number(reader->document, reader->cell,
                                  bytes_rk_number(bytes_number(&reader->record, 4)));
        break;
    case RECORD_CELL_REAL:
        macro_document_add_number(reader->document, reader->cell, bytes_double(&reader->record));
        break;
    case RECORD_CELL_SHARED:
        g_snprintf(shared, sizeof(shared), "sst_%u", bytes_number(&reader->record, 4));
        macro_document_add_formula(reader->document, reader->cell, shared);
        break;
    default:
        text = take_text(&reader->record);
        macro_document_add_constant(reader->document, reader->cell, text);
    }
}

static void read_record(Reader *reader)
{
    switch (reader->type) {
    case RECORD_ROW:
        reader->row = bytes_number(&reader->record, 4);
        break;
    case RECORD_CELL_RK:
    case RECORD_CELL_REAL:
    case RECORD_CELL_TEXT:
    case RECORD_CELL_SHARED:
        read_cell(reader);
        break;
    case RECORD_FORMULA_TEXT:
    case RECORD_FORMULA_NUMBER:
        read_formula(reader, 8);
        break;
    case RECORD_FORMULA_BOOL:
    case RECORD_FORMULA_ERROR:
        read_formula(reader, 1);
        break;
    case RECORD_SHARED_STRING:
        read_shared_string(reader);
        break;
    case RECORD_NAME:
        read_name(reader);
        break;
    case RECORD_SHEET:
        read_sheet(reader);
        break;
    case RECORD_BEGIN_LINK:
        read_link(reader);
        break;
    default:
        break;
    }
}

gboolean macro_biff12_matches(const char *data, gsize size)
{
    Bytes part = {.at = (const guint8 *)data, .left = size}, record;
    guint type;

    return bytes_biff12_record(&part, &type, &record) &&
           (type == RECORD_BEGIN_SHEET || type == RECORD_BEGIN_BOOK ||
            type == RECORD_BEGIN_STRINGS || type == RECORD_BEGIN_LINK) &&
           (type != RECORD_BEGIN_BOOK && type != RECORD_BEGIN_SHEET ? record.left > 0
                                                                    : record.left == 0);
}

void macro_biff12_read(MacroDocument *document, const char *data, gsize size)
{
    Reader reader = {
        .document = document, .part = {.at = (const guint8 *)data, .left = size}, .cell = "cell"};

    for (guint count = 1; bytes_biff12_record(&reader.part, &reader.type, &reader.record);
         count++) {
        read_record(&reader);
        if (count % LOOK_AT_CLOCK == 0 && macro_document_is_late(document))
            return;
    }
}
