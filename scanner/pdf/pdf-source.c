/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-source.c - what a PDF is made of: values behind references, and strings.
 *
 * Nobody else's library does this work here: qpdf reads streams of objects whole before anybody is
 * asked (1.4 MB became 2.9 GB, and 15 s), and sees what the table of objects names alone, while
 * readers differ in which they show.
 *
 * has_limit of the objects: there was more than is looked at.
 */
#include "scanner/pdf/pdf-source.h"

#include <string.h>

#include "filters/name-decode.h"

enum {
    UNDO_FACTOR = 16, /* the size of the file: of a few streams, for each key and pick */
    TEXT_MAX = 65536  /* bytes of a string that is read: no system has names of a thousandth */
};

/* --- Values ----------------------------------------------------------------------- */

PdfText pdf_source_value(PdfSource *source, PdfText dict, const char *key, PdfWay *way)
{
    return pdf_objects_resolve(&source->objects,
                               pdf_dict_find(dict, key, way->pick, &way->is_doubtful), way->pick,
                               &way->is_doubtful, NULL);
}

gint64 pdf_source_number(PdfSource *source, PdfText dict, const char *key, gint64 otherwise,
                         PdfWay *way)
{
    PdfToken token = pdf_token_peek(pdf_source_value(source, dict, key, way));

    return token.kind == PDF_TOKEN_NUMBER ? token.number : otherwise;
}

void pdf_source_charge_value(PdfSource *source, PdfText value, guint times)
{
    PdfText behind = value;

    if (!value.at)
        return;
    pdf_value_take(&behind);
    if (behind.at == value.at)
        (void)pdf_token_take(&behind); /* with the comment before what is no value */
    pdf_objects_charge(&source->objects, times * (gsize)(behind.at - value.at));
}

/* --- Strings ---------------------------------------------------------------------- */

char *pdf_source_text_of_bytes(const guint8 *bytes, gsize size)
{
    const char *text = (const char *)bytes;

    if (size >= 2 && memcmp(bytes, "\xfe\xff", 2) == 0)
        return name_decode_charset("UTF-16BE", text + 2, size - 2);
    if (size >= 2 && memcmp(bytes, "\xff\xfe", 2) == 0)
        return name_decode_charset("UTF-16LE", text + 2, size - 2);
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        return name_decode_charset("UTF-8", text + 3, size - 3);
    return name_decode_charset(NULL, text, size);
}

char *pdf_source_text(PdfSource *source, const PdfObject *object, PdfText value, gboolean is_cut)
{
    PdfText text = pdf_objects_resolve(&source->objects, value, 0, NULL, &object);
    PdfToken token = pdf_token_peek(text);
    g_autofree guint8 *bytes = NULL;
    gsize size;

    if ((token.kind != PDF_TOKEN_STRING && token.kind != PDF_TOKEN_HEX) ||
        (source->is_locked && !(object->flags & PDF_OBJECT_PACKED)))
        return NULL;
    if (is_cut)
        token.size = MIN(token.size, (gsize)TEXT_MAX);
    pdf_objects_charge(&source->objects, token.size);
    source->objects.has_limit |= token.size > TEXT_MAX;
    if (source->objects.has_limit)
        return NULL;
    bytes = pdf_token_bytes(&token, &size);
    if (bytes && source->crypt_count > 0 && !(object->flags & PDF_OBJECT_PACKED)) {
        guint8 *plain = pdf_crypt_undo(source->crypts[0].key, source->crypts[0].strings,
                                       object->number, object->generation, bytes, size, &size);

        g_free(bytes);
        bytes = plain;
    }
    return bytes ? pdf_source_text_of_bytes(bytes, size) : NULL;
}

/* --- The whole --------------------------------------------------------------------- */

static void bytes_free(gpointer bytes)
{
    g_bytes_unref(bytes);
}

void pdf_source_init(PdfSource *source, const void *data, gsize size, guint64 end)
{
    *source = (PdfSource){.data = data, .size = size, .to_undo = UNDO_FACTOR * size};
    source->packs = g_ptr_array_new_with_free_func(g_free);
    source->tried = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, bytes_free, NULL);
    pdf_objects_init(&source->objects, data, size, end);
}

void pdf_source_clear(PdfSource *source)
{
    pdf_objects_clear(&source->objects);
    for (guint i = 0; i < source->crypt_count; i++)
        pdf_crypt_free(source->crypts[i].key);
    g_clear_pointer(&source->packs, g_ptr_array_unref);
    g_clear_pointer(&source->tried, g_hash_table_unref);
}

gboolean pdf_source_is_open(const PdfSource *source)
{
    return source->crypt_count == 1 && !source->is_unsure && !source->objects.has_limit &&
           source->crypts[0].files == source->crypts[0].streams;
}
