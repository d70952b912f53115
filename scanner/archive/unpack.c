/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unpack.c - knows by their first bytes what libclamav passes over, and reads it with libarchive;
 * objects of RTF with the reader of the macro trap, MacBinary, payloads of pages and macros of
 * those from Word with readers of their own.
 *
 * Fails as UnpackResult says. Only formats and filters that libarchive does by itself are on: for
 * others it would start programs.
 *
 * Known limits: virtual disks, disks with UDF, images of a Mac, WIM, file systems, StuffIt, the
 * archive kinds of the eighties and those of one program or country alone are known by sight only,
 * so that they end as not-fully-scanned. Of what has a key (age, openssl) that much is known.
 */
#include "scanner/archive/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "scanner/archive/active-mime.h"
#include "scanner/archive/office-lock.h"
#include "scanner/archive/rar-lock.h"
#include "scanner/common/board.h"
#include "scanner/macro/macro-object.h"
#include "scanner/macro/macro-rtf.h"
#include "scanner/mail/mail-crypt.h"
#include "scanner/page/page-payload.h"
#include "scanner/type/ole-kind.h"

enum {
    CHUNK = 256 * 1024,
    FOOTER = 512, /* of a fixed virtual disk, and of one of a Mac */
    SECTOR = 2048,
    VOLUME_FROM = 16, /* the sector in which a disk's volumes begin to say what they are */
    VOLUME_TO = 4096, /* Linux looks as far */
    EXT_BLOCK = 1024,
    MINIX_BLOCK = 1024, /* the size of it and where it stands, as for the next */
    HFS_BLOCK = 1024,
    ARC_HEAD = 29,
    MAC_HEAD = 128,
    MAC_NAME_MAX = 63
};

typedef enum {
    OTHER,
    STREAM, /* one compressed file without a name, or any archive in it */
    LOCKED  /* for who has the key */
} SignKind;

typedef struct {
    gsize offset;
    const char *bytes;
    gsize length;
    SignKind kind;
} Sign;

#define SIGN(offset, bytes, kind)                                                                  \
    {                                                                                              \
        offset, bytes, sizeof(bytes) - 1, kind                                                     \
    }

static const Sign SIGNS[] = {
    SIGN(0, "\x28\xb5\x2f\xfd", STREAM),   /* zstd */
    SIGN(0, "\x04\x22\x4d\x18", STREAM),   /* lz4 */
    SIGN(0, "\x02\x21\x4c\x18", STREAM),   /* lz4, as it once was */
    SIGN(0, "LZIP\x01", STREAM),           /* lzip */
    SIGN(0, "\x1f\x9d", STREAM),           /* compress */
    SIGN(0, "\xed\xab\xee\xdb", STREAM),   /* RPM */
    SIGN(0, "!<arch>\n", OTHER),           /* ar */
    SIGN(0, "WARC/", OTHER),               /* web archive */
    SIGN(0, "\x89LZO\0\r\n\x1a\n", OTHER), /* lzop */
    SIGN(0, "LRZI", OTHER),                /* lrzip */
    SIGN(0, "MSWIM\0\0\0", OTHER),         /* WIM */
    SIGN(0, "WLPWM\0\0\0", OTHER),         /* WIM, pipable */
    SIGN(0, "conectix", OTHER),            /* VHD */
    SIGN(0, "vhdxfile", OTHER),            /* VHDX */
    SIGN(0, "KDMV", OTHER),                /* VMDK */
    SIGN(0, "QFI\xfb", OTHER),             /* QCOW */
    SIGN(0, "hsqs", OTHER),                /* squashfs */
    SIGN(7, "**ACE**", OTHER),             /* ACE */
    SIGN(0, "E=\xcd\x28", OTHER),          /* cramfs */
    SIGN(0, "-rom1fs-", OTHER),            /* romfs */
    SIGN(20, "\xdc\xa7\xc4\xfd", OTHER),   /* zoo */
    SIGN(0, "zPQ", OTHER),                 /* zpaq */
    SIGN(0, "SIT!", OTHER),                /* StuffIt */
    SIGN(0, "StuffIt (c)", OTHER),         /* the same from version 5 on */
    SIGN(0, "StuffIt!", OTHER),            /* StuffIt X */
    SIGN(0, "!BDN", OTHER),                /* folders of Outlook, whose letters are permuted */
    SIGN(0, "encrcdsa", OTHER),            /* image of a Mac's disk with a password */
    SIGN(0, "LUKS\xba\xbe", OTHER),        /* disk with a password */
    SIGN(0, "ArC\x01", OTHER),             /* FreeArc */
    SIGN(0, "UHA\x06", OTHER),
    SIGN(0, "KGB_arch -", OTHER),
    SIGN(0, "RZIP\x02", OTHER),
    SIGN(0, "pbzx\0", OTHER), /* of a Mac, as are the next five */
    SIGN(0, "pbze\0", OTHER),
    SIGN(0, "bvx2", OTHER),
    SIGN(0, "bvxn", OTHER),
    SIGN(0, "bvx-", OTHER),
    SIGN(0, "sprs\0\0\0", OTHER),
    SIGN(0, "\xff\x06\0\0sNaPpY", OTHER),
    SIGN(0, "KWAJ\x88\xf0\x27\xd1", OTHER),
    SIGN(0, "\x37\xe4\x53\x96\xc9\xdb\xd6\x07", OTHER), /* zisofs */
    SIGN(0, "DAA\0\0\0", OTHER),
    SIGN(0, "IsZ!\x40", OTHER),
    SIGN(0, "CISO\0\0\0\0", OTHER),
    SIGN(0, "WithoutFreeSpace", OTHER), /* Parallels */
    SIGN(0, "WithouFreSpacExt", OTHER),
    SIGN(0, "EVF\x09\r\n\xff\0", OTHER), /* EnCase */
    SIGN(0, "AFF10\r\n\0", OTHER),       /* images of forensics, as are the next two */
    SIGN(0, "EVF2\r\n\x81\0", OTHER),
    SIGN(0, "LVF\x09\r\n\xff\0", OTHER),
    SIGN(0, "COWD\x01\0\0\0", OTHER), /* VMDK of ESX */
    SIGN(512, "EFI PART", OTHER),     /* a disk with partitions */
    SIGN(0, "\xfe\xef\x01", OTHER),   /* Ghost */
    SIGN(0, "ALZ\x01", OTHER),
    SIGN(0, "EGGA\0\x01", OTHER),
    SIGN(7, "-sqx-", OTHER),
    SIGN(2, "-pm1-", OTHER), /* LHA of CP/M */
    SIGN(2, "-pm2-", OTHER),
    SIGN(4, "Standard Jet DB", OTHER), /* Access, of whose macros nobody here knows */
    SIGN(4, "Standard ACE DB", OTHER),
    SIGN(0, "UBI#\x01", OTHER),
    SIGN(3, "ReFS\0\0\0\0", OTHER),
    SIGN(1024, "\x10\x20\xf5\xf2", OTHER), /* F2FS */
    SIGN(1024, "\xe2\xe1\xf5\xe0", OTHER), /* EROFS */
    SIGN(32768, "JFS1", OTHER),
    SIGN(65588, "ReIsEr", OTHER),
    SIGN(65600, "_BHRfS_M", OTHER),
    SIGN(0, "age-encryption.org/v", LOCKED),
    SIGN(0, "-----BEGIN AGE ENCRYPTED FILE", LOCKED),
    SIGN(0, "Salted__", LOCKED),   /* openssl enc */
    SIGN(0, "U2FsdGVkX1", LOCKED), /* the same in base64 */
    SIGN(0, "AES\x02\0", LOCKED),  /* AES Crypt */
    SIGN(0, "PGPdMAIN", LOCKED),
    SIGN(64, "\x7f\x10\xda\xbe", OTHER), /* VDI */
    SIGN(32, "NXSB", OTHER),             /* APFS */
    SIGN(0, "XFSB", OTHER),
    SIGN(3, "NTFS    ", OTHER),
    SIGN(3, "EXFAT   ", OTHER),
    SIGN(3, "-FVE-FS-", OTHER), /* NTFS with a password */
    SIGN(54, "FAT12   ", OTHER),
    SIGN(54, "FAT16   ", OTHER),
    SIGN(82, "FAT32   ", OTHER),
};

static const Sign LZMA = {.kind = STREAM}; /* which has none */

/* Any properties, a dictionary of a power of two or half as much again, as liblzma wants it, a size
 * that is unknown or below a terabyte, and the zero with which the packed bytes begin. */
static gboolean is_lzma(const guint8 *data, gsize size)
{
    guint32 dictionary, lowest;
    guint64 unpacked;

    if (size < 18 || data[0] >= 225 || data[1] != 0 || data[13] != 0) /* 18: head and least body */
        return FALSE;
    memcpy(&dictionary, data + 1, sizeof(dictionary));
    memcpy(&unpacked, data + 5, sizeof(unpacked));
    dictionary = GUINT32_FROM_LE(dictionary);
    unpacked = GUINT64_FROM_LE(unpacked);
    lowest = dictionary & (~dictionary + 1);
    return dictionary >= 4096 && (dictionary == lowest || dictionary == 3 * lowest) &&
           (unpacked == G_MAXUINT64 || (unpacked > 0 && unpacked >> 40 == 0));
}

static const Sign *sign_find(const guint8 *data, gsize size)
{
    for (gsize i = 0; i < G_N_ELEMENTS(SIGNS); i++)
        if (size >= SIGNS[i].offset + SIGNS[i].length &&
            data[SIGNS[i].offset] == (guint8)SIGNS[i].bytes[0] &&
            memcmp(data + SIGNS[i].offset, SIGNS[i].bytes, SIGNS[i].length) == 0)
            return &SIGNS[i];
    return is_lzma(data, size) ? &LZMA : NULL;
}

/* Two bytes are no sign: no unknown flags, and codes of 9 to 16 bits. */
static gboolean is_compress(const guint8 *data, gsize size)
{
    return size > 3 && (data[2] & 0x60) == 0 && (data[2] & 0x1f) >= 9 && (data[2] & 0x1f) <= 16;
}

/* libclamav ends with the first of several streams; bunzip2 goes on. */
static gboolean has_second_bzip2(const guint8 *data, gsize size)
{
    static const char block[] = "1AY&SY";
    const guint8 *at = data + 4, *end = data + size;

    if (size < 8 || memcmp(data, "BZh", 3) != 0)
        return FALSE;
    while ((at = memmem(at, (gsize)(end - at), "BZh", 3)) != NULL) {
        if ((gsize)(end - at) >= 4 + strlen(block) && memcmp(at + 4, block, strlen(block)) == 0)
            return TRUE;
        at++;
    }
    return FALSE;
}

/* A disk that has a UDF volume, alone or beside one of ISO 9660, and then may name in it what the
 * other does not (ECMA-167 2/8.3). Windows shows the UDF one. */
static gboolean has_udf(const guint8 *data, gsize size)
{
    for (gsize sector = VOLUME_FROM; sector < VOLUME_TO; sector++) {
        const guint8 *at = data + sector * SECTOR;

        if (size < (sector + 1) * SECTOR || (memcmp(at + 1, "CD", 2) != 0 && at[1] != 'B'))
            return FALSE;
        if (memcmp(at + 1, "BEA01", 5) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean has_footer(const guint8 *data, gsize size, gsize length, const char *sign)
{
    return size > 2 * FOOTER && memcmp(data + size - length, sign, strlen(sign)) == 0;
}

static guint number(const guint8 *at, guint count)
{
    guint value = 0;

    while (count-- > 0)
        value = value << 8 | at[count];
    return value;
}

static gboolean is_power(guint value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* The words FAT12, FAT16 and FAT32 are only for show; this is what drivers look at. */
static gboolean has_fat(const guint8 *data, gsize size)
{
    return size > 512 && (data[0] == 0xeb || data[0] == 0xe9) && data[510] == 0x55 &&
           data[511] == 0xaa && is_power(number(data + 11, 2)) && number(data + 11, 2) >= 512 &&
           is_power(data[13]) && number(data + 14, 2) > 0 && data[16] >= 1 && data[16] <= 2 &&
           data[21] >= 0xf0;
}

/* The superblock of ext2 and its successors: magic, state, block size, revision. */
static gboolean has_ext(const guint8 *data, gsize size)
{
    const guint8 *block = data + EXT_BLOCK;

    return size > 2 * EXT_BLOCK && number(block + 56, 2) == 0xef53 && number(block, 4) > 0 &&
           number(block + 24, 4) <= 6 && number(block + 58, 2) <= 7 && number(block + 76, 4) <= 1;
}

/* The superblock of minix 1, 2 and 3. Two bytes are no sign: its tables lie one behind another. */
static gboolean has_minix(const guint8 *data, gsize size)
{
    const guint8 *block = data + MINIX_BLOCK;
    gsize inodes, inode = 64, unit = MINIX_BLOCK, magic;

    if (size < 2 * MINIX_BLOCK)
        return FALSE;
    magic = number(block + 16, 2);
    if (magic == 0x137f || magic == 0x138f) {
        inodes = number(block, 2);
        inode = 32;
    } else if (magic == 0x2468 || magic == 0x2478) {
        inodes = number(block, 2);
    } else if (number(block + 24, 2) == 0x4d5a) {
        inodes = number(block, 4);
        unit = number(block + 28, 2);
        block += 2; /* where all the rest then stands */
    } else {
        return FALSE;
    }
    return is_power((guint)unit) && number(block + 4, 2) > 0 && number(block + 6, 2) > 0 &&
           number(block + 8, 2) ==
               2 + number(block + 4, 2) + number(block + 6, 2) + (inodes * inode + unit - 1) / unit;
}

/* The master directory block of a disk of the old kind of a Mac: sign, blocks, a name. */
static gboolean has_hfs(const guint8 *data, gsize size)
{
    const guint8 *block = data + HFS_BLOCK;
    gsize block_size;

    if (size < 2 * HFS_BLOCK || memcmp(block, "BD", 2) != 0)
        return FALSE;
    block_size = (gsize)block[20] << 24 | block[21] << 16 | block[22] << 8 | block[23];
    return block_size > 0 && block_size % 512 == 0 && (block[18] || block[19]) && block[36] > 0 &&
           block[36] <= 27;
}

/* ARC of the eighties: a member's head with a kind, a name and a size that fits. */
static gboolean has_arc(const guint8 *data, gsize size)
{
    gsize length = 0;

    if (size < ARC_HEAD || data[0] != 0x1a || data[1] == 0 || data[1] > 11)
        return FALSE;
    while (length < 12 && data[2 + length] > ' ' && data[2 + length] < 0x7f)
        length++;
    return length > 0 && data[2 + length] == 0 && number(data + 15, 4) <= size - ARC_HEAD &&
           number(data + 15, 4) > 0;
}

/* PEA, of which the stream's head stands behind that of the archive. */
static gboolean has_pea(const guint8 *data, gsize size)
{
    return size > 16 && data[0] == 0xea &&
           (memcmp(data + 10, "POD", 4) == 0 || memcmp(data + 12, "POD", 4) == 0);
}

/* MacBinary: a head with the name, both lengths and, from version 2 on, a checksum; the file is
 * behind it. Of version 1 zeros must do, and lengths that fit. */
static gboolean has_mac_binary(const guint8 *data, gsize size, gsize *ret_length)
{
    gsize length;

    if (size <= MAC_HEAD || data[0] != 0 || data[74] != 0 || data[82] != 0 || data[1] == 0 ||
        data[1] > MAC_NAME_MAX || data[63] != 0 || memchr(data + 2, 0, data[1]))
        return FALSE;
    length = (gsize)data[83] << 24 | data[84] << 16 | data[85] << 8 | data[86];
    if (length == 0 || length > size - MAC_HEAD ||
        ((gsize)data[87] << 24 | data[88] << 16 | data[89] << 8 | data[90]) > size - MAC_HEAD)
        return FALSE;
    for (gsize i = 101; i < 116; i++)
        if (data[i] != 0)
            return FALSE;
    *ret_length = length;
    return TRUE;
}

/* Frames that zstd and lz4 pass over (RFC 8878 3.1.2), and who would hide the first one from us. */
static void skip_frames(const guint8 **data, gsize *size)
{
    while (*size >= 8 && ((*data)[0] & 0xf0) == 0x50 && memcmp(*data + 1, "\x2a\x4d\x18", 3) == 0 &&
           number(*data + 4, 4) <= *size - 8) {
        gsize length = 8 + number(*data + 4, 4);

        *data += length;
        *size -= length;
    }
}

static gboolean is_packed(const void *data, gsize size)
{
    const guint8 *bytes = data;
    const Sign *sign;

    skip_frames(&bytes, &size);
    sign = sign_find(bytes, size);
    if (sign && sign->bytes && sign->bytes[0] == '\x1f')
        return is_compress(bytes, size);
    return sign || has_fat(bytes, size) || has_ext(bytes, size) || has_minix(bytes, size) ||
           has_hfs(bytes, size) || has_arc(bytes, size) || has_pea(bytes, size) ||
           has_second_bzip2(bytes, size) || has_udf(bytes, size) ||
           has_footer(bytes, size, FOOTER, "conectix") ||
           has_footer(bytes, size, FOOTER - 1, "conectix") ||
           has_footer(bytes, size, FOOTER, "koly");
}

gboolean unpack_is_wanted(const void *data, gsize size)
{
    gsize length;

    return macro_rtf_has_objects(data, size) || active_mime_matches(data, size) ||
           has_mac_binary(data, size, &length) || is_packed(data, size);
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

gboolean unpack_is_text(const void *data, gsize size)
{
    return page_payload_matches(data, size, 0) && !is_packed(data, size);
}

/* One compressed file, or an archive that is compressed as a whole. */
static gboolean is_stream(const void *data, gsize size)
{
    static const char xz[] = {(char)0xfd, '7', 'z', 'X', 'Z'};
    const Sign *sign = sign_find(data, size);

    return (sign && sign->kind == STREAM) || (size >= 2 && memcmp(data, "\x1f\x8b", 2) == 0) ||
           (size >= 3 && memcmp(data, "BZh", 3) == 0) ||
           (size >= sizeof(xz) && memcmp(data, xz, sizeof(xz)) == 0);
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
    if (is_stream(data, size))
        archive_read_support_format_raw(reader);
    /* What libclamav reads goes on behind a tar's end, see archive-end.h; so do others. */
    (void)archive_read_set_option(reader, "tar", "read_concatenated_archives", "1");
    if (archive_read_open_memory(reader, data, size) != ARCHIVE_OK) {
        archive_read_free(reader);
        return NULL;
    }
    return reader;
}

/* The member's bytes; *ret is taken by the caller. */
static UnpackResult read_member(struct archive *reader, UnpackBudget *budget, guint8 **ret,
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

static UnpackResult give_member(struct archive *reader, struct archive_entry *entry,
                                UnpackBudget *budget, UnpackFound found, gpointer user_data)
{
    g_autofree char *name = g_strdup(entry_name(entry, reader));
    g_autofree guint8 *bytes = NULL;
    UnpackResult result;
    gsize size = 0;

    if (archive_entry_is_data_encrypted(entry)) {
        found(name, NULL, (gsize)MAX(archive_entry_size(entry), 0), TRUE, user_data);
        return UNPACK_ENCRYPTED;
    }
    if (archive_entry_filetype(entry) != AE_IFREG && archive_entry_filetype(entry) != 0)
        return UNPACK_DONE; /* a folder or a link has no bytes */
    result = read_member(reader, budget, &bytes, &size);
    /* libarchive 3.6 reads the line ends behind a record of a web archive as a part of it. */
    if (archive_format(reader) == ARCHIVE_FORMAT_WARC && archive_entry_size(entry) >= 0)
        size = MIN(size, (gsize)archive_entry_size(entry));
    if (bytes) { /* what came before the damage is looked at as well */
        budget->bytes -= size;
        found(name, bytes, size, FALSE, user_data);
    }
    return result;
}

static UnpackResult walk(const void *data, gsize size, gboolean is_raw, UnpackBudget *budget,
                         UnpackFound found, gpointer user_data)
{
    struct archive *reader = reader_new(data, size, is_raw);
    UnpackResult worst = UNPACK_DONE;

    if (!reader)
        return UNPACK_BROKEN;
    while (worst < UNPACK_LIMIT) {
        struct archive_entry *entry;
        UnpackResult result;
        int next = archive_read_next_header(reader, &entry);

        if (next == ARCHIVE_EOF)
            break;
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
        if (budget->files == 0 || board_now() >= budget->end) {
            worst = UNPACK_LIMIT;
            break;
        }
        budget->files--;
        result = give_member(reader, entry, budget, found, user_data);
        worst = MAX(worst, result);
    }
    archive_read_free(reader);
    return worst;
}

/* What a reader of ours tells, one after another. */
typedef struct {
    UnpackBudget *budget;
    UnpackResult result;
    UnpackFound found;
    gpointer user_data;
} Walk;

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

static UnpackResult walk_rtf(const void *data, gsize size, UnpackBudget *budget, UnpackFound found,
                             gpointer user_data)
{
    Walk walk = {.budget = budget, .found = found, .user_data = user_data};
    gsize most = (gsize)MIN(budget->file_size, G_MAXUINT / 2);

    return macro_rtf_objects(data, size, most, (gint64)budget->end, on_rtf_object, &walk)
               ? walk.result
               : UNPACK_LIMIT;
}

static gboolean on_payload(PagePayloadKind kind, const char *type, const guint8 *data, gsize size,
                           gpointer user_data)
{
    (void)kind, (void)type;
    return walk_give(user_data, "payload", data, size);
}

static UnpackResult walk_page(const void *data, gsize size, UnpackBudget *budget, UnpackFound found,
                              gpointer user_data)
{
    Walk walk = {.budget = budget, .found = found, .user_data = user_data};
    gsize most = (gsize)MIN(budget->file_size, G_MAXUINT / 2);

    return page_payload_find(data, size, most, on_payload, &walk) ? walk.result : UNPACK_LIMIT;
}

static UnpackResult walk_active_mime(const void *data, gsize size, UnpackBudget *budget,
                                     UnpackFound found, gpointer user_data)
{
    Walk walk = {.budget = budget, .found = found, .user_data = user_data};
    gsize most = (gsize)MIN(budget->file_size, budget->bytes), unpacked = 0;
    g_autofree guint8 *bytes = NULL;

    switch (active_mime_unpack(data, size, most, &bytes, &unpacked)) {
    case ACTIVE_MIME_DONE:
        break;
    case ACTIVE_MIME_BROKEN:
        return UNPACK_BROKEN;
    case ACTIVE_MIME_TOO_LARGE:
        return UNPACK_LIMIT;
    }
    (void)walk_give(&walk, "", bytes, unpacked);
    return walk.result;
}

static UnpackResult walk_mac_binary(const guint8 *data, gsize length, UnpackBudget *budget,
                                    UnpackFound found, gpointer user_data)
{
    Walk walk = {.budget = budget, .found = found, .user_data = user_data};
    g_autofree char *name = g_strndup((const char *)data + 2, data[1]);

    (void)walk_give(&walk, name, data + MAC_HEAD, length);
    return walk.result;
}

static UnpackResult walk_sealed(MailCrypt kind, const void *data, gsize size, UnpackBudget *budget,
                                UnpackFound found, gpointer user_data)
{
    Walk walk = {.budget = budget, .found = found, .user_data = user_data};
    gsize most = (gsize)MIN(budget->file_size, budget->bytes);
    g_autoptr(GBytes) content = NULL;

    if (kind == MAIL_CRYPT_SMIME_ENCRYPTED || kind == MAIL_CRYPT_PGP_ENCRYPTED)
        return UNPACK_ENCRYPTED;
    if (!mail_crypt_content(kind, data, size, most, &content))
        return UNPACK_BROKEN;
    if (content)
        (void)walk_give(&walk, "", g_bytes_get_data(content, NULL), g_bytes_get_size(content));
    return walk.result;
}

static UnpackResult walk_locked(const void *data, gsize size, UnpackBudget *budget,
                                UnpackFound found, gpointer user_data)
{
    Walk walk = {.budget = budget, .found = found, .user_data = user_data};
    gsize most = (gsize)MIN(budget->file_size, budget->bytes);
    g_autoptr(GBytes) content = office_lock_open(data, size, most, budget->end);

    if (!content)
        return UNPACK_ENCRYPTED;
    (void)walk_give(&walk, "", g_bytes_get_data(content, NULL), g_bytes_get_size(content));
    return walk.result;
}

UnpackResult unpack_walk(const void *content, gsize size, UnpackBudget *budget, UnpackFound found,
                         gpointer user_data)
{
    const guint8 *bytes = content;
    const void *data;
    guint files = budget->files;
    gsize length;
    UnpackResult result, objects = UNPACK_DONE;
    const Sign *sign;
    MailCrypt sealed;

    skip_frames(&bytes, &size);
    data = bytes;
    sign = sign_find(bytes, size);
    if (sign && sign->kind == LOCKED)
        return UNPACK_ENCRYPTED;
    if (macro_rtf_has_objects(data, size)) {
        objects = walk_rtf(data, size, budget, found, user_data);
        if (!is_packed(data, size)) /* what is both is read as both */
            return objects;
    }
    if (unpack_is_text(data, size))
        return MAX(objects, walk_page(data, size, budget, found, user_data));
    if (has_mac_binary(data, size, &length))
        return MAX(objects, walk_mac_binary(data, length, budget, found, user_data));
    if (active_mime_matches(data, size))
        return walk_active_mime(data, size, budget, found, user_data);
    if (unpack_is_locked(data, size))
        return MAX(objects, walk_locked(data, size, budget, found, user_data));
    sealed = mail_crypt_recognize_file(data, size);
    if (sealed != MAIL_CRYPT_NONE && !is_packed(data, size))
        return MAX(objects, walk_sealed(sealed, data, size, budget, found, user_data));
    result = walk(data, size, FALSE, budget, found, user_data);
    /* Zeros at its beginning are an empty tar to libarchive, and a file to everybody else. */
    if (result == UNPACK_DONE && budget->files == files && is_stream(data, size))
        result = walk(data, size, TRUE, budget, found, user_data);
    if (has_udf(data, size) || has_hfs(data, size)) /* of which nobody here reads all */
        result = MAX(result, UNPACK_BROKEN);
    if (result < UNPACK_LIMIT && rar_lock_is_closed(data, size))
        result = UNPACK_ENCRYPTED;
    return MAX(result, objects);
}
