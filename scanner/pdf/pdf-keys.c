/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pdf-keys.c - finds the dictionaries of keys in a PDF, and tries those that need no password.
 *
 * Each update of a file may name another one, and readers differ in which they take: all are tried
 * that differ, within limits. has_limit of the objects: there were more.
 */
#include "scanner/pdf/pdf-keys.h"

#include <string.h>

#include "scanner/common/byte-scan.h"

enum {
    CRYPT_TRIES_MAX = 16, /* dictionaries of keys, and identifiers with each; 6 ms each */
    ID_MAX = 1024         /* bytes, hashed some times for each try; writers make 16 */
};

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
    PdfToken token = pdf_token_peek(pdf_source_value(source, dict, key, way));
    PdfCryptText text = {(const guint8 *)"", 0};

    if (token.kind == PDF_TOKEN_STRING || token.kind == PDF_TOKEN_HEX)
        text = token_keep(source, &token);
    return text;
}

PdfCryptMethod pdf_keys_method(PdfSource *source, PdfText handlers, const PdfToken *name,
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
    handlers = pdf_source_value(source, handlers, (const char *)bytes, &way);
    pdf_source_charge_value(source, handlers, 1);
    method = pdf_token_peek(pdf_source_value(source, handlers, "CFM", &way));
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
    crypt->handlers = pdf_source_value(source, dict, "CF", way);
    name = pdf_token_peek(pdf_source_value(source, dict, "StmF", way));
    crypt->streams = pdf_keys_method(source, crypt->handlers, &name, none);
    name = pdf_token_peek(pdf_source_value(source, dict, "StrF", way));
    crypt->strings = pdf_keys_method(source, crypt->handlers, &name, none);
    name = pdf_token_peek(pdf_source_value(source, dict, "EFF", way));
    crypt->files = pdf_keys_method(source, crypt->handlers, &name, crypt->streams);
}

/* The first string of an identifier. */
static PdfCryptText id_get(PdfSource *source, PdfText trailer, PdfWay *way)
{
    PdfText id = pdf_source_value(source, trailer, "ID", way);
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
    gint64 version = pdf_source_number(source, dict, "V", 0, way);
    PdfCryptSettings settings = {
        .revision = pdf_source_number(source, dict, "R", 0, way),
        .key_bits = pdf_source_number(source, dict, "Length", version >= 4 ? 128 : 40, way),
        .permissions = pdf_source_number(source, dict, "P", 0, way),
        .owner = string_get(source, dict, "O", way),
        .user = string_get(source, dict, "U", way),
        .owner_key = string_get(source, dict, "OE", way),
        .user_key = string_get(source, dict, "UE", way),
        .id = id_get(source, trailer, way)};
    PdfToken plain = pdf_token_peek(pdf_source_value(source, dict, "EncryptMetadata", way));
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
        dict = pdf_source_value(source, trailer, "Encrypt", &way);
        pdf_source_charge_value(source, dict, 1);
        if (pdf_token_peek(dict).kind == PDF_TOKEN_OPEN_DICT && !source->objects.has_limit)
            crypt_try(source, trailer, dict, &way);
    }
}

void pdf_keys_find(PdfSource *source)
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
