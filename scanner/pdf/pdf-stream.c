/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-stream.c - finds where a stream ends, and undoes what it is packed with.
 *
 * Fails as PdfFilterResult says; has_limit of the objects: there was more than is looked at.
 */
#include "scanner/pdf/pdf-stream.h"

#include <string.h>

#include "scanner/common/board.h"
#include "scanner/common/byte-scan.h"
#include "scanner/pdf/pdf-keys.h"

enum {
    PARAMETERS = 5,  /* of a filter that are looked for */
    FILTERS_MAX = 16 /* of one stream; writers use two */
};

static const guint8 *find_word(const guint8 *start, const guint8 *end)
{
    static const char sign[] = "endstream";
    const guint8 *at = byte_scan_sign(start, (gsize)(end - start), sign, strlen(sign));

    return at ? at : end;
}

/* The end of what begins there, by the word that ends it. */
static const guint8 *find_end(PdfSource *source, const guint8 *start)
{
    if (source->searched && start >= source->searched && start <= source->found)
        return source->found;
    source->searched = start;
    source->found = find_word(start, source->data + source->size);
    pdf_objects_charge(&source->objects, (gsize)(source->found - start));
    return source->found;
}

static gboolean is_followed_by_end(PdfSource *source, const guint8 *at)
{
    const guint8 *end = source->data + source->size;
    PdfText behind = {at, end};
    PdfToken word = {0};

    while (behind.at < end && g_ascii_isspace(*behind.at))
        behind.at++;
    pdf_objects_charge(&source->objects, (gsize)(behind.at - at));
    if (behind.at < end && *behind.at == 'e')
        word = pdf_token_peek(behind);
    return pdf_token_is_word(&word, "endstream") || pdf_token_is_word(&word, "endobj");
}

/* By its length, or where that leads nowhere, by the word that ends it: some readers look for that
 * from the beginning (pick 0), others from where the length leads. */
static gsize stream_size(PdfSource *source, const PdfObject *object, const guint8 *start,
                         PdfWay *way)
{
    const guint8 *end = source->data + source->size, *close;
    PdfWay by_length = *way;
    gint64 length = pdf_source_number(source, object->text, "Length", -1, &by_length);

    if (length < 0 || length > end - start)
        length = 0;
    else if (is_followed_by_end(source, start + length))
        return (gsize)length;
    way->is_doubtful = by_length.is_doubtful;
    close = find_end(source, start);
    if (length > close - start) {
        way->is_doubtful |= way->pick == 0;
        if (way->pick > 0) {
            close = find_word(start + length, end);
            pdf_objects_charge(&source->objects, (gsize)(close - start - length));
        }
    }
    if (close > start && close[-1] == '\n')
        close--;
    if (close > start && close[-1] == '\r')
        close--;
    return (gsize)(close - start);
}

static PdfFilterKind kind_of(const PdfToken *name)
{
    g_autofree guint8 *bytes = NULL;
    gsize size = 0;

    if (name->kind != PDF_TOKEN_NAME || !(bytes = pdf_token_bytes(name, &size)))
        return PDF_FILTER_UNKNOWN;
    bytes[size] = '\0';
    return pdf_filter_kind((const char *)bytes);
}

static gint64 parameter_get(PdfSource *source, PdfText parameters, const char *key,
                            gint64 otherwise, PdfWay *way, gboolean *is_odd)
{
    PdfToken token = pdf_token_peek(pdf_source_value(source, parameters, key, way));

    *is_odd |= token.is_glued;
    return token.kind == PDF_TOKEN_NUMBER ? token.number : otherwise;
}

static PdfFilter filter_make(PdfSource *source, const PdfToken *name, PdfText parameters,
                             PdfWay *way)
{
    PdfFilter filter = {.kind = kind_of(name)};
    gboolean *is_odd = &filter.is_odd;

    filter.predictor = parameter_get(source, parameters, "Predictor", 1, way, is_odd);
    filter.colors = parameter_get(source, parameters, "Colors", 1, way, is_odd);
    filter.bits = parameter_get(source, parameters, "BitsPerComponent", 8, way, is_odd);
    filter.columns = parameter_get(source, parameters, "Columns", 1, way, is_odd);
    filter.early_change = parameter_get(source, parameters, "EarlyChange", 1, way, is_odd);
    return filter;
}

/* The filters in the order in which they are undone, and how it is encrypted. Of too many, the last
 * is one that nobody knows. */
static guint filters_read(PdfSource *source, const PdfObject *object, PdfWay *way,
                          PdfFilter filters[FILTERS_MAX], PdfCryptMethod *method)
{
    PdfText value = pdf_source_value(source, object->text, "Filter", way);
    PdfText all = pdf_source_value(source, object->text, "DecodeParms", way);
    PdfToken token = pdf_token_peek(value);
    gboolean is_list, has_list;
    guint count = 0;

    if (!value.at) {
        value = pdf_source_value(source, object->text, "F", way);
        token = pdf_token_peek(value);
        if (token.kind != PDF_TOKEN_NAME && token.kind != PDF_TOKEN_OPEN_ARRAY)
            return 0;
    }
    if (!all.at)
        all = pdf_source_value(source, object->text, "DP", way);
    is_list = token.kind == PDF_TOKEN_OPEN_ARRAY;
    has_list = pdf_token_peek(all).kind == PDF_TOKEN_OPEN_ARRAY;
    if (is_list)
        (void)pdf_token_take(&value);
    if (has_list)
        (void)pdf_token_take(&all);
    while (count < FILTERS_MAX && source->objects.to_read > 0) {
        PdfText name_text =
            pdf_objects_resolve(&source->objects, value, way->pick, &way->is_doubtful, NULL);
        PdfText parameters =
            pdf_objects_resolve(&source->objects, all, way->pick, &way->is_doubtful, NULL);
        PdfToken name = pdf_token_peek(name_text), handler;

        pdf_source_charge_value(source, value, 1);
        if (pdf_token_peek(value).kind == PDF_TOKEN_CLOSE_ARRAY || pdf_token_ends_value(&name) ||
            pdf_token_is_word(&name, "null"))
            break;
        pdf_source_charge_value(source, parameters, PARAMETERS);
        filters[count] = filter_make(source, &name, parameters, way);
        if (filters[count].kind == PDF_FILTER_NONE) {
            handler = pdf_token_peek(pdf_source_value(source, parameters, "Name", way));
            *method = way->crypt ? pdf_keys_method(source, way->crypt->handlers, &handler,
                                                   PDF_CRYPT_IDENTITY)
                                 : PDF_CRYPT_IDENTITY;
        }
        count++;
        if (!is_list)
            break;
        pdf_value_take(&value);
        if (has_list && pdf_token_peek(all).kind != PDF_TOKEN_CLOSE_ARRAY)
            pdf_value_take(&all);
    }
    if (count == FILTERS_MAX)
        filters[count - 1].kind = PDF_FILTER_UNKNOWN;
    return count;
}

PdfFilterResult pdf_stream_read(PdfSource *source, const PdfObject *object, PdfWay *way, gsize most,
                                guint8 **ret, gsize *ret_size, guint *ret_filters)
{
    PdfCryptMethod method = !way->crypt        ? PDF_CRYPT_IDENTITY
                            : way->is_by_files ? way->crypt->files
                                               : way->crypt->streams;
    const guint8 *data =
        pdf_objects_stream_start(&source->objects, object, way->pick, &way->is_doubtful);
    gsize size = stream_size(source, object, data, way);
    g_autofree guint8 *bytes = NULL;
    PdfFilterResult result = PDF_FILTER_DONE;
    PdfFilter filters[FILTERS_MAX];

    if (size > source->to_undo) {
        source->objects.has_limit = TRUE;
        return PDF_FILTER_TOO_LARGE;
    }
    source->to_undo -= size;
    *ret_filters = filters_read(source, object, way, filters, &method);
    if (method != PDF_CRYPT_IDENTITY) {
        bytes = pdf_crypt_undo(way->crypt->key, method, object->number, object->generation, data,
                               size, &size);
        if (!bytes)
            return PDF_FILTER_TOO_LARGE;
        data = bytes;
    }
    for (guint i = 0; i < MAX(*ret_filters, 1); i++) {
        static const PdfFilter none = {.kind = PDF_FILTER_NONE};
        guint8 *next = NULL;
        PdfFilterResult one =
            pdf_filter_undo(*ret_filters > 0 ? &filters[i] : &none, data, size, most, &next, &size);

        if (one == PDF_FILTER_TOO_LARGE)
            return one;
        result = MAX(result, one);
        g_free(bytes);
        bytes = next ? next : (guint8 *)g_strdup("");
        data = bytes;
        if (board_now() >= source->objects.end)
            return PDF_FILTER_TOO_LARGE;
    }
    *ret = g_steal_pointer(&bytes);
    *ret_size = size;
    return result;
}

gboolean pdf_stream_next_way(const PdfSource *source, PdfWay *way, guint *number)
{
    guint kinds = 2 * source->crypt_count + 1, kind = *number / PDF_SOURCE_WAYS;
    guint pick = *number % PDF_SOURCE_WAYS;

    if (pick > 0 && !way->is_doubtful) { /* the other picks would be the same */
        kind++;
        pick = 0;
    }
    if (kind < kinds && kind % 2 == 1 &&
        source->crypts[kind / 2].files == source->crypts[kind / 2].streams)
        kind++;
    if (kind >= kinds)
        return FALSE;
    *way = (PdfWay){.pick = pick,
                    .crypt = kind + 1 < kinds ? &source->crypts[kind / 2] : NULL,
                    .is_by_files = kind % 2 == 1};
    *number = kind * PDF_SOURCE_WAYS + pick + 1;
    return TRUE;
}

/* FALSE: a limit, or no memory. *behind: of the last one; what begins before is no stream. */
static gboolean put_open(PdfSource *source, const PdfObject *object, guint8 *copy, gsize *behind)
{
    PdfWay way = {.crypt = &source->crypts[0]};
    const guint8 *data = pdf_objects_stream_start(&source->objects, object, 0, &way.is_doubtful);
    gsize at = (gsize)(data - source->data), size = stream_size(source, object, data, &way), used;
    PdfCryptMethod method = way.crypt->streams;
    PdfFilter filters[FILTERS_MAX];
    g_autofree guint8 *bytes = NULL;

    if (at < *behind)
        return TRUE;
    *behind = at + size;
    (void)filters_read(source, object, &way, filters, &method);
    bytes = pdf_crypt_undo(way.crypt->key, method, object->number, object->generation, data, size,
                           &used);
    if (!bytes)
        return FALSE;
    memcpy(copy + at, bytes, used);
    memset(copy + at + used, ' ', size - used);
    return !source->objects.has_limit;
}

guint8 *pdf_stream_dup_open(PdfSource *source)
{
    static const char sign[] = "/Encrypt";
    g_autofree guint8 *copy = g_try_malloc(source->size + 1);
    const guint8 *at = source->data, *end = source->data + source->size;
    gsize behind = 0;

    if (!copy)
        return NULL;
    memcpy(copy, source->data, source->size);
    for (; (at = byte_scan_sign(at, (gsize)(end - at), sign, strlen(sign))) != NULL; at++)
        copy[at - source->data + 1] = 'e';
    for (guint i = 0; i < source->objects.count; i++) {
        const PdfObject *object = &source->objects.objects[i];

        if (object->stream && !(object->flags & PDF_OBJECT_XREF) &&
            !put_open(source, object, copy, &behind))
            return NULL;
    }
    return g_steal_pointer(&copy);
}
