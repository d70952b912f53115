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
#include "scanner/pdf/pdf-source.h"

#include <string.h>

#include "filters/name-decode.h"
#include "scanner/common/board.h"
#include "scanner/common/byte-scan.h"

enum {
    PACKS_BYTES_MAX = 32 * 1024 * 1024, /* of objects that lie in streams */
    PACK_OBJECTS_MAX = 1 << 20,
    CRYPT_TRIES_MAX = 16, /* dictionaries of keys, and identifiers with each; 6 ms each */
    UNDO_FACTOR = 16,     /* the size of the file: of a few streams, for each key and pick */
    ID_MAX = 1024,        /* bytes, hashed some times for each try; writers make 16 */
    TEXT_MAX = 65536,     /* bytes of a string that is read: no system has names of a thousandth */
    PARAMETERS = 5,       /* of a filter that are looked for */
    FILTERS_MAX = 16      /* of one stream; writers use two */
};

/* --- Values ----------------------------------------------------------------------- */

static PdfText value_get(PdfSource *source, PdfText dict, const char *key, PdfWay *way)
{
    return pdf_objects_resolve(&source->objects,
                               pdf_dict_find(dict, key, way->pick, &way->is_doubtful), way->pick,
                               &way->is_doubtful, NULL);
}

static gint64 number_get(PdfSource *source, PdfText dict, const char *key, gint64 otherwise,
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
static PdfCryptText string_get(PdfSource *source, PdfText dict, const char *key, PdfWay *way)
{
    PdfToken token = pdf_token_peek(value_get(source, dict, key, way));
    PdfCryptText text = {(const guint8 *)"", 0};

    if (token.kind == PDF_TOKEN_STRING || token.kind == PDF_TOKEN_HEX)
        text = token_keep(source, &token);
    return text;
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

/* --- Encryption ------------------------------------------------------------------- */

/* By the name of a handler in /CF. */
static PdfCryptMethod method_of(PdfSource *source, PdfText handlers, const PdfToken *name,
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
    pdf_source_charge_value(source, handlers, 1);
    handlers = value_get(source, handlers, (const char *)bytes, &way);
    pdf_source_charge_value(source, handlers, 1);
    method = pdf_token_peek(value_get(source, handlers, "CFM", &way));
    return pdf_token_is_name(&method, "V2")      ? PDF_CRYPT_RC4
           : pdf_token_is_name(&method, "AESV2") ? PDF_CRYPT_AES
           : pdf_token_is_name(&method, "AESV3") ? PDF_CRYPT_AES_256
                                                 : PDF_CRYPT_IDENTITY;
}

static void crypt_take_methods(PdfSource *source, PdfText dict, gint64 version, PdfWay *way,
                               PdfSourceCrypt *crypt)
{
    static const PdfCryptMethod none = PDF_CRYPT_IDENTITY;
    PdfToken name;

    if (version < 4) {
        crypt->streams = crypt->strings = crypt->files = PDF_CRYPT_RC4;
        return;
    }
    crypt->handlers = value_get(source, dict, "CF", way);
    name = pdf_token_peek(value_get(source, dict, "StmF", way));
    crypt->streams = method_of(source, crypt->handlers, &name, none);
    name = pdf_token_peek(value_get(source, dict, "StrF", way));
    crypt->strings = method_of(source, crypt->handlers, &name, none);
    name = pdf_token_peek(value_get(source, dict, "EFF", way));
    crypt->files = method_of(source, crypt->handlers, &name, crypt->streams);
}

/* The first string of an identifier. */
static PdfCryptText id_get(PdfSource *source, PdfText trailer, PdfWay *way)
{
    PdfText id = value_get(source, trailer, "ID", way);
    PdfToken first = pdf_token_peek((PdfText){0});

    if (pdf_token_take(&id).kind == PDF_TOKEN_OPEN_ARRAY)
        first = pdf_token_peek(pdf_objects_resolve(&source->objects, id, way->pick, NULL, NULL));
    return token_keep(source, &first);
}

/* FALSE: it was, and every update names it again; or the limit was met. */
static gboolean crypt_is_new(PdfSource *source, const PdfSourceCrypt *crypt,
                             const PdfCryptSettings *settings)
{
    GByteArray *name = g_byte_array_new();
    GBytes *bytes;

    g_byte_array_append(name, (const guint8 *)&crypt->dict, sizeof(crypt->dict));
    g_byte_array_append(name, (const guint8 *)&crypt->pick, sizeof(crypt->pick));
    if (settings->revision < 5) /* later ones do without */
        g_byte_array_append(name, settings->id.bytes, (guint)settings->id.size);
    bytes = g_byte_array_free_to_bytes(name);
    if (!g_hash_table_add(source->tried, bytes))
        return FALSE;
    if (g_hash_table_size(source->tried) > CRYPT_TRIES_MAX ||
        source->crypt_count == PDF_SOURCE_CRYPTS_MAX)
        source->objects.has_limit = TRUE;
    return !source->objects.has_limit;
}

static gboolean crypt_is_known(const PdfSource *source, const PdfSourceCrypt *crypt)
{
    for (guint i = 0; i < source->crypt_count; i++) {
        const PdfSourceCrypt *other = &source->crypts[i];

        if (pdf_crypt_equal(crypt->key, other->key) && crypt->streams == other->streams &&
            crypt->strings == other->strings && crypt->files == other->files)
            return TRUE;
    }
    return FALSE;
}

static void crypt_try(PdfSource *source, PdfText trailer, PdfText dict, PdfWay *way)
{
    gint64 version = number_get(source, dict, "V", 0, way);
    PdfCryptSettings settings = {
        .revision = number_get(source, dict, "R", 0, way),
        .key_bits = number_get(source, dict, "Length", version >= 4 ? 128 : 40, way),
        .permissions = number_get(source, dict, "P", 0, way),
        .owner = string_get(source, dict, "O", way),
        .user = string_get(source, dict, "U", way),
        .owner_key = string_get(source, dict, "OE", way),
        .user_key = string_get(source, dict, "UE", way),
        .id = id_get(source, trailer, way)};
    PdfToken plain = pdf_token_peek(value_get(source, dict, "EncryptMetadata", way));
    PdfSourceCrypt crypt = {.dict = dict.at, .pick = way->pick};

    settings.metadata_is_plain = pdf_token_is_word(&plain, "false");
    source->objects.has_limit |= settings.id.size > ID_MAX;
    if (source->objects.has_limit || !crypt_is_new(source, &crypt, &settings))
        return;
    crypt.key = pdf_crypt_new(&settings);
    crypt_take_methods(source, dict, version, way, &crypt);
    if (!crypt.key)
        source->is_locked = TRUE;
    else if (crypt_is_known(source, &crypt))
        pdf_crypt_free(crypt.key);
    else
        source->crypts[source->crypt_count++] = crypt;
}

/* `trailer` has the key Encrypt and the identifier of the file. */
static void add_crypt(PdfSource *source, PdfText trailer)
{
    PdfWay way = {.is_doubtful = TRUE};

    for (guint pick = 0; pick < PDF_SOURCE_WAYS && way.is_doubtful; pick++) {
        PdfText dict;

        way = (PdfWay){.pick = pick};
        dict = value_get(source, trailer, "Encrypt", &way);
        pdf_source_charge_value(source, dict, 1);
        if (pdf_token_peek(dict).kind == PDF_TOKEN_OPEN_DICT && !source->objects.has_limit)
            crypt_try(source, trailer, dict, &way);
    }
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
    source->is_unsure = source->is_locked;
    source->is_locked &= source->crypt_count == 0;
}

/* --- Streams ---------------------------------------------------------------------- */

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
    gint64 length = number_get(source, object->text, "Length", -1, &by_length);

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
    PdfToken token = pdf_token_peek(value_get(source, parameters, key, way));

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

        pdf_source_charge_value(source, value, 1);
        if (pdf_token_peek(value).kind == PDF_TOKEN_CLOSE_ARRAY || pdf_token_ends_value(&name) ||
            pdf_token_is_word(&name, "null"))
            break;
        pdf_source_charge_value(source, parameters, PARAMETERS);
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

PdfFilterResult pdf_source_read(PdfSource *source, const PdfObject *object, PdfWay *way, gsize most,
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

gboolean pdf_source_next_way(const PdfSource *source, PdfWay *way, guint *number)
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

/* --- As a whole ------------------------------------------------------------------- */

gboolean pdf_source_is_open(const PdfSource *source)
{
    return source->crypt_count == 1 && !source->is_unsure && !source->objects.has_limit &&
           source->crypts[0].files == source->crypts[0].streams;
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

guint8 *pdf_source_dup_open(PdfSource *source)
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

/* --- Streams of objects ----------------------------------------------------------- */

/* A list of numbers and places, then the objects (ISO 32000-1 7.5.7). FALSE: there are less than it
 * says. */
static gboolean pack_take(PdfSource *source, PdfText dict, const guint8 *bytes, gsize size,
                          PdfWay *way)
{
    gboolean is_read = pdf_objects_are_worth_reading(bytes, size);
    PdfText list = {bytes, bytes + size};
    gint64 count = number_get(source, dict, "N", 0, way),
           first = number_get(source, dict, "First", 0, way), i;

    for (i = 0; i < MIN(count, PACK_OBJECTS_MAX) && !source->objects.has_limit; i++) {
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

    while (pdf_source_next_way(source, &way, &number)) {
        guint8 *bytes = NULL;
        gsize size, most = PACKS_BYTES_MAX - source->pack_bytes;
        guint filters;
        PdfFilterResult result =
            pdf_source_read(source, &object, &way, most, &bytes, &size, &filters);

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
