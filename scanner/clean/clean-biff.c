/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-biff.c - writes the records of a workbook ([MS-XLS] 2.4) anew without its macros.
 *
 * A macro sheet becomes a worksheet without cells, so that the numbers by which sheets are named
 * stay right; names that start macros become names of nothing; a link to another program leads to
 * one that there is not. Where sheets begin is put right, and the indexes of rows, which may be
 * missing (2.4.141), are left out. NULL for what is encrypted or cut.
 *
 * Known limit: modules of Excel 5, which stand as sheets, are not taken out.
 */
#include "scanner/clean/clean-biff.h"

#include <string.h>

#include "scanner/macro/macro-bytes.h"

enum {
    RECORD_END = 0x000A,
    RECORD_NAME = 0x0018,
    RECORD_FILE_PASS = 0x002F,
    RECORD_CONTINUE = 0x003C,
    RECORD_SHEET = 0x0085,
    RECORD_PROJECT = 0x00D3,
    RECORD_ROW_BLOCK = 0x00D7,
    RECORD_SUPPORTING_BOOK = 0x01AE,
    RECORD_INDEX = 0x020B,
    RECORD_BEGIN = 0x0809,

    VERSION_8 = 0x0600,
    BEGIN_MACROS = 0x40,
    BEGIN_SHEET = 0x10,
    SHEET_MACROS = 1,
    SHEET_MODULE = 6,
    NAME_BUILT_IN = 0x20,
    NAME_HIDDEN = 1,
    NAME_HEAD = 14,
    STRING_WIDE = 1,
    PATH_ENCODED = 1, /* the first letter of a workbook's path; of a program it is a letter */
    PATH_SEPARATOR = 3,
    SHEETS_MAX = 65536
};

/* What a cell of a macro sheet can be (2.4): formulas, values, arrays. */
static const guint16 CELLS[] = {0x0006, 0x0206, 0x0406, 0x0207, 0x0221, 0x04BC, 0x0236, 0x0204,
                                0x00FD, 0x00D6, 0x0203, 0x027E, 0x00BD, 0x0201, 0x00BE, 0x0205,
                                0x0001, 0x0002, 0x0003, 0x0004, 0x0005, 0x007E, 0x0021, 0x0007};

typedef struct {
    guint type;
    gsize begin; /* in the stream */
    Bytes body;
} Record;

typedef struct {
    Bytes book;
    gsize size;
    GByteArray *out;
    GHashTable *sheets; /* where each began: where it begins now, or -1 */
    gboolean is_version_8, in_macro_sheet, skips_continue, is_unclean;
    guint depth, names;
    CleanRemoved removed;
    gpointer user;
} Writer;

static gboolean next_record(Writer *writer, Record *ret)
{
    guint size;

    if (writer->book.left < 4)
        return FALSE;
    ret->begin = writer->size - writer->book.left;
    ret->type = bytes_number(&writer->book, 2);
    size = bytes_number(&writer->book, 2);
    ret->body = (Bytes){.left = size};
    ret->body.at = bytes_take(&writer->book, size);
    return ret->body.at != NULL;
}

static void put_number(GByteArray *out, guint32 number, guint size)
{
    for (guint i = 0; i < size; i++) {
        guint8 byte = (guint8)(number >> (8 * i));

        g_byte_array_append(out, &byte, 1);
    }
}

static void put_record(Writer *writer, guint type, const guint8 *body, gsize size)
{
    put_number(writer->out, type, 2);
    put_number(writer->out, (guint32)size, 2);
    g_byte_array_append(writer->out, body, (guint)size);
}

static void copy_record(Writer *writer, const Record *record)
{
    put_record(writer, record->type, record->body.at, record->body.left);
}

/* --- Sheets ------------------------------------------------------------------------- */

static void write_begin(Writer *writer, const Record *record)
{
    Bytes body = record->body;
    guint version = bytes_number(&body, 2), kind = bytes_number(&body, 2);
    gint64 begin = (gint64)record->begin, now = writer->out->len;

    if (g_hash_table_contains(writer->sheets, &begin))
        g_hash_table_replace(writer->sheets, g_memdup2(&begin, sizeof(begin)),
                             g_memdup2(&now, sizeof(now)));
    copy_record(writer, record);
    writer->is_version_8 = version == VERSION_8;
    writer->depth++;
    if (kind != BEGIN_MACROS || record->body.left < 4)
        return;
    writer->in_macro_sheet = TRUE;
    writer->out->data[now + 4 + 2] = BEGIN_SHEET;
    writer->removed("macro sheet", writer->user);
}

static void write_end(Writer *writer, const Record *record)
{
    writer->depth -= writer->depth > 0;
    if (writer->depth == 0)
        writer->in_macro_sheet = FALSE;
    copy_record(writer, record);
}

/* Position, state, kind, name; the position is put right at the end. */
static void write_sheet(Writer *writer, const Record *record)
{
    Bytes body = record->body;
    gint64 position = bytes_number(&body, 4), unknown = -1;
    gsize at = writer->out->len + 4;

    if (record->body.left < 6 || g_hash_table_size(writer->sheets) >= SHEETS_MAX ||
        record->body.at[5] == SHEET_MODULE) {
        writer->is_unclean = TRUE;
        return;
    }
    g_hash_table_replace(writer->sheets, g_memdup2(&position, sizeof(position)),
                         g_memdup2(&unknown, sizeof(unknown)));
    copy_record(writer, record);
    if (record->body.at[5] == SHEET_MACROS)
        writer->out->data[at + 5] = 0;
}

static gboolean is_cell(guint type)
{
    for (gsize i = 0; i < G_N_ELEMENTS(CELLS); i++)
        if (CELLS[i] == type)
            return TRUE;
    return FALSE;
}

/* --- Names and links ---------------------------------------------------------------- */

static gboolean name_starts(const Writer *writer, Bytes body)
{
    guint flags = bytes_number(&body, 2), letters;
    g_autoptr(GString) name = g_string_new(NULL);
    gboolean is_wide = FALSE;

    (void)bytes_number(&body, 1);
    letters = bytes_number(&body, 1);
    (void)bytes_take(&body, NAME_HEAD - 4);
    if (writer->is_version_8)
        is_wide = (bytes_number(&body, 1) & STRING_WIDE) != 0;
    if ((flags & NAME_BUILT_IN) != 0) {
        guint number = bytes_number(&body, 1);

        return number == 1 || number == 2 || number == 10 || number == 11;
    }
    bytes_text(&body, letters, is_wide, name);
    return g_ascii_strncasecmp(name->str, "auto_", 5) == 0;
}

/* A name of the error #REF!, which is what Excel itself leaves of names whose cells are gone. */
static void write_name(Writer *writer, const Record *record)
{
    static const guint8 REFERENCE_ERROR[] = {0x1C, 0x17};
    g_autoptr(GByteArray) body = NULL;
    g_autofree char *name = NULL;

    if (record->body.left < NAME_HEAD || !name_starts(writer, record->body)) {
        copy_record(writer, record);
        return;
    }
    name = g_strdup_printf("Removed_%u", ++writer->names);
    body = g_byte_array_new();
    put_number(body, record->body.at[0] & NAME_HIDDEN, 2);
    put_number(body, 0, 1); /* its key */
    put_number(body, (guint32)strlen(name), 1);
    put_number(body, sizeof(REFERENCE_ERROR), 2);
    g_byte_array_append(body, record->body.at + 6, 4); /* the sheet that it is of */
    put_number(body, 0, 4);                            /* texts of a menu */
    if (writer->is_version_8)
        put_number(body, 0, 1);
    g_byte_array_append(body, (const guint8 *)name, (guint)strlen(name));
    g_byte_array_append(body, REFERENCE_ERROR, sizeof(REFERENCE_ERROR));
    put_record(writer, RECORD_NAME, body->data, body->len);
    writer->skips_continue = TRUE;
    writer->removed("start name", writer->user);
}

/* `program 03 topic` ([MS-XLS] 2.5.277). */
static gboolean is_program_link(Bytes body)
{
    guint letters, step;

    (void)bytes_number(&body, 2);
    letters = bytes_number(&body, 2);
    if (letters == 0x0401 || letters == 0x3A01) /* this book, or functions of an add-in */
        return FALSE;
    step = (bytes_number(&body, 1) & STRING_WIDE) != 0 ? 2 : 1;
    for (gsize i = 0; i < letters && (i + 1) * step <= body.left; i++) {
        if (i == 0 && body.at[0] == PATH_ENCODED)
            return FALSE;
        if (body.at[i * step] == PATH_SEPARATOR)
            return TRUE;
    }
    return FALSE;
}

static void write_link(Writer *writer, const Record *record)
{
    static const char PATH[] = "removed\3removed";
    g_autoptr(GByteArray) body = NULL;

    if (record->body.left < 5 || !is_program_link(record->body)) {
        copy_record(writer, record);
        return;
    }
    body = g_byte_array_new();
    g_byte_array_append(body, record->body.at, 2);
    put_number(body, (guint32)strlen(PATH), 2);
    put_number(body, 0, 1);
    g_byte_array_append(body, (const guint8 *)PATH, (guint)strlen(PATH));
    put_record(writer, RECORD_SUPPORTING_BOOK, body->data, body->len);
    writer->skips_continue = TRUE;
    if (body->len != record->body.left || memcmp(body->data, record->body.at, body->len) != 0)
        writer->removed("DDE", writer->user);
}

/* --- The whole ---------------------------------------------------------------------- */

static void write_record(Writer *writer, const Record *record)
{
    if (record->type == RECORD_CONTINUE && writer->skips_continue)
        return;
    writer->skips_continue = FALSE;
    switch (record->type) {
    case RECORD_BEGIN:
        write_begin(writer, record);
        break;
    case RECORD_END:
        write_end(writer, record);
        break;
    case RECORD_FILE_PASS:
        writer->is_unclean = TRUE;
        break;
    case RECORD_SHEET:
        write_sheet(writer, record);
        break;
    case RECORD_NAME:
        write_name(writer, record);
        break;
    case RECORD_SUPPORTING_BOOK:
        write_link(writer, record);
        break;
    case RECORD_PROJECT: /* says that there is VBA, which has gone */
    case RECORD_ROW_BLOCK:
    case RECORD_INDEX:
        break;
    default:
        writer->skips_continue = writer->in_macro_sheet && is_cell(record->type);
        if (!writer->skips_continue)
            copy_record(writer, record);
    }
}

/* FALSE: a sheet does not begin where the book says, so that nobody knows what is where. */
static gboolean place_sheets(Writer *writer)
{
    for (gsize at = 0; at + 4 <= writer->out->len;) {
        guint8 *head = writer->out->data + at;
        gsize size = (gsize)head[2] | (gsize)head[3] << 8;

        if ((head[0] | head[1] << 8) == RECORD_SHEET) {
            Bytes body = {.at = head + 4, .left = size};
            gint64 was = bytes_number(&body, 4);
            const gint64 *is = g_hash_table_lookup(writer->sheets, &was);

            if (!is || *is < 0)
                return FALSE;
            for (guint i = 0; i < 4; i++)
                head[4 + i] = (guint8)(*is >> (8 * i));
        }
        at += 4 + size;
    }
    return TRUE;
}

GByteArray *clean_biff_cut(const guint8 *data, gsize size, CleanRemoved removed, gpointer user)
{
    Writer writer = {.book = {.at = data, .left = size},
                     .size = size,
                     .out = g_byte_array_new(),
                     .sheets = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
                     .removed = removed,
                     .user = user};
    gsize done = 0;
    Record record;
    gboolean ok;

    while (!writer.is_unclean && next_record(&writer, &record)) {
        write_record(&writer, &record);
        done = size - writer.book.left;
    }
    ok = !writer.is_unclean && place_sheets(&writer);
    /* Behind the last whole record stands what no program reads. */
    if (done < size)
        g_byte_array_append(writer.out, data + done, (guint)(size - done));
    g_hash_table_unref(writer.sheets);
    if (ok)
        return writer.out;
    g_byte_array_unref(writer.out);
    return NULL;
}
