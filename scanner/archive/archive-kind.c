/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * archive-kind.c - archives, disks and file systems that libclamav passes over, by their signs.
 *
 * Most are told by a few bytes at one place; of those with a sign too short, or none, a head that
 * fits itself must do.
 *
 * Cannot fail. Known limit: of virtual disks, disks with UDF, images of a Mac, WIM, file systems,
 * StuffIt, the archive kinds of the eighties and those of one program or country alone nothing but
 * the kind is known, so that they end as not-fully-scanned; of age and openssl, which have a key,
 * that they have.
 */
#include "scanner/archive/archive-kind.h"

#include <string.h>

#include "scanner/archive/lzma-head.h"
#include "scanner/common/byte-number.h"

enum {
    FOOTER = 512, /* of a fixed virtual disk, and of one of a Mac */
    SECTOR = 2048,
    VOLUME_FROM = 16, /* the sector in which a disk's volumes begin to say what they are */
    VOLUME_TO = 4096, /* Linux looks as far */
    EXT_BLOCK = 1024,
    MINIX_BLOCK = 1024, /* the size of it and where it stands, as for the next */
    HFS_BLOCK = 1024,
    ARC_HEAD = 29,
    TAR_HEAD = 512,
    TAR_SUM = 148 /* where its sum stands, as octal digits */
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

static const Sign *sign_find(const guint8 *data, gsize size)
{
    for (gsize i = 0; i < G_N_ELEMENTS(SIGNS); i++)
        if (size >= SIGNS[i].offset + SIGNS[i].length &&
            data[SIGNS[i].offset] == (guint8)SIGNS[i].bytes[0] &&
            memcmp(data + SIGNS[i].offset, SIGNS[i].bytes, SIGNS[i].length) == 0)
            return &SIGNS[i];
    return lzma_head_matches(data, size) ? &LZMA : NULL;
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

static gboolean is_power(guint value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* The words FAT12, FAT16 and FAT32 are only for show; this is what drivers look at. */
static gboolean has_fat(const guint8 *data, gsize size)
{
    return size > 512 && (data[0] == 0xeb || data[0] == 0xe9) && data[510] == 0x55 &&
           data[511] == 0xaa && is_power(byte_number(data + 11, 2)) &&
           byte_number(data + 11, 2) >= 512 && is_power(data[13]) &&
           byte_number(data + 14, 2) > 0 && data[16] >= 1 && data[16] <= 2 && data[21] >= 0xf0;
}

/* The superblock of ext2 and its successors: magic, state, block size, revision. */
static gboolean has_ext(const guint8 *data, gsize size)
{
    const guint8 *block = data + EXT_BLOCK;

    return size > 2 * EXT_BLOCK && byte_number(block + 56, 2) == 0xef53 &&
           byte_number(block, 4) > 0 && byte_number(block + 24, 4) <= 6 &&
           byte_number(block + 58, 2) <= 7 && byte_number(block + 76, 4) <= 1;
}

/* The superblock of minix 1, 2 and 3. Two bytes are no sign: its tables lie one behind another. */
static gboolean has_minix(const guint8 *data, gsize size)
{
    const guint8 *block = data + MINIX_BLOCK;
    gsize inodes, inode = 64, unit = MINIX_BLOCK, magic;

    if (size < 2 * MINIX_BLOCK)
        return FALSE;
    magic = byte_number(block + 16, 2);
    if (magic == 0x137f || magic == 0x138f) {
        inodes = byte_number(block, 2);
        inode = 32;
    } else if (magic == 0x2468 || magic == 0x2478) {
        inodes = byte_number(block, 2);
    } else if (byte_number(block + 24, 2) == 0x4d5a) {
        inodes = byte_number(block, 4);
        unit = byte_number(block + 28, 2);
        block += 2; /* where all the rest then stands */
    } else {
        return FALSE;
    }
    return is_power((guint)unit) && byte_number(block + 4, 2) > 0 &&
           byte_number(block + 6, 2) > 0 &&
           byte_number(block + 8, 2) == 2 + byte_number(block + 4, 2) + byte_number(block + 6, 2) +
                                            (inodes * inode + unit - 1) / unit;
}

/* The master directory block of a disk of the old kind of a Mac: sign, blocks, a name. */
static gboolean has_hfs(const guint8 *data, gsize size)
{
    const guint8 *block = data + HFS_BLOCK;
    gsize block_size;

    if (size < 2 * HFS_BLOCK || memcmp(block, "BD", 2) != 0)
        return FALSE;
    block_size = byte_number_big(block + 20, 4);
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
    return length > 0 && data[2 + length] == 0 && byte_number(data + 15, 4) <= size - ARC_HEAD &&
           byte_number(data + 15, 4) > 0;
}

/* PEA, of which the stream's head stands behind that of the archive. */
static gboolean has_pea(const guint8 *data, gsize size)
{
    return size > 16 && data[0] == 0xea &&
           (memcmp(data + 10, "POD", 4) == 0 || memcmp(data + 12, "POD", 4) == 0);
}

/* A head of tar whose sum is that of signed bytes, as some writers once made it and readers take it
 * still; libclamav does not. */
static gboolean has_signed_tar(const guint8 *data, gsize size)
{
    gint unsigned_sum = 8 * ' ', signed_sum = unsigned_sum, told = 0;
    gsize at = TAR_SUM;

    if (size < TAR_HEAD || data[0] == 0)
        return FALSE;
    while (at < TAR_SUM + 8 && data[at] == ' ')
        at++;
    if (at == TAR_SUM + 8 || data[at] < '0' || data[at] > '7') /* nearly all */
        return FALSE;
    for (; at < TAR_SUM + 8 && data[at] >= '0' && data[at] <= '7'; at++)
        told = told * 8 + data[at] - '0';
    for (gsize i = 0; i < TAR_HEAD; i++) {
        if (i >= TAR_SUM && i < TAR_SUM + 8)
            continue;
        unsigned_sum += data[i];
        signed_sum += (gint8)data[i];
    }
    return told == signed_sum && told != unsigned_sum;
}

void archive_kind_skip_frames(const guint8 **data, gsize *size)
{
    while (*size >= 8 && ((*data)[0] & 0xf0) == 0x50 && memcmp(*data + 1, "\x2a\x4d\x18", 3) == 0 &&
           byte_number(*data + 4, 4) <= *size - 8) {
        gsize length = 8 + byte_number(*data + 4, 4);

        *data += length;
        *size -= length;
    }
}

gboolean archive_kind_is_packed(const void *data, gsize size)
{
    const guint8 *bytes = data;
    const Sign *sign;

    archive_kind_skip_frames(&bytes, &size);
    sign = sign_find(bytes, size);
    if (sign && sign->bytes && sign->bytes[0] == '\x1f')
        return is_compress(bytes, size);
    return sign || has_fat(bytes, size) || has_ext(bytes, size) || has_minix(bytes, size) ||
           has_hfs(bytes, size) || has_arc(bytes, size) || has_pea(bytes, size) ||
           has_signed_tar(bytes, size) || has_second_bzip2(bytes, size) || has_udf(bytes, size) ||
           has_footer(bytes, size, FOOTER, "conectix") ||
           has_footer(bytes, size, FOOTER - 1, "conectix") ||
           has_footer(bytes, size, FOOTER, "koly");
}

gboolean archive_kind_is_stream(const void *data, gsize size)
{
    static const char xz[] = {(char)0xfd, '7', 'z', 'X', 'Z'};
    const Sign *sign = sign_find(data, size);

    return (sign && sign->kind == STREAM) || (size >= 2 && memcmp(data, "\x1f\x8b", 2) == 0) ||
           (size >= 3 && memcmp(data, "BZh", 3) == 0) ||
           (size >= sizeof(xz) && memcmp(data, xz, sizeof(xz)) == 0);
}

gboolean archive_kind_is_locked(const void *data, gsize size)
{
    const Sign *sign = sign_find(data, size);

    return sign && sign->kind == LOCKED;
}

gboolean archive_kind_is_unread_disk(const void *data, gsize size)
{
    return has_udf(data, size) || has_hfs(data, size);
}
