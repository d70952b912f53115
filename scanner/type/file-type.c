/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * file-type.c - magic numbers, a look into zip and OLE directories, words of scripts, libmagic.
 *
 * Loading fails by FILE_TYPE_ERROR; telling a type does not fail, it leaves "" or
 * application/octet-stream. What libmagic takes for a plain zip (jar, documents with macros) is
 * corrected by the names inside.
 */
#include "scanner/type/file-type.h"

#include <magic.h>
#include <string.h>

#include "scanner/common/byte-number.h"
#include "scanner/type/ole-kind.h"
#include "scanner/type/program-type.h"
#include "scanner/type/script-type.h"

enum {
    REGEX_MAX = 1024,            /* cuts libmagic's mean time by a third, with the same types */
    ZIP_END_SIZE = 22,           /* of the end record without comment */
    ZIP_COMMENT_MAX = 65535,     /* its length is 16 bits */
    ZIP_ENTRY_SIZE = 46,         /* of a directory entry without name */
    ZIP_LOCAL_SIZE = 30,         /* of a local header without name */
    FOOTER = 512,                /* of a virtual disk of fixed size or of a Mac's, without a head */
    ZIP_ENTRIES_LOOKED_AT = 1000 /* documents have dozens, and the telling names come early */
};

struct FileTyper {
    magic_t library;
};

typedef struct {
    guint offset;
    const char *bytes;
    guint length;
    const char *type;
} Sign;

#define SIGN(offset, bytes, type)                                                                  \
    {                                                                                              \
        offset, bytes, sizeof(bytes) - 1, type                                                     \
    }

/* Signs long enough to leave no doubt; types as libmagic spells them. */
static const Sign SIGNS[] = {
    SIGN(0, "%PDF-", "application/pdf"),
    SIGN(0, "\x89PNG\r\n\x1a\n", "image/png"),
    SIGN(0, "\xff\xd8\xff", "image/jpeg"),
    SIGN(0, "GIF87a", "image/gif"),
    SIGN(0, "GIF89a", "image/gif"),
    SIGN(0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    SIGN(0, "Rar!\x1a\x07", "application/x-rar"),
    SIGN(0,
         "\xfd"
         "7zXZ\0",
         "application/x-xz"),
    SIGN(0, "\x1f\x8b\x08", "application/gzip"),
    SIGN(0, "BZh", "application/x-bzip2"),
    SIGN(0, "\x28\xb5\x2f\xfd", "application/zstd"),
    SIGN(0, "MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    SIGN(0, "ITSF", "application/vnd.ms-htmlhelp"),
    SIGN(0, "{\\rtf", "text/rtf"),
    SIGN(0, "L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", "application/x-ms-shortcut"),
    SIGN(257, "ustar", "application/x-tar"),
    SIGN(32769, "CD001", "application/x-iso9660-image"),
    SIGN(32769, "BEA01", "application/x-udf-image"),
    SIGN(0, "conectix", "application/x-vhd"),
    SIGN(0, "vhdxfile", "application/x-vhdx"),
    SIGN(0, "KDMV", "application/x-vmdk"),
    SIGN(0, "MSWIM\0\0\0", "application/x-ms-wim"),
    SIGN(0, "hsqs", "application/vnd.squashfs"),
    SIGN(7, "**ACE**", "application/x-ace-compressed"),
    SIGN(0, "ActiveMime", "application/x-mso"),
    SIGN(54, "FAT12   ", "application/x-raw-disk-image"),
    SIGN(54, "FAT16   ", "application/x-raw-disk-image"),
    SIGN(82, "FAT32   ", "application/x-raw-disk-image"),
    SIGN(3, "NTFS    ", "application/x-raw-disk-image"),
    SIGN(3, "EXFAT   ", "application/x-raw-disk-image"),
    SIGN(0, "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3",
         "application/onenote"),
};

/* A name inside a zip that tells what the whole is. The first line that matches wins. */
static const struct {
    const char *name;
    gboolean is_prefix;
    const char *type;
} ZIP_NAMES[] = {
    {"word/vbaProject.bin", FALSE, "application/vnd.ms-word.document.macroEnabled.12"},
    {"xl/vbaProject.bin", FALSE, "application/vnd.ms-excel.sheet.macroEnabled.12"},
    {"xl/macrosheets/", TRUE, "application/vnd.ms-excel.sheet.macroEnabled.12"},
    {"ppt/vbaProject.bin", FALSE, "application/vnd.ms-powerpoint.presentation.macroEnabled.12"},
    {"xl/workbook.bin", FALSE, "application/vnd.ms-excel.sheet.binary.macroEnabled.12"},
    {"AndroidManifest.xml", FALSE, "application/vnd.android.package-archive"},
    {"META-INF/MANIFEST.MF", FALSE, "application/java-archive"},
    {"word/document.xml", FALSE,
     "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"xl/workbook.xml", FALSE, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"ppt/presentation.xml", FALSE,
     "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
};

G_DEFINE_QUARK(storehook_file_type_error, file_type_error)

static void set_type(Verdict *verdict, const char *type, gboolean is_sure)
{
    g_strlcpy(verdict->type, type, sizeof(verdict->type));
    verdict->type_is_sure = is_sure;
}

static const char *elf_type(const guint8 *data, gsize size)
{
    guint kind = size < 18 ? 0 : data[5] == 2 ? data[17] : data[16];

    switch (kind) {
    case 1:
        return "application/x-object";
    case 3:
        return "application/x-sharedlib";
    case 4:
        return "application/x-coredump";
    default:
        return "application/x-executable";
    }
}

/* The offset of the end record, or -1. */
static gssize zip_find_end(const guint8 *data, gsize size)
{
    gsize lowest =
        size > ZIP_END_SIZE + ZIP_COMMENT_MAX ? size - ZIP_END_SIZE - ZIP_COMMENT_MAX : 0;

    if (size < ZIP_END_SIZE)
        return -1;
    for (gsize at = size - ZIP_END_SIZE + 1; at-- > lowest;)
        if (memcmp(data + at, "PK\5\6", 4) == 0)
            return (gssize)at;
    return -1;
}

static gboolean zip_name_matches(gsize which, const char *name, gsize length)
{
    gsize wanted = strlen(ZIP_NAMES[which].name);

    return (ZIP_NAMES[which].is_prefix ? length >= wanted : length == wanted) &&
           memcmp(name, ZIP_NAMES[which].name, wanted) == 0;
}

static const char *zip_type(const guint8 *data, gsize size)
{
    gsize best = G_N_ELEMENTS(ZIP_NAMES);
    gssize end = zip_find_end(data, size);
    gsize at = end >= 0 ? byte_number(data + end + 16, 4) : size;

    for (guint i = 0; i < ZIP_ENTRIES_LOOKED_AT; i++) {
        gsize name_length;

        if (at > size || size - at < ZIP_ENTRY_SIZE || memcmp(data + at, "PK\1\2", 4) != 0)
            break;
        name_length = byte_number(data + at + 28, 2);
        if (size - at - ZIP_ENTRY_SIZE < name_length)
            break;
        for (gsize j = 0; j < best; j++)
            if (zip_name_matches(j, (const char *)data + at + ZIP_ENTRY_SIZE, name_length))
                best = j;
        at += ZIP_ENTRY_SIZE + name_length + byte_number(data + at + 30, 2) +
              byte_number(data + at + 32, 2);
    }
    return best < G_N_ELEMENTS(ZIP_NAMES) ? ZIP_NAMES[best].type : NULL;
}

/* OpenDocument and EPUB say what they are in a first, stored member of this name. */
static gboolean zip_tells_itself(const guint8 *data, gsize size, Verdict *verdict)
{
    static const char name[] = "mimetype";
    const gsize start = ZIP_LOCAL_SIZE + sizeof(name) - 1;
    gsize length = size > start ? byte_number(data + 18, 4) : 0;
    g_autofree char *type = NULL;

    if (length == 0 || length >= VERDICT_TYPE_SIZE || size - start < length ||
        byte_number(data + 8, 2) != 0 || byte_number(data + 26, 2) != sizeof(name) - 1 ||
        byte_number(data + 28, 2) != 0 ||
        memcmp(data + ZIP_LOCAL_SIZE, name, sizeof(name) - 1) != 0)
        return FALSE;
    type = g_strndup((const char *)data + start, length);
    if (!g_str_has_prefix(type, "application/vnd.oasis.opendocument.") &&
        strcmp(type, "application/epub+zip") != 0)
        return FALSE;
    for (const char *p = type; *p; p++)
        if (!g_ascii_isalnum(*p) && !strchr("/.+-", *p))
            return FALSE;
    set_type(verdict, type, TRUE);
    return TRUE;
}

void file_type_guess(const void *data, gsize size, Verdict *verdict)
{
    const guint8 *bytes = data;
    const char *inside;
    OleKind ole;

    set_type(verdict, "", FALSE);
    if (size == 0)
        return set_type(verdict, "application/x-empty", TRUE);
    for (gsize i = 0; i < G_N_ELEMENTS(SIGNS); i++)
        if (size >= SIGNS[i].offset + SIGNS[i].length &&
            bytes[SIGNS[i].offset] == (guint8)SIGNS[i].bytes[0] &&
            memcmp(bytes + SIGNS[i].offset, SIGNS[i].bytes, SIGNS[i].length) == 0)
            return set_type(verdict, SIGNS[i].type, TRUE);
    if (size >= FOOTER && memcmp(bytes + size - FOOTER, "conectix", 8) == 0)
        return set_type(verdict, "application/x-vhd", TRUE);
    if (size >= FOOTER && memcmp(bytes + size - FOOTER, "koly", 4) == 0)
        return set_type(verdict, "application/x-apple-diskimage", TRUE);
    if (size >= 64 && bytes[0] == 'M' && bytes[1] == 'Z')
        return set_type(verdict, program_type_tell(bytes, size), TRUE);
    if (size >= 4 && memcmp(bytes,
                            "\x7f"
                            "ELF",
                            4) == 0)
        return set_type(verdict, elf_type(bytes, size), TRUE);
    if (ole_kind_tell(bytes, size, &ole) && ole.type)
        return set_type(verdict, ole.type, TRUE);
    if (size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0) {
        if (zip_tells_itself(bytes, size, verdict))
            return;
        inside = zip_type(bytes, size);
        /* Other documents are zips too: some libmagic knows. */
        return set_type(verdict, inside ? inside : "application/zip", inside != NULL);
    }
}

FileTyper *file_typer_new(GError **error)
{
    magic_t library = magic_open(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS);
    size_t regex_max = REGEX_MAX;
    FileTyper *typer;

    if (!library || magic_load(library, NULL) != 0) {
        g_set_error(error, FILE_TYPE_ERROR, FILE_TYPE_ERROR_LIBRARY, "libmagic: %s",
                    library ? magic_error(library) : "no memory");
        if (library)
            magic_close(library);
        return NULL;
    }
    (void)magic_setparam(library, MAGIC_PARAM_REGEX_MAX, &regex_max);
    typer = g_new0(FileTyper, 1);
    typer->library = library;
    return typer;
}

FileTyper *file_typer_free(FileTyper *typer)
{
    if (typer)
        magic_close(typer->library);
    g_free(typer);
    return NULL;
}

void file_typer_tell(FileTyper *typer, const void *data, gsize size, Verdict *verdict)
{
    const char *type;

    file_type_guess(data, size, verdict);
    if (verdict->type_is_sure)
        return;
    type = verdict->type[0] == '\0' ? script_type_tell(data, size) : NULL;
    if (type)
        return set_type(verdict, type, TRUE);
    type = magic_buffer(typer->library, data, size);
    /* What begins with MZ was told above. Without it libmagic goes by the one byte that a DOS .COM
     * begins with, which is one in a hundred of all noise. */
    if (type && strcmp(type, "application/x-dosexec") == 0)
        type = NULL;
    if (type)
        set_type(verdict, type, TRUE);
    else if (verdict->type[0] == '\0')
        set_type(verdict, "application/octet-stream", FALSE);
}
