/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * archive-end.c - walks over the heads of an archive without unpacking it.
 *
 * After POSIX 1003.1 (tar, cpio odc), cpio(5), APPNOTE.TXT 4.3.16, 7zFormat.txt, [MS-CAB] 2.1,
 * arj's technote and RAR's, and [MS-SHLLINK]. Of gzip the end is known to those who unpack it
 * alone: there the signs of other archives are looked for, which packed bytes hold once in some
 * gigabytes.
 *
 * Cannot fail: a head that makes no sense is the end. Each step goes forward.
 */
#include "scanner/archive/archive-end.h"

#include <string.h>

#include "scanner/common/byte-number.h"
#include "scanner/common/byte-scan.h"

enum {
    TAR_BLOCK = 512,
    TAR_SUM_AT = 148,
    TAR_TYPE_AT = 156,
    TAR_MAGIC_AT = 257,
    NEWC_HEAD = 110,
    ODC_HEAD = 76,
    OLD_HEAD = 26,
    ZIP_END = 22,
    SEVEN_HEAD = 32,
    GZIP_LEAST = 18, /* head and tail */
    SHORTCUT_HEAD = 76
};

#define TRAILER "TRAILER!!!"

typedef struct {
    const guint8 *data;
    gsize size;
} Archive;

/* Little-endian; 0 beyond the end. */
static guint64 number(const Archive *archive, gsize at, guint count)
{
    return at > archive->size || count > archive->size - at
               ? 0
               : byte_number(archive->data + at, count);
}

/* Digits to a base up to 16, after blanks; ends at the first other sign. */
static guint64 digits(const Archive *archive, gsize at, guint count, gint base)
{
    guint64 value = 0;

    while (count > 0 && at < archive->size && archive->data[at] == ' ')
        at++, count--;
    for (; count > 0 && at < archive->size; at++, count--) {
        gint digit = g_ascii_xdigit_value((gchar)archive->data[at]);

        if (digit < 0 || digit >= base)
            break;
        value = value * (guint64)base + (guint64)digit;
    }
    return value;
}

/* `at` moved on by what a head says, up to the archive's size. */
static gsize forward(const Archive *archive, gsize at, guint64 by)
{
    return by >= archive->size - at ? archive->size : at + (gsize)by;
}

static gboolean begins(const Archive *archive, gsize at, const char *sign, gsize length)
{
    return at <= archive->size && archive->size - at >= length &&
           archive->data[at] == (guint8)sign[0] && memcmp(archive->data + at, sign, length) == 0;
}

/* --- tar -------------------------------------------------------------------------- */

static gboolean tar_head_is_sound(const Archive *archive, gsize at)
{
    guint sum = 0;

    if (archive->size - at < TAR_BLOCK || archive->data[at] == '\0')
        return FALSE;
    for (guint i = 0; i < TAR_BLOCK; i++)
        sum += i >= TAR_SUM_AT && i < TAR_SUM_AT + 8 ? ' ' : archive->data[at + i];
    return digits(archive, at + TAR_SUM_AT, 8, 8) == sum;
}

static guint64 tar_size(const Archive *archive, gsize at)
{
    if ((archive->data[at + 124] & 0x80) == 0)
        return digits(archive, at + 124, 12, 8);
    /* Base 256; the upper bytes are for the far future. */
    return MIN(byte_number_big(archive->data + at + 128, 8), archive->size);
}

/* The next head, behind the member at `at`. */
static gsize tar_next(const Archive *archive, gsize at)
{
    guint64 size = tar_size(archive, at);
    gboolean more = archive->data[at + TAR_TYPE_AT] == 'S' && archive->data[at + 482] != 0;

    at += TAR_BLOCK;
    for (; more && archive->size - at >= TAR_BLOCK; at += TAR_BLOCK) /* a sparse file's map */
        more = archive->data[at + 504] != 0;
    return forward(archive, at, (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK);
}

static gsize tar_end(const Archive *archive)
{
    gsize at = 0;

    while (tar_head_is_sound(archive, at))
        at = tar_next(archive, at);
    return at;
}

/* A member that is not as long as its head says: another size, or the map of a sparse file, stands
 * in the record before it (POSIX 1003.1 pax, GNU tar), or in the head itself. */
static gboolean tar_member_is_odd(const Archive *archive, gsize at)
{
    static const char *const records[] = {" size=", " GNU.sparse."};
    const guint8 *body = archive->data + at + TAR_BLOCK;
    gsize length = MIN(archive->size - at - TAR_BLOCK, (gsize)tar_size(archive, at));
    guint8 type = archive->data[at + TAR_TYPE_AT];

    for (gsize i = 0; (type == 'x' || type == 'g') && i < G_N_ELEMENTS(records); i++)
        if (memmem(body, length, records[i], strlen(records[i])))
            return TRUE;
    return type == 'S';
}

/* --- cpio ------------------------------------------------------------------------- */

static gsize cpio_end(const Archive *archive)
{
    for (gsize at = 0;;) {
        gsize head, name, align;
        guint64 size;
        gboolean is_last;

        if (begins(archive, at, "070701", 6) || begins(archive, at, "070702", 6)) {
            head = NEWC_HEAD;
            align = 4;
            size = digits(archive, at + 54, 8, 16);
            name = (gsize)digits(archive, at + 94, 8, 16);
        } else if (begins(archive, at, "070707", 6)) {
            head = ODC_HEAD;
            align = 1;
            size = digits(archive, at + 65, 11, 8);
            name = (gsize)digits(archive, at + 59, 6, 8);
        } else if (begins(archive, at, "\xc7\x71", 2)) {
            head = OLD_HEAD;
            align = 2;
            size = number(archive, at + 22, 2) << 16 | number(archive, at + 24, 2);
            name = (gsize)number(archive, at + 20, 2);
        } else {
            return at;
        }
        is_last = begins(archive, at + head, TRAILER, sizeof(TRAILER));
        at = forward(archive, at, (head + name + align - 1) / align * align);
        if (is_last)
            return at;
        at = forward(archive, at, (size + align - 1) / align * align);
    }
}

/* --- zip, 7z, cabinet --------------------------------------------------------------- */

/* An end record of an archive that begins at 0: its directory ends where the record begins. Zip64
 * has its own record between the two. */
static gboolean zip_ends_at(const Archive *archive, gsize at)
{
    guint64 length = number(archive, at + 12, 4), offset = number(archive, at + 16, 4);

    return begins(archive, at, "PK\5\6", 4) &&
           (offset == G_MAXUINT32 || length == G_MAXUINT32 || length + offset == at);
}

static gsize zip_end(const Archive *archive)
{
    const guint8 *at = archive->data, *end = at + archive->size;
    gsize last = archive->size - MIN(archive->size, ZIP_END);

    if (zip_ends_at(archive, last)) /* nearly all */
        return archive->size;
    while ((at = memmem(at, (gsize)(end - at), "PK\5\6", 4)) != NULL) {
        gsize place = (gsize)(at - archive->data);

        if (zip_ends_at(archive, place))
            return forward(archive, place, ZIP_END + number(archive, place + 20, 2));
        at++;
    }
    return archive->size;
}

static gsize seven_end(const Archive *archive)
{
    gsize at = forward(archive, MIN(SEVEN_HEAD, archive->size), number(archive, 12, 8));

    return forward(archive, at, number(archive, 20, 8));
}

static gsize cabinet_end(const Archive *archive)
{
    return forward(archive, 0, number(archive, 8, 4));
}

/* --- ARJ and RAR ------------------------------------------------------------------- */

static gsize arj_end(const Archive *archive)
{
    gboolean is_main = TRUE;

    for (gsize at = 0; begins(archive, at, "\x60\xea", 2);) {
        guint64 size = number(archive, at + 2, 2), packed = number(archive, at + 4 + 12, 4), more;

        at = forward(archive, at, 4);
        if (size == 0)
            return at;
        at = forward(archive, at, size + 4);
        while ((more = number(archive, at, 2)) != 0)
            at = forward(archive, at, 2 + more + 4);
        at = forward(archive, at, 2 + (is_main ? 0 : packed));
        is_main = FALSE;
    }
    return archive->size;
}

static gsize rar4_end(const Archive *archive)
{
    for (gsize at = 7; archive->size - at >= 7;) {
        guint kind = archive->data[at + 2];
        guint64 flags = number(archive, at + 3, 2), size = number(archive, at + 5, 2);

        if (size < 7 || kind < 0x72 || kind > 0x7b)
            return at;
        at = forward(archive, at, size + ((flags & 0x8000) != 0 ? number(archive, at + 7, 4) : 0));
        if (kind == 0x7b)
            return at;
    }
    return archive->size;
}

/* Seven bits a byte; moves on. */
static guint64 rar_number(const Archive *archive, gsize *at)
{
    guint64 value = 0;

    for (guint shift = 0; shift < 63 && *at < archive->size; shift += 7) {
        guint8 byte = archive->data[(*at)++];

        value |= (guint64)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            break;
    }
    return value;
}

static gsize rar5_end(const Archive *archive)
{
    for (gsize at = 8; archive->size - at > 4;) {
        gsize field = at + 4, body;
        guint64 size = rar_number(archive, &field), kind, flags, data = 0;

        body = field;
        kind = rar_number(archive, &field);
        flags = rar_number(archive, &field);
        if (size == 0 || kind == 0 || kind > 5)
            return at;
        if ((flags & 1) != 0)
            (void)rar_number(archive, &field);
        if ((flags & 2) != 0)
            data = rar_number(archive, &field);
        at = forward(archive, forward(archive, body, size), data);
        if (kind == 4) /* all that follows is encrypted */
            return archive->size;
        if (kind == 5)
            return at;
    }
    return archive->size;
}

/* --- gzip ------------------------------------------------------------------------- */

/* The first archive from `at` on; the size: there is none. */
static gsize first_archive(const Archive *archive, gsize at)
{
    static const struct {
        const char *bytes;
        gsize length, offset;
    } SIGNS[] = {{"PK\3\4", 4, 0},
                 {"7z\xbc\xaf\x27\x1c", 6, 0},
                 {"MSCF\0\0\0\0", 8, 0},
                 {"Rar!\x1a\x07", 6, 0},
                 {"ustar", 5, TAR_MAGIC_AT}};
    gsize first = archive->size;

    for (gsize i = 0; i < G_N_ELEMENTS(SIGNS) && first > at; i++) {
        const guint8 *found =
            memmem(archive->data + at, first - at, SIGNS[i].bytes, SIGNS[i].length);

        if (found && (gsize)(found - archive->data) >= at + SIGNS[i].offset)
            first = (gsize)(found - archive->data) - SIGNS[i].offset;
    }
    return first;
}

static gsize gzip_end(const Archive *archive)
{
    return first_archive(archive, MIN(GZIP_LEAST, archive->size));
}

gsize archive_end_find_first(const void *data, gsize size)
{
    return first_archive(&(Archive){data, size}, 0);
}

gsize archive_end_find_tar(const void *data, gsize size)
{
    const guint8 *begin = data, *end = begin + size, *at = begin + MIN(TAR_MAGIC_AT, size);
    const Archive archive = {data, size};

    for (; (at = byte_scan_sign(at, (gsize)(end - at), "ustar", 5)) != NULL; at++)
        if (tar_head_is_sound(&archive, (gsize)(at - begin) - TAR_MAGIC_AT))
            return (gsize)(at - begin) - TAR_MAGIC_AT;
    return size;
}

/* --- Shortcuts of Windows --------------------------------------------------------- */

/* [MS-SHLLINK] 2: head, list of identifiers, place, five texts, and blocks of which one below four
 * bytes is the last. What stands behind is no part of it, but a script may take it from there. */
static gsize shortcut_end(const Archive *archive)
{
    guint64 flags = number(archive, 20, 4), size;
    gsize at = forward(archive, 0, SHORTCUT_HEAD), width = (flags & 0x80) != 0 ? 2 : 1;

    if ((flags & 1) != 0)
        at = forward(archive, at, 2 + number(archive, at, 2));
    if ((flags & 2) != 0)
        at = forward(archive, at, number(archive, at, 4));
    for (guint text = 2; text < 7; text++)
        if ((flags & 1u << text) != 0)
            at = forward(archive, at, 2 + width * number(archive, at, 2));
    while ((size = number(archive, at, 4)) >= 4)
        at = forward(archive, at, size);
    return forward(archive, at, 4);
}

gsize archive_end_find(const void *data, gsize size)
{
    static const struct {
        gsize offset;
        const char *sign;
        gsize length;
        gsize (*end)(const Archive *archive);
    } KINDS[] = {
        {TAR_MAGIC_AT, "ustar", 5, tar_end},
        {0, "PK\3\4", 4, zip_end},
        {0, "7z\xbc\xaf\x27\x1c", 6, seven_end},
        {0, "MSCF\0\0\0\0", 8, cabinet_end},
        {0, "\x1f\x8b\x08", 3, gzip_end},
        {0, "Rar!\x1a\x07\x01\0", 8, rar5_end},
        {0, "Rar!\x1a\x07\0", 7, rar4_end},
        {0, "\x60\xea", 2, arj_end},
        {0, "070701", 6, cpio_end},
        {0, "070702", 6, cpio_end},
        {0, "070707", 6, cpio_end},
        {0, "\xc7\x71", 2, cpio_end},
        {0, "L\0\0\0\x01\x14\x02\0", 8, shortcut_end},
    };
    Archive archive = {data, size};
    gsize at = size;

    for (gsize i = 0; i < G_N_ELEMENTS(KINDS); i++)
        if (begins(&archive, KINDS[i].offset, KINDS[i].sign, KINDS[i].length)) {
            at = KINDS[i].end(&archive);
            break;
        }
    while (at < size && archive.data[at] == '\0')
        at++;
    return at < size ? at : 0;
}

gboolean archive_end_has_other_sizes(const void *data, gsize size)
{
    Archive archive = {data, size};

    if (!begins(&archive, TAR_MAGIC_AT, "ustar", 5))
        return FALSE;
    for (gsize at = 0; tar_head_is_sound(&archive, at); at = tar_next(&archive, at))
        if (tar_member_is_odd(&archive, at))
            return TRUE;
    return FALSE;
}

/* The value of each `path=` in a pax record: readers take the last, and records may hold anything.
 */
static void tell_pax_names(const guint8 *body, gsize length, ArchiveEndNamed found,
                           gpointer user_data)
{
    static const char key[] = " path=";
    const gsize size = sizeof(key) - 1;
    const guint8 *end = body + length;

    while ((body = memmem(body, (gsize)(end - body), key, size)) != NULL) {
        const guint8 *newline = memchr(body, '\n', (gsize)(end - body));

        body += size;
        found((const char *)body, (gsize)((newline ? newline : end) - body), user_data);
    }
}

void archive_end_tell_long_names(const void *data, gsize size, ArchiveEndNamed found,
                                 gpointer user_data)
{
    Archive archive = {data, size};

    if (!begins(&archive, TAR_MAGIC_AT, "ustar", 5))
        return;
    for (gsize at = 0; tar_head_is_sound(&archive, at); at = tar_next(&archive, at)) {
        guint8 type = archive.data[at + TAR_TYPE_AT];
        const guint8 *body = archive.data + at + TAR_BLOCK;
        gsize length = MIN(size - at - TAR_BLOCK, (gsize)tar_size(&archive, at));

        if (type == 'x' || type == 'g')
            tell_pax_names(body, length, found, user_data);
        else if (type == 'L')
            found((const char *)body, strnlen((const char *)body, length), user_data);
    }
}
