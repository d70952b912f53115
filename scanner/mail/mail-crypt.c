/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mail-crypt.c - knows CMS structures and OpenPGP messages by their first bytes, and unpacks what
 * is only packed.
 *
 * What it does not know is MAIL_CRYPT_NONE; what it cannot unpack is told by FALSE.
 *
 * Known limits: a signed OpenPGP message that is armored as a whole is compressed, and what is in
 * it is not unpacked. Without armor only an encrypted one is known.
 */
#include "scanner/mail/mail-crypt.h"

#include <gio/gio.h>
#include <string.h>

#include "scanner/common/byte-scan.h"
#include "scanner/common/inflate.h"
#include "scanner/mail/mail-cms.h"
#include "scanner/mail/mail-decode.h"

enum {
    ARMOR_HEADERS = 20, /* "Version:", "Comment:" ... */
    PACKET_LETTERS = 64,
    TAG_PUBLIC_KEY_SESSION = 1,
    TAG_SIGNATURE = 2,
    TAG_SYMMETRIC_SESSION = 3,
    TAG_ONE_PASS_SIGNATURE = 4,
    TAG_COMPRESSED = 8,
    TAG_ENCRYPTED = 9,
    TAG_LITERAL = 11,
    TAG_ENCRYPTED_PROTECTED = 18,
    TAG_ENCRYPTED_AEAD = 20, /* of GnuPG */
    PACKED_ZIP = 1,          /* RFC 4880 §9.3 */
    PACKED_ZLIB = 2,
    PACKED_BZIP2 = 3,
    LITERAL_HEAD = 6, /* format, the name's length, date */
    FIRST_BYTES = 16  /* of what is compressed: enough to see a packet in it */
};

static MailCrypt recognize_cms(const guint8 *data, gsize size)
{
    switch (mail_cms_recognize(data, size)) {
    case MAIL_CMS_OPEN:
        return MAIL_CRYPT_SMIME_OPEN;
    case MAIL_CMS_COMPRESSED:
        return MAIL_CRYPT_SMIME_PACKED;
    case MAIL_CMS_ENCRYPTED:
        return MAIL_CRYPT_SMIME_ENCRYPTED;
    case MAIL_CMS_NONE:
        break;
    }
    return MAIL_CRYPT_NONE;
}

/* RFC 4880 §4.2: the tag of the first packet; 0 (reserved) when it is none. */
static guint packet_tag(guint8 first)
{
    if (!(first & 0x80))
        return 0;
    return first & 0x40 ? first & 0x3f : (first & 0x3c) >> 2;
}

/* Whether a session key's packet (RFC 4880 §5.1, §5.3) begins the bytes, with what it is for
 * behind. */
static gboolean is_session(const guint8 *data, gsize size)
{
    gsize head = 2, length, next;
    guint tag = size > 4 ? packet_tag(data[0]) : 0;

    if (tag != TAG_PUBLIC_KEY_SESSION && tag != TAG_SYMMETRIC_SESSION)
        return FALSE;
    length = data[1];
    if ((data[0] & 0x40) == 0 && (data[0] & 3) == 1) { /* the old form with two bytes of length */
        length = length << 8 | data[2];
        head = 3;
    } else if ((data[0] & 0x40) != 0 && length >= 192) {
        length = ((length - 192) << 8) + data[2] + 192;
        head = 3;
    } else if ((data[0] & 0x40) == 0 && (data[0] & 3) != 0) {
        return FALSE; /* lengths that no key has */
    }
    next = head + length;
    if (length < 4 || next >= size || data[head] < 3 || data[head] > 6)
        return FALSE;
    switch (packet_tag(data[next])) {
    case TAG_PUBLIC_KEY_SESSION:
    case TAG_SYMMETRIC_SESSION:
    case TAG_ENCRYPTED:
    case TAG_ENCRYPTED_PROTECTED:
    case TAG_ENCRYPTED_AEAD:
        return TRUE;
    default:
        return FALSE;
    }
}

/* RFC 4880 §4.2: the length of a packet, or of its first piece, whose length octets begin at *at,
 * which moves behind them. TRUE: another piece follows. */
static gboolean packet_length(const guint8 *data, gsize size, gboolean is_new, guint8 first,
                              gsize *at, gsize *ret_length)
{
    gsize left = size - *at, count = is_new ? 1 : (gsize)1 << (first & 3), length = 0;
    gboolean is_partial = FALSE;

    if (!is_new && (first & 3) == 3)
        count = 0; /* to the end */
    else if (is_new && left > 0)
        count = data[*at] == 255 ? 5 : data[*at] >= 192 && data[*at] < 224 ? 2 : 1;
    if (count > left)
        count = left;
    for (gsize i = 0; i < count; i++)
        length = length << 8 | data[*at + i];
    if (count == 0)
        length = left;
    else if (is_new && count == 2)
        length -= (192 << 8) - 192;
    else if (is_new && count == 5)
        length &= G_MAXUINT32;
    else if (is_new && data[*at] >= 224) {
        is_partial = TRUE;
        length = (gsize)1 << (data[*at] & 0x1f);
    }
    *at += count;
    *ret_length = MIN(length, size - *at);
    return is_partial;
}

/* Copies the body of the packet at *at, which moves behind it; returns its size, which is below
 * that of the packet. */
static gsize packet_take(const guint8 *data, gsize size, gsize *at, guint8 *body)
{
    guint8 first = data[(*at)++];
    gboolean is_new = (first & 0x40) != 0, more = TRUE;
    gsize used = 0;

    while (more && *at < size) {
        gsize length;

        more = packet_length(data, size, is_new, first, at, &length);
        memcpy(body + used, data + *at, length);
        used += length;
        *at += length;
    }
    return used;
}

static gboolean may_be_in_compressed(guint8 first)
{
    guint tag = packet_tag(first);

    return tag == TAG_LITERAL || tag == TAG_ONE_PASS_SIGNATURE || tag == TAG_SIGNATURE;
}

static gboolean packed_format(guint8 kind, GZlibCompressorFormat *ret)
{
    *ret = kind == PACKED_ZIP ? G_ZLIB_COMPRESSOR_FORMAT_RAW : G_ZLIB_COMPRESSOR_FORMAT_ZLIB;
    return kind == PACKED_ZIP || kind == PACKED_ZLIB;
}

/* A compressed packet (§5.6) that has a packet in it. Whoever writes a stream does not know the
 * length before: the packet is cut into pieces, or takes all the rest. */
static gboolean is_compressed(const guint8 *data, gsize size)
{
    GZlibDecompressor *inflater;
    GZlibCompressorFormat format;
    gsize at = 1, length, taken = 0, given = 0;
    guint8 bytes[FIRST_BYTES];

    if (size < FIRST_BYTES || packet_tag(data[0]) != TAG_COMPRESSED)
        return FALSE;
    (void)packet_length(data, size, (data[0] & 0x40) != 0, data[0], &at, &length);
    if (length < 5)
        return FALSE;
    if (!packed_format(data[at], &format))
        return data[at] == PACKED_BZIP2 && memcmp(data + at + 1, "BZh", 3) == 0;
    inflater = g_zlib_decompressor_new(format);
    (void)g_converter_convert(G_CONVERTER(inflater), data + at + 1, length - 1, bytes,
                              sizeof(bytes), G_CONVERTER_NO_FLAGS, &taken, &given, NULL);
    g_object_unref(inflater);
    return given > 0 && may_be_in_compressed(bytes[0]);
}

/* The body of the first literal packet (§5.9) among these; takes `packets`. */
static GBytes *take_literal(guint8 *packets, gsize size)
{
    g_autofree guint8 *from = packets;
    g_autofree guint8 *body = g_try_malloc(size);

    for (gsize at = 0; body && at < size && may_be_in_compressed(from[at]);) {
        gboolean is_literal = packet_tag(from[at]) == TAG_LITERAL;
        gsize length = packet_take(from, size, &at, body), head;

        if (!is_literal)
            continue;
        head = length < LITERAL_HEAD ? length : LITERAL_HEAD + (gsize)body[1];
        if (head >= length)
            return g_bytes_new_static("", 0);
        memmove(body, body + head, length - head);
        return g_bytes_new_take(g_steal_pointer(&body), length - head);
    }
    return NULL;
}

static GBytes *packed_content(const guint8 *data, gsize size, gsize most)
{
    g_autofree guint8 *packed = g_try_malloc(size);
    GZlibCompressorFormat format;
    gsize at = 0, length, inside_size;
    guint8 *inside;

    if (!packed)
        return NULL;
    length = packet_take(data, size, &at, packed);
    if (length <= 1 || !packed_format(packed[0], &format) ||
        inflate_bytes(packed + 1, length - 1, format, most, &inside, &inside_size) != INFLATE_DONE)
        return NULL;
    return take_literal(inside, inside_size);
}

/* `p` is behind the line that begins the armor. */
static MailCrypt recognize_packets(const char *p, const char *end)
{
    guint8 bytes[PACKET_LETTERS];
    gboolean found_body = FALSE;

    for (guint i = 0; i < ARMOR_HEADERS && p < end && !found_body; i++) {
        const char *newline = memchr(p, '\n', (gsize)(end - p));

        /* An empty line ends the headers, also where there are none. */
        found_body = newline && !memchr(p, ':', (gsize)(newline - p));
        if (!newline)
            break;
        if (!found_body || newline - p <= 1 || *p == ' ')
            p = newline + 1;
    }
    if (mail_decode_base64(p, MIN((gsize)(end - p), (gsize)PACKET_LETTERS), bytes) == 0)
        return MAIL_CRYPT_NONE;
    switch (packet_tag(bytes[0])) {
    case TAG_PUBLIC_KEY_SESSION:
    case TAG_SYMMETRIC_SESSION:
    case TAG_ENCRYPTED:
    case TAG_ENCRYPTED_PROTECTED:
        return MAIL_CRYPT_PGP_ENCRYPTED;
    default:
        return MAIL_CRYPT_NONE;
    }
}

static const char ARMOR[] = "-----BEGIN PGP MESSAGE";

static MailCrypt recognize_armor(const char *text, gsize size)
{
    const char *end = text + size;

    for (const char *p = text;
         (p = byte_scan_sign(p, (gsize)(end - p), ARMOR, sizeof(ARMOR) - 1)) != NULL; p++) {
        const char *newline;

        if (p > text && p[-1] != '\n')
            continue; /* before the line's end is looked for: a line may have a million of them */
        newline = memchr(p, '\n', (gsize)(end - p));
        if (newline && recognize_packets(newline + 1, end) == MAIL_CRYPT_PGP_ENCRYPTED)
            return MAIL_CRYPT_PGP_ENCRYPTED;
    }
    return MAIL_CRYPT_NONE;
}

static MailCrypt recognize_bytes(const guint8 *data, gsize size)
{
    MailCrypt kind = recognize_cms(data, size);

    if (kind == MAIL_CRYPT_NONE && is_session(data, size))
        kind = MAIL_CRYPT_PGP_ENCRYPTED;
    else if (kind == MAIL_CRYPT_NONE && is_compressed(data, size))
        kind = MAIL_CRYPT_PGP_PACKED;
    return kind;
}

MailCrypt mail_crypt_recognize(const guint8 *data, gsize size)
{
    MailCrypt kind = recognize_bytes(data, size);

    return kind != MAIL_CRYPT_NONE ? kind : recognize_armor((const char *)data, size);
}

MailCrypt mail_crypt_recognize_file(const guint8 *data, gsize size)
{
    MailCrypt kind = recognize_bytes(data, size);

    if (kind == MAIL_CRYPT_NONE && size >= sizeof(ARMOR) &&
        memcmp(data, ARMOR, sizeof(ARMOR) - 1) == 0)
        kind = recognize_armor((const char *)data, size);
    return kind;
}

static GBytes *inflated_content(const guint8 *data, gsize size, gsize most)
{
    g_autoptr(GBytes) packed = mail_cms_content(data, size);
    guint8 *bytes;
    gsize length;

    if (!packed ||
        inflate_bytes(g_bytes_get_data(packed, NULL), g_bytes_get_size(packed),
                      G_ZLIB_COMPRESSOR_FORMAT_ZLIB, most, &bytes, &length) != INFLATE_DONE)
        return NULL;
    return g_bytes_new_take(bytes, length);
}

gboolean mail_crypt_content(MailCrypt kind, const guint8 *data, gsize size, gsize most,
                            GBytes **ret)
{
    GBytes *content = NULL;

    switch (kind) {
    case MAIL_CRYPT_SMIME_OPEN:
        content = mail_cms_content(data, size);
        break;
    case MAIL_CRYPT_SMIME_PACKED:
        content = inflated_content(data, size, most);
        break;
    case MAIL_CRYPT_PGP_PACKED:
        content = packed_content(data, size, most);
        break;
    case MAIL_CRYPT_SMIME_ENCRYPTED:
    case MAIL_CRYPT_PGP_ENCRYPTED:
    case MAIL_CRYPT_NONE:
        break;
    }
    if (!content && (kind == MAIL_CRYPT_SMIME_PACKED || kind == MAIL_CRYPT_PGP_PACKED))
        return FALSE;
    *ret = content;
    return TRUE;
}
