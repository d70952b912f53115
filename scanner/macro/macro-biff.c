/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * macro-biff.c - reads the records of a workbook ([MS-XLS] 2.4) that macros live in.
 *
 * Two passes: the first over what stands for the whole book (sheets, names, links), the second over
 * the cells, only if there is a macro sheet. Cannot fail: a record that is cut ends the reading. An
 * encrypted book is told as such.
 *
 * Known limits: cells of one place in several sheets are one; books of Excel 2 to 4, which stand in
 * no compound file, are not read.
 */
#include "scanner/macro/macro-biff.h"

#include "scanner/macro/macro-bytes.h"
#include "scanner/macro/macro-formula.h"

enum {
    RECORD_FORMULA = 0x0006,
    RECORD_NAME = 0x0018,
    RECORD_FILE_PASS = 0x002F,
    RECORD_CONTINUE = 0x003C,
    RECORD_SHEET = 0x0085,
    RECORD_MULTIPLE_RK = 0x00BD,
    RECORD_STRINGS = 0x00FC,
    RECORD_LABEL_SHARED = 0x00FD,
    RECORD_SUPPORTING_BOOK = 0x01AE,
    RECORD_NUMBER = 0x0203,
    RECORD_LABEL = 0x0204,
    RECORD_STRING = 0x0207,
    RECORD_RK = 0x027E,
    RECORD_BEGIN = 0x0809,

    SHEET_HIDDEN = 1,
    SHEET_VERY_HIDDEN = 2,
    SHEET_MACROS = 1,
    BEGIN_MACROS = 0x40,
    NAME_BUILT_IN = 0x20,
    STRING_WIDE = 1,
    STRING_EXTENDED = 4,
    STRING_RICH = 8,
    PATH_BEGINS = 1,
    PATH_DIVIDES = 3,

    LOOK_AT_CLOCK = 65536 /* records */
};

typedef struct {
    MacroDocument *document;
    Bytes book;
    guint type; /* of the record in hand */
    Bytes record;
    FormulaVersion version;
    gboolean reads_cells;
    char cell[32]; /* of the last formula: a STRING record has its value */
} Reader;

static gboolean next_record(Reader *reader)
{
    guint size;

    if (reader->book.left < 4)
        return FALSE;
    reader->type = bytes_number(&reader->book, 2);
    size = bytes_number(&reader->book, 2);
    reader->record = (Bytes){.left = MIN(size, reader->book.left)};
    reader->record.at = bytes_take(&reader->book, reader->record.left);
    return TRUE;
}

/* --- The book --------------------------------------------------------------------- */

static void read_begin(Reader *reader)
{
    guint version = bytes_number(&reader->record, 2), kind = bytes_number(&reader->record, 2);

    reader->version = version == 0x0600 ? FORMULA_BIFF8 : FORMULA_BIFF5;
    reader->document->has_macro_sheet |= kind == BEGIN_MACROS;
}

static void read_sheet(Reader *reader)
{
    guint state, kind;

    (void)bytes_number(&reader->record, 4);
    state = bytes_number(&reader->record, 1) & 3;
    kind = bytes_number(&reader->record, 1);
    reader->document->has_macro_sheet |= kind == SHEET_MACROS;
    if (kind == SHEET_MACROS || kind == 0) {
        reader->document->has_hidden_sheet |= state == SHEET_HIDDEN;
        reader->document->has_very_hidden_sheet |= state == SHEET_VERY_HIDDEN;
    }
}

static const char *built_in_name(guint number)
{
    static const char *const NAMES[] = {
        "consolidate_area", "auto_open",       "auto_close",   "extract",        "database",
        "criteria",         "print_area",      "print_titles", "recorder",       "data_form",
        "auto_activate",    "auto_deactivate", "sheet_title",  "_filterdatabase"};

    return number < G_N_ELEMENTS(NAMES) ? NAMES[number] : "built-in";
}

static void read_name(Reader *reader)
{
    Bytes *record = &reader->record;
    guint flags = bytes_number(record, 2), letters, formula_size;
    g_autoptr(GString) name = g_string_new(NULL);
    g_autofree char *formula = NULL;
    gboolean is_wide = FALSE;

    (void)bytes_number(record, 1);
    letters = bytes_number(record, 1);
    formula_size = bytes_number(record, 2);
    (void)bytes_take(record, 8);
    if (reader->version == FORMULA_BIFF8)
        is_wide = (bytes_number(record, 1) & STRING_WIDE) != 0;
    if ((flags & NAME_BUILT_IN) != 0 && letters > 0) {
        g_string_append(name, built_in_name(bytes_number(record, is_wide ? 2 : 1)));
        letters--;
    }
    bytes_text(record, letters, is_wide, name);
    formula = macro_formula_text(record->at, MIN(formula_size, record->left), reader->version);
    if (g_ascii_strncasecmp(name->str, "auto_", 5) == 0)
        macro_document_add_fact(reader->document, MACRO_SOURCE_FORMULA, "name", name->str);
    macro_document_add_formula(reader->document, name->str, formula);
}

static guint letter_at(const Bytes *text, gsize at, gboolean is_wide)
{
    return is_wide ? text->at[2 * at] | (guint)text->at[2 * at + 1] << 8 : text->at[at];
}

/* `program 03 topic` is a link by DDE; of OLE it is a class, which the rules tell apart. With 01
 * begins the path of another workbook, which has 03 between its folders ([MS-XLS] 2.5.277). */
static void read_supporting_book(Reader *reader)
{
    Bytes *record = &reader->record;
    g_autoptr(GString) program = g_string_new(NULL), topic = g_string_new(NULL);
    guint letters;
    gboolean is_wide;
    gsize at, step;

    (void)bytes_number(record, 2);
    letters = bytes_number(record, 2);
    if (letters == 0x0401 || letters == 0x3A01) /* this book, or functions of an add-in */
        return;
    is_wide = (bytes_number(record, 1) & STRING_WIDE) != 0;
    step = is_wide ? 2 : 1;
    letters = (guint)MIN(letters, record->left / step);
    for (at = 0; at < letters && letter_at(record, at, is_wide) != PATH_DIVIDES; at++)
        ;
    if (at == 0 || at >= letters || letter_at(record, 0, is_wide) == PATH_BEGINS)
        return;
    bytes_text(record, at, is_wide, program);
    (void)bytes_take(record, step);
    bytes_text(record, letters - at - 1, is_wide, topic);
    g_string_append_c(program, '|');
    g_string_append_len(program, topic->str, (gssize)topic->len);
    macro_document_add_fact(reader->document, MACRO_SOURCE_FIELD, "dde", program->str);
}

/* --- Shared strings --------------------------------------------------------------- */

/* The table goes on in CONTINUE records; letters that are cut there begin with a new flag byte. */
static gboolean strings_continue(Reader *reader)
{
    Reader next = *reader;

    if (!next_record(&next) || next.type != RECORD_CONTINUE)
        return FALSE;
    *reader = next;
    return TRUE;
}

static gboolean strings_number(Reader *reader, guint size, guint32 *ret)
{
    if (reader->record.left == 0 && !strings_continue(reader))
        return FALSE;
    *ret = bytes_number(&reader->record, size);
    return !reader->record.is_short;
}

static gboolean strings_skip(Reader *reader, gsize size)
{
    while (size > reader->record.left) {
        size -= reader->record.left;
        if (!strings_continue(reader))
            return FALSE;
    }
    (void)bytes_take(&reader->record, size);
    return TRUE;
}

static gboolean strings_letters(Reader *reader, guint letters, guint32 flags, GString *text)
{
    for (;;) {
        gboolean is_wide = (flags & STRING_WIDE) != 0;
        guint here = (guint)MIN(letters, reader->record.left / (is_wide ? 2 : 1));

        bytes_text(&reader->record, here, is_wide, text);
        letters -= here;
        if (letters == 0)
            return TRUE;
        reader->record.left = 0;
        if (!strings_number(reader, 1, &flags))
            return FALSE;
    }
}

static gboolean strings_one(Reader *reader, GString *text)
{
    guint32 letters, flags, runs = 0, extended = 0;

    return strings_number(reader, 2, &letters) && strings_number(reader, 1, &flags) &&
           ((flags & STRING_RICH) == 0 || strings_number(reader, 2, &runs)) &&
           ((flags & STRING_EXTENDED) == 0 || strings_number(reader, 4, &extended)) &&
           strings_letters(reader, letters, flags, text) &&
           strings_skip(reader, (gsize)runs * 4 + extended);
}

static void read_strings(Reader *reader)
{
    guint32 count;
    g_autoptr(GString) text = g_string_new(NULL);

    (void)bytes_number(&reader->record, 4);
    count = bytes_number(&reader->record, 4);
    for (guint32 i = 0; i < count && !reader->document->has_cut_cells; i++) {
        char name[32];

        g_string_truncate(text, 0);
        if (!strings_one(reader, text))
            return;
        g_snprintf(name, sizeof(name), "sst_%u", i);
        macro_document_add_constant(reader->document, name, text->str);
    }
}

/* --- Cells ------------------------------------------------------------------------ */

static void take_place(Reader *reader)
{
    guint row = bytes_number(&reader->record, 2), column = bytes_number(&reader->record, 2);

    macro_formula_cell_name(row, column, reader->cell, sizeof(reader->cell));
    (void)bytes_number(&reader->record, 2); /* its looks */
}

static void read_multiple_rk(Reader *reader)
{
    guint row = bytes_number(&reader->record, 2), column = bytes_number(&reader->record, 2);

    while (reader->record.left >= 8) {
        (void)bytes_number(&reader->record, 2);
        macro_formula_cell_name(row, column++, reader->cell, sizeof(reader->cell));
        macro_document_add_number(reader->document, reader->cell,
                                  bytes_rk_number(bytes_number(&reader->record, 4)));
    }
}

static void read_formula(Reader *reader)
{
    g_autofree char *formula = NULL;
    gsize size;

    take_place(reader);
    (void)bytes_take(&reader->record, 14); /* value, flags, chain */
    size = bytes_number(&reader->record, 2);
    formula =
        macro_formula_text(reader->record.at, MIN(size, reader->record.left), reader->version);
    macro_document_add_formula(reader->document, reader->cell, formula);
}

static void read_text(Reader *reader)
{
    guint letters = bytes_number(&reader->record, 2);
    gboolean is_wide =
        reader->version == FORMULA_BIFF8 && (bytes_number(&reader->record, 1) & STRING_WIDE) != 0;
    g_autoptr(GString) text = g_string_new(NULL);

    bytes_text(&reader->record, letters, is_wide, text);
    macro_document_add_constant(reader->document, reader->cell, text->str);
}

static void read_label_shared(Reader *reader)
{
    char shared[32];

    take_place(reader);
    g_snprintf(shared, sizeof(shared), "sst_%u", bytes_number(&reader->record, 4));
    macro_document_add_formula(reader->document, reader->cell, shared);
}

static void read_cell_record(Reader *reader)
{
    switch (reader->type) {
    case RECORD_FORMULA:
        read_formula(reader);
        break;
    case RECORD_STRINGS:
        read_strings(reader);
        break;
    case RECORD_LABEL_SHARED:
        read_label_shared(reader);
        break;
    case RECORD_LABEL:
        take_place(reader);
        read_text(reader);
        break;
    case RECORD_STRING:
        read_text(reader);
        break;
    case RECORD_NUMBER:
        take_place(reader);
        macro_document_add_number(reader->document, reader->cell, bytes_double(&reader->record));
        break;
    case RECORD_RK:
        take_place(reader);
        macro_document_add_number(reader->document, reader->cell,
                                  bytes_rk_number(bytes_number(&reader->record, 4)));
        break;
    case RECORD_MULTIPLE_RK:
        read_multiple_rk(reader);
        break;
    default:
        break;
    }
}

static void read_book_record(Reader *reader)
{
    switch (reader->type) {
    case RECORD_FILE_PASS:
        reader->document->is_encrypted = TRUE;
        break;
    case RECORD_SHEET:
        read_sheet(reader);
        break;
    case RECORD_NAME:
        read_name(reader);
        break;
    case RECORD_SUPPORTING_BOOK:
        read_supporting_book(reader);
        break;
    default:
        break;
    }
}

static void read_records(Reader *reader)
{
    for (guint count = 1; next_record(reader); count++) {
        if (count % LOOK_AT_CLOCK == 0 && macro_document_is_late(reader->document))
            return;
        if (reader->type == RECORD_BEGIN)
            read_begin(reader);
        else if (reader->reads_cells)
            read_cell_record(reader);
        else
            read_book_record(reader);
        if (reader->document->is_encrypted)
            return;
    }
}

void macro_biff_read(MacroDocument *document, const guint8 *data, gsize size)
{
    Reader reader = {.document = document,
                     .book = {.at = data, .left = size},
                     .version = FORMULA_BIFF8,
                     .cell = "cell"};

    read_records(&reader);
    if (!document->has_macro_sheet || document->is_encrypted)
        return;
    reader.book = (Bytes){.at = data, .left = size};
    reader.reads_cells = TRUE;
    read_records(&reader);
}
