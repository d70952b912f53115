/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-source.c - finds keys and streams of objects, and undoes what a stream is packed with.
 *
 * Nobody else's library does this work here: qpdf reads streams of objects whole before anybody is
 * asked (1.4 MB became 2.9 GB, and 15 s), and sees what the table of objects names alone, while
 * readers differ in which they show.
 *
 * Fails as PdfFilterResult says; has_limit of the objects: there was more than is looked at.
 */
#include "scanner/pdf-source.h"

#include <string.h>

#include "scanner/board.h"
#include "scanner/byte-scan.h"

enum {
    PACKS_BYTES_MAX = 32 * 1024 * 1024, /* of objects that lie in streams */
    PACK_OBJECTS_MAX = 1 << 20,
    CRYPT_TRIES_MAX = 256, /* updates that name a dictionary without a known key; 3 ms each */
    FILTERS_MAX = 16       /* of one stream; writers use two */
};

/* --- Values ----------------------------------------------------------------------- */

static PdfText value_get(const PdfSource *source, PdfText dict, const char *key, PdfWay *way)
{
    return pdf_objects_resolve(&source->objects,
                               pdf_dict_find(dict, key, way->pick, &way->is_doubtful), way->pick,
                               &way->is_doubtful, NULL);
}

static gint64 number_get(const PdfSource *source, PdfText dict, const char *key, gint64 otherwise,
                         PdfWay *way)
{
    PdfToken token = pdf_token_peek(value_get(source, dict, key, way));

    return token.kind == PDF_TOKEN_NUMBER ? token.number : otherwise;
}

static PdfCryptText token_keep(PdfSource *source, const PdfToken *token)
{
    PdfCryptText text = {(const guint8 *)"", 0};
    guint8 *bytes;

    pdf_objects_charge(&source->objects, token->size);
    bytes = source->objects.has_limit ? NULL : pdf_token_bytes(token, &text.size);
    if (!bytes)
        return (PdfCryptText){(const guint8 *)"", 0};
    g_ptr_array_add(source->packs, bytes);
    text.bytes = bytes;
    return text;
}

/* The bytes of a string, kept with the source: as often as it is asked for. */
static PdfCryptText string_get(PdfSource *source, PdfText dict, const char *key)
{
    PdfWay way = {0};
    PdfToken token = pdf_token_peek(value_get(source, dict, key, &way));
    PdfCryptText text = {(const guint8 *)"", 0};

    if (token.kind == PDF_TOKEN_STRING || token.kind == PDF_TOKEN_HEX)
        text = token_keep(source, &token);
    return text;
}

/* What many may refer to is read for each of them. */
static void charge_value(PdfSource *source, PdfText value)
{
    PdfText behind = value;

    if (!value.at)
        return;
    pdf_value_take(&behind);
    pdf_objects_charge(&source->objects, (gsize)(behind.at - value.at));
}

/* --- Encryption ------------------------------------------------------------------- */

/* By the name of a handler in /CF. */
static PdfCryptMethod method_of(const PdfSource *source, PdfText handlers, const PdfToken *name,
                                PdfCryptMethod otherwise)
{
    g_autofree guint8 *bytes = NULL;
    PdfWay way = {0};
    PdfToken method;
    gsize size;

    if (name->kind != PDF_TOKEN_NAME)
        return otherwise;
    bytes = pdf_token_bytes(name, &size);
    if (!bytes || pdf_token_is_name(name, "Identity"))
        return PDF_CRYPT_IDENTITY;
    bytes[size] = '\0';
    method = pdf_token_peek(
        value_get(source, value_get(source, handlers, (const char *)bytes, &way), "CFM", &way));
    return pdf_token_is_name(&method, "V2")      ? PDF_CRYPT_RC4
           : pdf_token_is_name(&method, "AESV2") ? PDF_CRYPT_AES
           : pdf_token_is_name(&method, "AESV3") ? PDF_CRYPT_AES_256
                                                 : PDF_CRYPT_IDENTITY;
}

static void crypt_take_methods(const PdfSource *source, PdfText dict, gint64 version,
                               PdfSourceCrypt *crypt)
{
    static const PdfCryptMethod none = PDF_CRYPT_IDENTITY;
    PdfToken name;
    PdfWay way = {0};

    if (version < 4) {
        crypt->streams = crypt->strings = crypt->files = PDF_CRYPT_RC4;
        return;
    }
    crypt->handlers = value_get(source, dict, "CF", &way);
    name = pdf_token_peek(value_get(source, dict, "StmF", &way));
    crypt->streams = method_of(source, crypt->handlers, &name, none);
    name = pdf_token_peek(value_get(source, dict, "StrF", &way));
    crypt->strings = method_of(source, crypt->handlers, &name, none);
    name = pdf_token_peek(value_get(source, dict, "EFF", &way));
    crypt->files = method_of(source, crypt->handlers, &name, crypt->streams);
}

/* FALSE, with the limit noted: it is tried for each that names it. */
static gboolean crypt_may_be_tried(PdfSource *source, PdfText dict)
{
    charge_value(source, dict);
    if (source->crypt_tries++ == CRYPT_TRIES_MAX || source->crypt_count == PDF_SOURCE_CRYPTS_MAX)
        source->objects.has_limit = TRUE;
    return !source->objects.has_limit;
}

/* `trailer` has the key Encrypt and the identifier of the file. */
static void add_crypt(PdfSource *source, PdfText trailer)
{
    PdfWay way = {0};
    PdfText dict = value_get(source, trailer, "Encrypt", &way), id;
    PdfToken token = pdf_token_peek(dict), plain;
    PdfCryptSettings settings = {0};
    PdfSourceCrypt crypt = {.dict = dict.at};
    gint64 version;

    if (token.kind != PDF_TOKEN_OPEN_DICT)
        return;
    for (guint i = 0; i < source->crypt_count; i++)
        if (source->crypts[i].dict == dict.at)
            return;
    if (!crypt_may_be_tried(source, dict))
        return;
    version = number_get(source, dict, "V", 0, &way);
    settings.revision = number_get(source, dict, "R", 0, &way);
    settings.key_bits = version >= 4 ? 128 : number_get(source, dict, "Length", 40, &way);
    settings.permissions = number_get(source, dict, "P", 0, &way);
    plain = pdf_token_peek(value_get(source, dict, "EncryptMetadata", &way));
    settings.metadata_is_plain = pdf_token_is_word(&plain, "false");
    settings.owner = string_get(source, dict, "O");
    settings.user = string_get(source, dict, "U");
    settings.owner_key = string_get(source, dict, "OE");
    settings.user_key = string_get(source, dict, "UE");
    settings.id = (PdfCryptText){(const guint8 *)"", 0};
    id = value_get(source, trailer, "ID", &way);
    if (pdf_token_take(&id).kind == PDF_TOKEN_OPEN_ARRAY) {
        PdfToken first = pdf_token_peek(id);

        settings.id = token_keep(source, &first);
    }
    crypt.key = pdf_crypt_new(&settings);
    crypt_take_methods(source, dict, version, &crypt);
    if (crypt.key)
        source->crypts[source->crypt_count++] = crypt;
    else
        source->is_locked = TRUE;
}

static void find_crypts(PdfSource *source)
{
    static const char sign[] = "trailer";
    const guint8 *at = source->data, *end = source->data + source->size;

    for (guint i = 0; i < source->objects.count && !source->objects.has_limit; i++)
        if (source->objects.objects[i].flags & PDF_OBJECT_XREF)
            add_crypt(source, source->objects.objects[i].text);
    while ((at = byte_scan_sign(at, (gsize)(end - at), sign, strlen(sign))) != NULL) {
        PdfText text = {at + strlen(sign), end}, behind = text;

        pdf_value_take(&behind);
        (void)pdf_token_take(&behind); /* with the comment before what ended it */
        pdf_objects_charge(&source->objects, (gsize)(behind.at - text.at));
        if (source->objects.has_limit)
            return;
        add_crypt(source, text);
        at += strlen(sign);
    }
    source->is_locked &= source->crypt_count == 0;
}

/* --- Streams ---------------------------------------------------------------------- */

/* The end of what begins there, by the word that ends it. */
static const guint8 *find_end(PdfSource *source, const guint8 *start)
{
    static const char sign[] = "endstream";
    const guint8 *end = source->data + source->size, *at;

    if (source->searched && start >= source->searched && start <= source->found)
        return source->found;
    at = byte_scan_sign(start, (gsize)(end - start), sign, strlen(sign));
    source->searched = start;
    source->found = at ? at : end;
    return source->found;
}

static gsize stream_size(PdfSource *source, const PdfObject *object, PdfWay *way)
{
    const guint8 *start = object->stream, *end = source->data + source->size, *close;
    gint64 length = number_get(source, object->text, "Length", -1, way);

    if (length >= 0 && length <= end - start) {
        PdfText behind = {start + length, end};
        PdfToken word = {0};

        while (behind.at < end && g_ascii_isspace(*behind.at))
            behind.at++;
        if (behind.at < end && *behind.at == 'e')
            word = pdf_token_peek(behind);
        if (pdf_token_is_word(&word, "endstream") || pdf_token_is_word(&word, "endobj"))
            return (gsize)length;
    }
    close = find_end(source, start);
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

static PdfFilter filter_make(const PdfSource *source, const PdfToken *name, PdfText parameters,
                             PdfWay *way)
{
    return (PdfFilter){.kind = kind_of(name),
                       .predictor = number_get(source, parameters, "Predictor", 1, way),
                       .colors = number_get(source, parameters, "Colors", 1, way),
                       .bits = number_get(source, parameters, "BitsPerComponent", 8, way),
                       .columns = number_get(source, parameters, "Columns", 1, way),
                       .early_change = number_get(source, parameters, "EarlyChange", 1, way)};
}

/* The filters in the order in which they are undone, and how it is encrypted. Of too many, the last
 * is one that nobody knows. */
static guint filters_read(PdfSource *source, const PdfObject *object, PdfWay *way,
                          PdfFilter filters[FILTERS_MAX], PdfCryptMethod *method)
{
    PdfText value = value_get(source, object->text, "Filter", way);
    PdfText all = value_get(source, object->text, "DecodeParms", way);
    PdfToken token = pdf_token_peek(value);
    gboolean is_list, has_list;
    guint count = 0;

    if (!value.at) {
        value = value_get(source, object->text, "F", way);
        token = pdf_token_peek(value);
        if (token.kind != PDF_TOKEN_NAME && token.kind != PDF_TOKEN_OPEN_ARRAY)
            return 0;
    }
    if (!all.at)
        all = value_get(source, object->text, "DP", way);
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

        if (pdf_token_peek(value).kind == PDF_TOKEN_CLOSE_ARRAY || pdf_token_ends_value(&name) ||
            pdf_token_is_word(&name, "null"))
            break;
        charge_value(source, parameters);
        filters[count] = filter_make(source, &name, parameters, way);
        if (filters[count].kind == PDF_FILTER_NONE) {
            handler = pdf_token_peek(value_get(source, parameters, "Name", way));
            *method = way->crypt
                          ? method_of(source, way->crypt->handlers, &handler, PDF_CRYPT_IDENTITY)
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

PdfFilterResult pdf_source_read(PdfSource *source, const PdfObject *object, gboolean is_file,
                                PdfWay *way, gsize most, guint8 **ret, gsize *ret_size,
                                guint *ret_filters)
{
    PdfCryptMethod method = !way->crypt ? PDF_CRYPT_IDENTITY
                            : is_file   ? way->crypt->files
                                        : way->crypt->streams;
    gsize size = stream_size(source, object, way);
    const guint8 *data = object->stream;
    g_autofree guint8 *bytes = NULL;
    PdfFilterResult result = PDF_FILTER_DONE;
    PdfFilter filters[FILTERS_MAX];

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

gboolean pdf_source_next_way(const PdfSource *source, PdfWay *way, guint *number)
{
    guint keys = source->crypt_count + 1, tried = *number;

    if (tried > 0 && tried % PDF_SOURCE_WAYS == 1 && !way->is_doubtful)
        tried++; /* the other pick would be the same */
    if (tried >= keys * PDF_SOURCE_WAYS)
        return FALSE;
    *way = (PdfWay){.pick = tried % PDF_SOURCE_WAYS,
                    .crypt = tried / PDF_SOURCE_WAYS < source->crypt_count
                                 ? &source->crypts[tried / PDF_SOURCE_WAYS]
                                 : NULL};
    *number = tried + 1;
    return TRUE;
}

/* --- Streams of objects ----------------------------------------------------------- */

/* A list of numbers and places, then the objects (ISO 32000-1 7.5.7). */
static void pack_take(PdfSource *source, PdfText dict, const guint8 *bytes, gsize size, PdfWay *way)
{
    gboolean is_read = pdf_objects_are_worth_reading(bytes, size);
    PdfText list = {bytes, bytes + size};
    gint64 count = number_get(source, dict, "N", 0, way),
           first = number_get(source, dict, "First", 0, way);

    for (gint64 i = 0; i < MIN(count, PACK_OBJECTS_MAX) && !source->objects.has_limit; i++) {
        PdfToken number = pdf_token_take(&list), place = pdf_token_take(&list);
        gint64 at = first + place.number;

        if (number.kind != PDF_TOKEN_NUMBER || place.kind != PDF_TOKEN_NUMBER)
            break;
        if (number.number > 0 && number.number <= G_MAXINT32 && first >= 0 && place.number >= 0 &&
            first <= (gint64)size && place.number <= (gint64)size - first)
            pdf_objects_add_packed(&source->objects, (guint)number.number,
                                   (PdfText){bytes + at, bytes + size}, is_read);
    }
}

static void pack_read(PdfSource *source, guint place)
{
    const PdfObject object = source->objects.objects[place];
    guint number = 0;
    PdfWay way;

    while (pdf_source_next_way(source, &way, &number)) {
        guint8 *bytes = NULL;
        gsize size, most = PACKS_BYTES_MAX - source->pack_bytes;
        guint filters;
        PdfFilterResult result =
            pdf_source_read(source, &object, FALSE, &way, most, &bytes, &size, &filters);

        if (result == PDF_FILTER_TOO_LARGE) {
            source->objects.has_limit = TRUE;
            return;
        }
        g_ptr_array_add(source->packs, bytes);
        source->pack_bytes += size;
        source->objects.to_read += size; /* each is read once, as those in the file are */
        pack_take(source, object.text, bytes, size, &way);
        if (result == PDF_FILTER_DONE && filters > 0 && !way.is_doubtful)
            return;
    }
}

static void find_packs(PdfSource *source)
{
    guint count = source->objects.count;

    for (guint i = 0; i < count && !source->objects.has_limit; i++)
        if (source->objects.objects[i].flags & PDF_OBJECT_PACK)
            pack_read(source, i);
}

/* --- The whole --------------------------------------------------------------------- */

void pdf_source_init(PdfSource *source, const void *data, gsize size, guint64 end)
{
    *source = (PdfSource){.data = data, .size = size};
    source->packs = g_ptr_array_new_with_free_func(g_free);
    pdf_objects_init(&source->objects, data, size, end);
}

void pdf_source_clear(PdfSource *source)
{
    pdf_objects_clear(&source->objects);
    for (guint i = 0; i < source->crypt_count; i++)
        pdf_crypt_free(source->crypts[i].key);
    g_clear_pointer(&source->packs, g_ptr_array_unref);
}

gboolean pdf_source_has_packs(const PdfSource *source)
{
    for (guint i = 0; i < source->objects.count; i++)
        if (source->objects.objects[i].flags & PDF_OBJECT_PACK)
            return TRUE;
    return FALSE;
}

void pdf_source_unpack(PdfSource *source)
{
    pdf_objects_sort(&source->objects);
    find_crypts(source);
    find_packs(source);
}
