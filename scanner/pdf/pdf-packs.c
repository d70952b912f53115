/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-packs.c - finds the objects that lie in streams of a PDF (ISO 32000-1 7.5.7).
 *
 * has_limit of the objects: there was more than is looked at; has_damage of the source: a stream of
 * objects cannot be read.
 */
#include "scanner/pdf/pdf-packs.h"

#include "scanner/pdf/pdf-keys.h"
#include "scanner/pdf/pdf-stream.h"

enum {
    BYTES_MAX = 32 * 1024 * 1024, /* of all such streams */
    OBJECTS_MAX = 1 << 20         /* in one */
};

/* A list of numbers and places, then the objects. FALSE: there are less than it
 * says. */
static gboolean pack_take(PdfSource *source, PdfText dict, const guint8 *bytes, gsize size,
                          PdfWay *way)
{
    gboolean is_read = pdf_objects_are_worth_reading(bytes, size);
    PdfText list = {bytes, bytes + size};
    gint64 count = pdf_source_number(source, dict, "N", 0, way),
           first = pdf_source_number(source, dict, "First", 0, way), i;

    for (i = 0; i < MIN(count, OBJECTS_MAX) && !source->objects.has_limit; i++) {
        PdfToken number = pdf_token_take(&list), place = pdf_token_take(&list);
        gint64 at = first + place.number;

        if (number.kind != PDF_TOKEN_NUMBER || place.kind != PDF_TOKEN_NUMBER)
            break;
        if (number.number > 0 && number.number <= G_MAXINT32 && first >= 0 && place.number >= 0 &&
            first <= (gint64)size && place.number <= (gint64)size - first)
            pdf_objects_add_packed(&source->objects, (guint)number.number,
                                   (PdfText){bytes + at, bytes + size}, is_read);
    }
    return i >= count;
}

static void pack_read(PdfSource *source, guint place)
{
    const PdfObject object = source->objects.objects[place];
    gboolean is_taken = FALSE;
    guint number = 0;
    PdfWay way;

    while (pdf_stream_next_way(source, &way, &number)) {
        guint8 *bytes = NULL;
        gsize size, most = BYTES_MAX - source->pack_bytes;
        guint filters;
        PdfFilterResult result =
            pdf_stream_read(source, &object, &way, most, &bytes, &size, &filters);

        if (result == PDF_FILTER_TOO_LARGE) {
            source->objects.has_limit = TRUE;
            return;
        }
        g_ptr_array_add(source->packs, bytes);
        source->pack_bytes += size;
        source->objects.to_read += size; /* each is read once, as those in the file are */
        is_taken |= pack_take(source, object.text, bytes, size, &way);
    }
    source->has_damage |= !is_taken;
}

/* FALSE: something that its dictionary refers to is not there, and may lie in another. */
static gboolean pack_is_ready(PdfSource *source, PdfText dict)
{
    PdfText end = dict;

    pdf_value_take(&end);
    while (dict.at < end.at && !source->objects.has_limit) {
        PdfText value = dict;

        if (pdf_token_take(&dict).kind == PDF_TOKEN_REFERENCE &&
            !pdf_objects_resolve(&source->objects, value, 0, NULL, NULL).at)
            return FALSE;
    }
    return TRUE;
}

static void find_packs(PdfSource *source)
{
    guint count = source->objects.count;
    g_autofree guint8 *is_read = g_try_malloc0(count);

    source->objects.has_limit |= count > 0 && !is_read;
    for (guint round = 0; round < 2; round++) {
        for (guint i = 0; i < count && !source->objects.has_limit; i++) {
            const PdfObject *object = &source->objects.objects[i];

            if (!(object->flags & PDF_OBJECT_PACK) || is_read[i] ||
                (round == 0 && !pack_is_ready(source, object->text)))
                continue;
            is_read[i] = TRUE;
            pack_read(source, i);
        }
        pdf_objects_sort(&source->objects);
    }
    source->has_damage &= !source->is_locked;
}

gboolean pdf_packs_are_there(const PdfSource *source)
{
    for (guint i = 0; i < source->objects.count; i++)
        if (source->objects.objects[i].flags & PDF_OBJECT_PACK)
            return TRUE;
    return FALSE;
}

void pdf_packs_open(PdfSource *source)
{
    pdf_objects_sort(&source->objects);
    pdf_keys_find(source);
    find_packs(source);
}
