/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-biff12.c - binary parts of an xlsb ([MS-XLSB] 2.1.4) without names that start macros and
 * links to other programs. NULL for what is cut.
 */
#include "scanner/clean/clean-biff.h"

#include <string.h>

#include "scanner/macro/macro-bytes.h"

enum {
    RECORD_NAME = 39,
    RECORD_BEGIN_SHEET = 129,
    RECORD_END_SHEET = 130,
    RECORD_BEGIN_DATA = 145,
    RECORD_END_DATA = 146,
    RECORD_BEGIN_LINK = 360,

    NAME_HEAD = 9, /* flags, key, sheet */
    LINK_WORKBOOK = 0
};

static void put_number(GByteArray *out, guint32 number, guint size)
{
    for (guint i = 0; i < size; i++) {
        guint8 byte = (guint8)(number >> (8 * i));

        g_byte_array_append(out, &byte, 1);
    }
}

static void put_text(GByteArray *out, const char *text)
{
    put_number(out, (guint32)strlen(text), 4);
    for (; *text; text++)
        put_number(out, (guchar)*text, 2);
}

/* Seven bits a byte (2.1.4). */
static void put_record(GByteArray *out, guint type, const guint8 *body, gsize size)
{
    put_number(out, type < 0x80 ? type : (type & 0x7F) | 0x80, 1);
    if (type >= 0x80)
        put_number(out, type >> 7, 1);
    for (gsize rest = size;; rest >>= 7) {
        put_number(out, (guint32)(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0), 1);
        if (rest <= 0x7F)
            break;
    }
    g_byte_array_append(out, body, (guint)size);
}

static gboolean name_starts(Bytes body)
{
    g_autoptr(GString) name = g_string_new(NULL);
    const char *shown;

    (void)bytes_take(&body, NAME_HEAD);
    bytes_text(&body, bytes_number(&body, 4), TRUE, name);
    shown = g_ascii_strncasecmp(name->str, "_xlnm.", 6) == 0 ? name->str + 6 : name->str;
    return g_ascii_strncasecmp(shown, "auto_", 5) == 0;
}

/* A name of the error #REF!. */
static void write_name(GByteArray *out, Bytes was, guint number)
{
    static const guint8 FORMULA[] = {2, 0, 0, 0, 0x1C, 0x17, 0, 0, 0, 0};
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_autofree char *name = g_strdup_printf("Removed_%u", number);

    put_number(body, 0, 4); /* flags */
    put_number(body, 0, 1); /* its key */
    g_byte_array_append(body, was.at + 5, 4);
    put_text(body, name);
    g_byte_array_append(body, FORMULA, sizeof(FORMULA));
    put_number(body, 0xFFFFFFFF, 4); /* no comment */
    put_record(out, RECORD_NAME, body->data, body->len);
}

/* TRUE: it led anywhere. */
static gboolean write_link(GByteArray *out, Bytes was)
{
    g_autoptr(GByteArray) body = g_byte_array_new();

    g_byte_array_append(body, was.at, 2);
    put_text(body, "removed");
    put_text(body, "removed");
    put_record(out, RECORD_BEGIN_LINK, body->data, body->len);
    return body->len != was.left || memcmp(body->data, was.at, was.left) != 0;
}

GByteArray *clean_biff12_cut(const guint8 *data, gsize size, CleanRemoved removed, gpointer user)
{
    Bytes part = {.at = data, .left = size}, body;
    GByteArray *out = g_byte_array_new();
    guint type, names = 0;

    while (part.left > 0 && bytes_biff12_record(&part, &type, &body)) {
        if (type == RECORD_NAME && body.left > NAME_HEAD && name_starts(body)) {
            write_name(out, body, ++names);
            removed("start name", user);
        } else if (type == RECORD_BEGIN_LINK && body.left >= 2 && body.at[0] != LINK_WORKBOOK) {
            if (write_link(out, body))
                removed("DDE", user);
        } else {
            put_record(out, type, body.at, body.left);
        }
    }
    if (!part.is_short)
        return out;
    g_byte_array_unref(out);
    return NULL;
}

GByteArray *clean_biff12_empty_sheet(void)
{
    static const guint8 RECORDS[] = {RECORD_BEGIN_SHEET, RECORD_BEGIN_DATA, RECORD_END_DATA,
                                     RECORD_END_SHEET};
    GByteArray *out = g_byte_array_new();

    for (gsize i = 0; i < sizeof(RECORDS); i++)
        put_record(out, RECORDS[i], NULL, 0);
    return out;
}
