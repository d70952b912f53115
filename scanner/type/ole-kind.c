/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ole-kind.c - looks at the names in the root of a compound file, by libgsf, and for the marks of
 * encryption where each program puts it.
 *
 * Fails by FALSE. What Office opens by itself (office-lock.h) is encrypted, too. libgsf leaks some
 * hundred bytes of a damaged file; workers are replaced.
 */
#include "scanner/type/ole-kind.h"

#include <gsf/gsf-infile-msole.h>
#include <gsf/gsf-input-memory.h>
#include <string.h>

#include "scanner/common/byte-number.h"

enum {
    CHILDREN_MAX = 1000, /* of the root: documents have a dozen, an MSI a hundred */
    FIB_SIZE = 12,       /* [MS-DOC] 2.5.2 FibBase, as far as its flags */
    FIB_ENCRYPTED = 0x0100,
    BIFF_FILEPASS = 0x2f, /* [MS-XLS] 2.4.117; stands before all that it encrypts */
    BIFF_BOUNDSHEET = 0x85,
    BIFF_RECORDS_MAX = 100,
    CURRENT_USER_SIZE = 16 /* [MS-PPT] 2.3.2, as far as its token */
};

#define CURRENT_USER_ENCRYPTED 0xf3d1c4dfU

static const guint8 MSI_CLASS[16] = {0x84, 0x10, 0x0c, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46};

static const struct {
    const char *name;
    OleKind kind;
} NAMES[] = {
    {"EncryptedPackage", {"application/encrypted", TRUE}}, /* [MS-OFFCRYPTO] 2.3.4.4 */
    {"EncryptedSummary", {"application/vnd.ms-powerpoint", TRUE}},
    {"WordDocument", {"application/msword", FALSE}},
    {"Workbook", {"application/vnd.ms-excel", FALSE}},
    {"Book", {"application/vnd.ms-excel", FALSE}},
    {"PowerPoint Document", {"application/vnd.ms-powerpoint", FALSE}},
    {"__properties_version1.0", {"application/vnd.ms-outlook", FALSE}},
    {"VisioDocument", {"application/vnd.visio", FALSE}},
};

static gboolean word_is_encrypted(GsfInput *stream)
{
    guint8 fib[FIB_SIZE];

    return gsf_input_read(stream, sizeof(fib), fib) != NULL &&
           (byte_number(fib + 10, 2) & FIB_ENCRYPTED) != 0;
}

static gboolean excel_is_encrypted(GsfInput *stream)
{
    guint8 head[4];

    for (guint i = 0; i < BIFF_RECORDS_MAX && gsf_input_read(stream, sizeof(head), head); i++) {
        guint32 record = byte_number(head, 2);

        if (record == BIFF_FILEPASS)
            return TRUE;
        if (record == BIFF_BOUNDSHEET ||
            gsf_input_seek(stream, (gsf_off_t)byte_number(head + 2, 2), G_SEEK_CUR))
            break;
    }
    return FALSE;
}

static gboolean powerpoint_is_encrypted(GsfInput *stream)
{
    guint8 user[CURRENT_USER_SIZE];

    return gsf_input_read(stream, sizeof(user), user) != NULL &&
           byte_number(user + 12, 4) == CURRENT_USER_ENCRYPTED;
}

static gboolean stream_is_encrypted(GsfInput *stream, const char *name)
{
    if (strcmp(name, "WordDocument") == 0)
        return word_is_encrypted(stream);
    if (strcmp(name, "Workbook") == 0 || strcmp(name, "Book") == 0)
        return excel_is_encrypted(stream);
    return strcmp(name, "Current User") == 0 && powerpoint_is_encrypted(stream);
}

static void root_read(GsfInfile *root, OleKind *kind)
{
    int count = MIN(gsf_infile_num_children(root), CHILDREN_MAX);
    gsize best = G_N_ELEMENTS(NAMES);

    for (int i = 0; i < count; i++) {
        const char *name = gsf_infile_name_by_index(root, i);
        GsfInput *child = name ? gsf_infile_child_by_index(root, i) : NULL;

        if (!child)
            continue;
        for (gsize j = 0; j < best; j++)
            if (strcmp(name, NAMES[j].name) == 0)
                best = j;
        kind->is_encrypted |= stream_is_encrypted(child, name);
        g_object_unref(child);
    }
    if (best < G_N_ELEMENTS(NAMES)) {
        kind->type = NAMES[best].kind.type;
        kind->is_encrypted |= NAMES[best].kind.is_encrypted;
    }
}

gboolean ole_kind_tell(const void *data, gsize size, OleKind *ret)
{
    guint8 class_id[16];
    OleKind kind = {0};
    GsfInput *input;
    GsfInfile *root;

    if (size < 512 || memcmp(data, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8) != 0)
        return FALSE;
    input = gsf_input_memory_new(data, (gsf_off_t)size, FALSE);
    root = input ? gsf_infile_msole_new(input, NULL) : NULL;
    if (root) {
        root_read(root, &kind);
        if (gsf_infile_msole_get_class_id(GSF_INFILE_MSOLE(root), class_id) &&
            memcmp(class_id, MSI_CLASS, sizeof(class_id)) == 0)
            kind.type = "application/x-msi";
        g_object_unref(root);
        *ret = kind;
    }
    if (input)
        g_object_unref(input);
    return root != NULL;
}
