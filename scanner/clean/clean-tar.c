/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clean-tar.c - tar, packed or not, and 7z: read and written anew by libarchive.
 *
 * The bytes of members stay as they are, headers are written in the same format. Fails where a
 * member cannot be read, and for formats that libarchive reads but does not write.
 *
 * Known limit: what packs a tar is what libarchive packs by: the same method, not the same bytes.
 */
#include "scanner/clean/clean-members.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <string.h>

enum {
    TAR_MAGIC_AT = 257,
    FILTERS_MAX = 3 /* tar.gz has one; the innermost that libarchive tells is no filter */
};

typedef struct {
    CleanMembers *members;
    GByteArray *out;
} Output;

gboolean clean_tar_matches(const guint8 *data, gsize size)
{
    static const struct {
        const char *bytes;
        gsize length;
    } SIGNS[] = {{"\x1f\x8b", 2},
                 {"BZh", 3},
                 {"\xfd"
                  "7zXZ",
                  5},
                 {"7z\xbc\xaf\x27\x1c", 6}};

    for (gsize i = 0; i < G_N_ELEMENTS(SIGNS); i++)
        if (size > SIGNS[i].length && memcmp(data, SIGNS[i].bytes, SIGNS[i].length) == 0)
            return TRUE;
    return size > TAR_MAGIC_AT + 5 && memcmp(data + TAR_MAGIC_AT, "ustar", 5) == 0;
}

static la_ssize_t on_write(struct archive *writer, void *user, const void *data, size_t size)
{
    Output *output = user;

    if (output->out->len + size > output->members->judge->config->scan_size) {
        archive_set_error(writer, ENOMEM, "too large");
        return -1;
    }
    g_byte_array_append(output->out, data, (guint)size);
    return (la_ssize_t)size;
}

static struct archive *reader_open(const guint8 *data, gsize size)
{
    struct archive *reader = archive_read_new();

    if (!reader)
        return NULL;
    archive_read_support_format_tar(reader);
    archive_read_support_format_7zip(reader);
    archive_read_support_filter_gzip(reader);
    archive_read_support_filter_bzip2(reader);
    archive_read_support_filter_xz(reader);
    if (archive_read_open_memory(reader, data, size) == ARCHIVE_OK)
        return reader;
    archive_read_free(reader);
    return NULL;
}

/* Only once the first header was read is the format known. */
static struct archive *writer_open(struct archive *reader, Output *output)
{
    struct archive *writer = archive_write_new();
    gboolean ok = writer && archive_write_set_format(writer, archive_format(reader)) == ARCHIVE_OK;

    for (int i = 0; ok && i < FILTERS_MAX && archive_filter_code(reader, i) > ARCHIVE_FILTER_NONE;
         i++)
        ok = archive_write_add_filter(writer, archive_filter_code(reader, i)) == ARCHIVE_OK;
    ok = ok && archive_write_set_bytes_in_last_block(writer, 1) == ARCHIVE_OK &&
         archive_write_open(writer, output, NULL, on_write, NULL) == ARCHIVE_OK;
    if (ok)
        return writer;
    if (writer)
        archive_write_free(writer);
    return NULL;
}

static gboolean write_member(struct archive *writer, struct archive_entry *entry,
                             const guint8 *data, gsize size)
{
    return archive_write_header(writer, entry) == ARCHIVE_OK &&
           (size == 0 || archive_write_data(writer, data, size) == (la_ssize_t)size);
}

static void copy_member(CleanMembers *members, struct archive *reader, struct archive_entry *entry,
                        struct archive *writer)
{
    const char *name = archive_entry_pathname(entry);
    g_autofree guint8 *data = NULL;
    la_int64_t size = archive_entry_size(entry);
    guint8 more;

    if (!name || size < 0 || archive_entry_is_encrypted(entry)) {
        members->failed = TRUE;
        return;
    }
    data = clean_members_room(members, (guint64)size);
    if (!data || archive_read_data(reader, data, (size_t)size) != size ||
        archive_read_data(reader, &more, 1) != 0) {
        members->failed = TRUE;
        return;
    }
    if (size > 0 && !clean_members_judge(members, name, data, (gsize)size))
        return;
    members->failed |= !write_member(writer, entry, data, (gsize)size);
}

static gboolean write_note(CleanMembers *members, struct archive *writer)
{
    g_autofree char *note = clean_members_note(members);
    g_autofree char *name = clean_members_note_name(members);
    struct archive_entry *entry = archive_entry_new();
    gboolean ok;

    if (!entry)
        return FALSE;
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_mtime(entry, g_get_real_time() / G_USEC_PER_SEC, 0);
    archive_entry_set_size(entry, (la_int64_t)strlen(note));
    ok = write_member(writer, entry, (const guint8 *)note, strlen(note));
    archive_entry_free(entry);
    return ok;
}

static gboolean copy_all(CleanMembers *members, struct archive *reader, Output *output)
{
    struct archive *writer = NULL;
    struct archive_entry *entry;
    guint count = 0;
    int result;

    while ((result = archive_read_next_header(reader, &entry)) == ARCHIVE_OK) {
        if (!writer)
            writer = writer_open(reader, output);
        if (!writer || ++count > members->judge->config->files)
            members->failed = TRUE;
        else
            copy_member(members, reader, entry, writer);
        if (members->failed)
            break;
    }
    members->failed |= result != ARCHIVE_EOF && !members->failed;
    if (writer) {
        members->failed |= members->failed || !write_note(members, writer);
        members->failed |= archive_write_close(writer) != ARCHIVE_OK;
        archive_write_free(writer);
    }
    return writer != NULL && !members->failed;
}

GBytes *clean_tar(CleanMembers *members, const guint8 *data, gsize size)
{
    /* libarchive takes names through the locale; this one is built into the C library. */
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    struct archive *reader = reader_open(data, size);
    Output output = {.members = members, .out = g_byte_array_new()};
    gboolean ok = utf8 && reader && copy_all(members, reader, &output);

    if (reader)
        archive_read_free(reader);
    if (utf8) {
        uselocale(before);
        freelocale(utf8);
    }
    if (ok)
        return g_byte_array_free_to_bytes(output.out);
    g_byte_array_unref(output.out);
    return NULL;
}
