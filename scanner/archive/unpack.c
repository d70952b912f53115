/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack.c - reads what libclamav passes over with libarchive; objects of RTF with the reader of
 * the macro trap, packed RTF, MacBinary, AppleSingle, payloads of pages and macros of those from
 * Word with readers of their own.
 *
 * Fails as UnpackResult says. Only formats and filters that libarchive does by itself are on: for
 * others it would start programs.
 */
#include "scanner/archive/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "scanner/archive/active-mime.h"
#include "scanner/archive/archive-kind.h"
#include "scanner/archive/office-lock.h"
#include "scanner/mail/mail-rtf.h"
#include "scanner/archive/rar-lock.h"
#include "scanner/common/board.h"
#include "scanner/common/byte-number.h"
#include "scanner/macro/macro-object.h"
#include "scanner/macro/macro-rtf.h"
#include "scanner/mail/mail-crypt.h"
#include "scanner/page/page-payload.h"
#include "scanner/type/ole-kind.h"

enum {
    CHUNK = 256 * 1024,
    MAC_HEAD = 128,
    MAC_NAME_MAX = 63,
    APPLE_HEAD = 26,  /* of AppleSingle, with the number of its entries ... */
    APPLE_ENTRY = 12, /* ... and each of these: kind, place, length */
    APPLE_DATA = 1,
    APPLE_RESOURCES = 2,
    STREAM_MAX = 4096 /* bytes; Windows notes in less where a file came from */
};

/* MacBinary: a head with the name, both lengths and, from version 2 on, a checksum; the file is
 * behind it. Of version 1 zeros must do, and lengths that fit. */
static gboolean has_mac_binary(const guint8 *data, gsize size, gsize *ret_length)
{
    gsize length;

    if (size <= MAC_HEAD || data[0] != 0 || data[74] != 0 || data[82] != 0 || data[1] == 0 ||
        data[1] > MAC_NAME_MAX || data[63] != 0 || memchr(data + 2, 0, data[1]))
        return FALSE;
    length = byte_number_big(data + 83, 4);
    if (length == 0 || length > size - MAC_HEAD || byte_number_big(data + 87, 4) > size - MAC_HEAD)
        return FALSE;
    for (gsize i = 101; i < 116; i++)
        if (data[i] != 0)
            return FALSE;
    *ret_length = length;
    return TRUE;
}

/* RFC 1740: AppleSingle and AppleDouble, of which a mail program of a Mac gives the forks. */
static gboolean has_apple_single(const guint8 *data, gsize size)
{
    return size > APPLE_HEAD && memcmp(data, "\0\5\x16", 3) == 0 &&
           (data[3] == 0 || data[3] == 7) && memcmp(data + 4, "\0\2\0\0", 4) == 0;
}

gboolean unpack_is_wanted(const void *data, gsize size)
{
    gsize length;

    return macro_rtf_has_objects(data, size) || active_mime_matches(data, size) ||
           mail_rtf_matches(data, size) || has_mac_binary(data, size, &length) ||
           has_apple_single(data, size) || archive_kind_is_packed(data, size);
}

gboolean unpack_is_sealed(const void *data, gsize size)
{
    return mail_crypt_recognize_file(data, size) != MAIL_CRYPT_NONE;
}

gboolean unpack_is_locked(const void *data, gsize size)
{
    OleKind kind;

    return ole_kind_tell(data, size, &kind) && kind.is_encrypted;
}

gboolean unpack_is_text(const void *data, gsize size, guint64 end)
{
    return page_payload_matches(data, size, 0, end) && !archive_kind_is_packed(data, size);
}

static void reader_add_formats(struct archive *reader)
{
    archive_read_support_format_zip(reader);
    archive_read_support_format_7zip(reader);
    archive_read_support_format_rar(reader);
    archive_read_support_format_rar5(reader);
    archive_read_support_format_cab(reader);
    archive_read_support_format_lha(reader);
    archive_read_support_format_tar(reader);
    archive_read_support_format_cpio(reader);
    archive_read_support_format_ar(reader);
    archive_read_support_format_warc(reader);
    archive_read_support_format_xar(reader);
    archive_read_support_format_iso9660(reader);
}

/* Raw takes any bytes for one file: only where they are compressed is there something in it. */
static struct archive *reader_new(const void *data, gsize size, gboolean is_raw)
{
    struct archive *reader = archive_read_new();

    if (!reader)
        return NULL;
    archive_read_support_filter_gzip(reader);
    archive_read_support_filter_bzip2(reader);
    archive_read_support_filter_xz(reader);
    archive_read_support_filter_lzma(reader);
    archive_read_support_filter_lzip(reader);
    archive_read_support_filter_zstd(reader);
    archive_read_support_filter_lz4(reader);
    archive_read_support_filter_compress(reader);
    archive_read_support_filter_rpm(reader);
    if (!is_raw)
        reader_add_formats(reader);
    if (archive_kind_is_stream(data, size)) {
        archive_read_support_format_raw(reader);
        archive_read_support_format_empty(reader);
    }
    /* What libclamav reads goes on behind a tar's end, see archive-end.h; so do others. */
    (void)archive_read_set_option(reader, "tar", "read_concatenated_archives", "1");
    if (archive_read_open_memory(reader, data, size) != ARCHIVE_OK) {
        archive_read_free(reader);
        return NULL;
    }
    return reader;
}

/* What is left to be read, and who is given what was found. */
typedef struct {
    UnpackBudget *budget;
    UnpackResult result; /* the worst up to now, of the readers of ours */
    UnpackFound found;
    gpointer user_data;
} Walk;

/* The member's bytes; *ret is taken by the caller. */
static UnpackResult read_member(struct archive *reader, const UnpackBudget *budget, guint8 **ret,
                                gsize *ret_size)
{
    guint8 *bytes = NULL;
    gsize used = 0, room = 0;

    for (;;) {
        la_ssize_t got;

        if (room - used < CHUNK) {
            guint8 *more = g_try_realloc(bytes, room + MAX(CHUNK, room));

            if (!more) {
                g_free(bytes);
                return UNPACK_NO_MEMORY;
            }
            bytes = more;
            room += MAX(CHUNK, room);
        }
        got = archive_read_data(reader, bytes + used, CHUNK);
        if (got <= 0) {
            *ret = bytes;
            *ret_size = used;
            return got == 0 ? UNPACK_DONE : UNPACK_BROKEN;
        }
        used += (gsize)got;
        if (used > budget->file_size || used > budget->bytes || board_now() >= budget->end) {
            g_free(bytes);
            return UNPACK_LIMIT;
        }
    }
}

static const char *entry_name(struct archive_entry *entry, struct archive *reader)
{
    const char *name = archive_entry_pathname_utf8(entry);

    if (!name)
        name = archive_entry_pathname(entry);
    return name && archive_format(reader) != ARCHIVE_FORMAT_RAW ? name : "";
}

static UnpackResult give_member(struct archive *reader, struct archive_entry *entry, Walk *walk)
{
    g_autofree char *name = g_strdup(entry_name(entry, reader));
    g_autofree guint8 *bytes = NULL;
    UnpackResult result;
    gsize size = 0;

    if (archive_entry_is_data_encrypted(entry)) {
        walk->found(name, NULL, (gsize)MAX(archive_entry_size(entry), 0), TRUE, walk->user_data);
        return UNPACK_ENCRYPTED;
    }
    if (archive_entry_filetype(entry) != AE_IFREG && archive_entry_filetype(entry) != 0)
        return UNPACK_DONE; /* a folder or a link has no bytes */
    result = read_member(reader, walk->budget, &bytes, &size);
    /* libarchive 3.6 reads the line ends behind a record of a web archive as a part of it. */
    if (archive_format(reader) == ARCHIVE_FORMAT_WARC && archive_entry_size(entry) >= 0)
        size = MIN(size, (gsize)archive_entry_size(entry));
    if (bytes) { /* what came before the damage is looked at as well */
        walk->budget->bytes -= size;
        walk->found(name, bytes, size, FALSE, walk->user_data);
    }
    return result;
}

static UnpackResult read_archive(const void *data, gsize size, gboolean is_raw, Walk *walk)
{
    struct archive *reader = reader_new(data, size, is_raw);
    UnpackResult worst = UNPACK_DONE;

    if (!reader)
        return UNPACK_BROKEN;
    while (worst < UNPACK_LIMIT) {
        struct archive_entry *entry;
        UnpackResult result;
        guint64 before;
        int next = archive_read_next_header(reader, &entry);

        if (next == ARCHIVE_EOF) { /* nothing came of a stream that is damaged, too */
            worst = MAX(worst, archive_errno(reader) != 0 ? UNPACK_BROKEN : UNPACK_DONE);
            break;
        }
        if (next < ARCHIVE_WARN) {
            worst = MAX(worst, archive_read_has_encrypted_entries(reader) == 1 ? UNPACK_ENCRYPTED
                                                                               : UNPACK_BROKEN);
            break;
        }
        /* A filter that did not know it after all would give the same bytes again. */
        if (archive_format(reader) == ARCHIVE_FORMAT_RAW &&
            archive_filter_code(reader, 0) == ARCHIVE_FILTER_NONE) {
            worst = UNPACK_BROKEN;
            break;
        }
        if (walk->budget->files == 0 || board_now() >= walk->budget->end) {
            worst = UNPACK_LIMIT;
            break;
        }
        walk->budget->files--;
        before = walk->budget->bytes;
        result = give_member(reader, entry, walk);
        if (result == UNPACK_BROKEN && archive_format(reader) == ARCHIVE_FORMAT_RAW &&
            walk->budget->bytes == before)
            walk->budget->files++; /* there was none */
        worst = MAX(worst, result);
    }
    archive_read_free(reader);
    return worst;
}

/* Of one file that a reader of ours makes. */
static gsize walk_most(const Walk *walk)
{
    return (gsize)MIN(walk->budget->file_size, walk->budget->bytes);
}

/* FALSE: there is no room for it. */
static gboolean walk_give(Walk *walk, const char *name, const guint8 *data, gsize size)
{
    if (walk->budget->files == 0 || size > walk->budget->bytes ||
        board_now() >= walk->budget->end) {
        walk->result = UNPACK_LIMIT;
        return FALSE;
    }
    walk->budget->files--;
    walk->budget->bytes -= size;
    walk->found(name, data, size, FALSE, walk->user_data);
    return TRUE;
}

/* Word takes the digits in more ways than libclamav. */
static void on_rtf_object(const guint8 *data, gsize size, gboolean is_whole, gpointer user_data)
{
    Walk *walk = user_data;
    const guint8 *file = data;
    gsize file_size = size;

    if (size == 0 || walk->result == UNPACK_LIMIT)
        return;
    (void)macro_object_find_data(data, size, &file, &file_size);
    if (is_whole)
        (void)walk_give(walk, "object", file, file_size);
    else
        walk->result = UNPACK_LIMIT;
}

static UnpackResult walk_rtf(const void *data, gsize size, Walk *walk)
{
    gsize most = (gsize)MIN(walk->budget->file_size, G_MAXUINT / 2);

    return macro_rtf_objects(data, size, most, (gint64)walk->budget->end, on_rtf_object, walk)
               ? walk->result
               : UNPACK_LIMIT;
}

static gboolean on_payload(PagePayloadKind kind, const char *type, const guint8 *data, gsize size,
                           gpointer user_data)
{
    (void)kind, (void)type;
    return walk_give(user_data, "payload", data, size);
}

static UnpackResult walk_page(const void *data, gsize size, Walk *walk)
{
    gsize most = (gsize)MIN(walk->budget->file_size, G_MAXUINT / 2);

    return page_payload_find(data, size, most, walk->budget->end, on_payload, walk) ? walk->result
                                                                                    : UNPACK_LIMIT;
}

static UnpackResult walk_active_mime(const void *data, gsize size, Walk *walk)
{
    gsize unpacked = 0;
    g_autofree guint8 *bytes = NULL;

    switch (active_mime_unpack(data, size, walk_most(walk), &bytes, &unpacked)) {
    case ACTIVE_MIME_DONE:
        break;
    case ACTIVE_MIME_BROKEN:
        return UNPACK_BROKEN;
    case ACTIVE_MIME_TOO_LARGE:
        return UNPACK_LIMIT;
    }
    (void)walk_give(walk, "", bytes, unpacked);
    return walk->result;
}

static UnpackResult walk_packed_rtf(const void *data, gsize size, Walk *walk)
{
    gsize unpacked = 0;
    g_autofree guint8 *bytes = mail_rtf_unpack(data, size, walk_most(walk), &unpacked);

    if (!bytes)
        return UNPACK_LIMIT;
    (void)walk_give(walk, "", bytes, unpacked);
    return walk->result;
}

static UnpackResult walk_mac_binary(const guint8 *data, gsize length, Walk *walk)
{
    g_autofree char *name = g_strndup((const char *)data + 2, data[1]);

    (void)walk_give(walk, name, data + MAC_HEAD, length);
    return walk->result;
}

static UnpackResult walk_apple_single(const guint8 *data, gsize size, Walk *walk)
{
    gsize count = byte_number_big(data + APPLE_HEAD - 2, 2);

    for (gsize i = 0; i < count && size - APPLE_HEAD >= (i + 1) * APPLE_ENTRY; i++) {
        const guint8 *entry = data + APPLE_HEAD + i * APPLE_ENTRY;
        gsize kind = byte_number_big(entry, 4), at = byte_number_big(entry + 4, 4);
        gsize length = byte_number_big(entry + 8, 4);

        if ((kind == APPLE_DATA || kind == APPLE_RESOURCES) && at < size && length > 0 &&
            !walk_give(walk, "fork", data + at, MIN(length, size - at)))
            break;
    }
    return walk->result;
}

static UnpackResult walk_sealed(const void *data, gsize size, Walk *walk)
{
    MailCrypt kind = mail_crypt_recognize_file(data, size);
    g_autoptr(GBytes) content = NULL;

    if (kind == MAIL_CRYPT_SMIME_ENCRYPTED || kind == MAIL_CRYPT_PGP_ENCRYPTED)
        return UNPACK_ENCRYPTED;
    if (!mail_crypt_content(kind, data, size, walk_most(walk), &content))
        return UNPACK_BROKEN;
    if (content)
        (void)walk_give(walk, "", g_bytes_get_data(content, NULL), g_bytes_get_size(content));
    return walk->result;
}

static UnpackResult walk_locked(const void *data, gsize size, Walk *walk)
{
    g_autoptr(GBytes) content = office_lock_open(data, size, walk_most(walk), walk->budget->end);

    if (!content)
        return UNPACK_ENCRYPTED;
    (void)walk_give(walk, "", g_bytes_get_data(content, NULL), g_bytes_get_size(content));
    return walk->result;
}

/* One that is packed and not small cannot be looked at, and one with a path is an attack. */
static gboolean on_stream(const RarStream *stream, gpointer user_data)
{
    Walk *walk = user_data;

    if (stream->is_stored && !walk_give(walk, "stream", stream->data, stream->size))
        return FALSE;
    if (stream->has_path || (!stream->is_stored && stream->unpacked > STREAM_MAX))
        walk->result = MAX(walk->result, UNPACK_BROKEN);
    return TRUE;
}

static UnpackResult walk_archive(const void *data, gsize size, Walk *walk)
{
    guint files = walk->budget->files;
    UnpackResult result = read_archive(data, size, FALSE, walk);

    /* Zeros at its beginning are an empty tar to libarchive, and a file to everybody else. */
    if (result == UNPACK_DONE && walk->budget->files == files && archive_kind_is_stream(data, size))
        result = read_archive(data, size, TRUE, walk);
    rar_lock_streams(data, size, on_stream, walk);
    result = MAX(result, walk->result);
    if (archive_kind_is_unread_disk(data, size))
        result = MAX(result, UNPACK_BROKEN);
    return result < UNPACK_LIMIT && rar_lock_is_closed(data, size) ? UNPACK_ENCRYPTED : result;
}

UnpackResult unpack_walk(const void *content, gsize size, UnpackBudget *budget, UnpackFound found,
                         gpointer user_data)
{
    Walk walk = {.budget = budget, .found = found, .user_data = user_data};
    UnpackResult objects = UNPACK_DONE, result;
    const guint8 *bytes = content;
    const void *data;
    gsize length;

    archive_kind_skip_frames(&bytes, &size);
    data = bytes;
    if (archive_kind_is_locked(data, size))
        return UNPACK_ENCRYPTED;
    if (macro_rtf_has_objects(data, size)) {
        objects = walk_rtf(data, size, &walk);
        if (!archive_kind_is_packed(data, size)) /* what is both is read as both */
            return objects;
    }
    if (mail_rtf_matches(data, size))
        result = walk_packed_rtf(data, size, &walk);
    else if (unpack_is_text(data, size, budget->end))
        result = walk_page(data, size, &walk);
    else if (has_mac_binary(data, size, &length))
        result = walk_mac_binary(data, length, &walk);
    else if (has_apple_single(data, size))
        result = walk_apple_single(data, size, &walk);
    else if (active_mime_matches(data, size))
        result = walk_active_mime(data, size, &walk);
    else if (unpack_is_locked(data, size))
        result = walk_locked(data, size, &walk);
    else if (unpack_is_sealed(data, size) && !archive_kind_is_packed(data, size))
        result = walk_sealed(data, size, &walk);
    else
        result = walk_archive(data, size, &walk);
    return MAX(objects, result);
}
